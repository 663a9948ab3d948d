"""Words for what stands in the way of a comparison by eye."""

from __future__ import annotations

from app.gui.translation import later

_VOTES = later("What you chose before is kept.")

OF_COMPARING: dict[str, tuple[str, str, str]] = {
    "comparing_nothing": (
        later("There is nothing of yours to ask both of them yet."),
        "",
        later("Talk to the persona first."),
    ),
    "comparing_base": (
        later("The persona speaks through another base than the one this adapter was made on."),
        _VOTES,
        later("Let it speak through that base again, or compare a newer adapter."),
    ),
    "comparing_gone": (
        later("The adapter of this run is no longer there."),
        _VOTES,
        later("Compare a newer adapter."),
    ),
    "comparing_busy": (
        later("Something is being forgotten just now."),
        _VOTES,
        later("Wait for it to end, then try again."),
    ),
}
