"""What is said of a test set that cannot be used, where the user's language is not English."""

from __future__ import annotations

from app.gui.translation import later

OF_TESTS: dict[str, tuple[str, str, str]] = {
    "test_set": (
        later("This test set cannot be used."),
        later("Nothing in it was changed."),
        later("Mend the file, or give it another name where one of its name is there."),
    ),
}
