"""Words for what goes wrong with other programs' stores and with watched folders."""

from __future__ import annotations

from app.gui.translation import later

_UNCHANGED = later("Nothing here was changed.")
_CAME_IN = later("What came in so far stays.")

OF_SOURCES: dict[str, tuple[str, str, str]] = {
    "source_missing": (
        later("A store or a folder that is looked into is not there, or cannot be opened."),
        _CAME_IN,
        later("Check that its disk is connected; it is tried again every minute."),
    ),
    "source_locked": (
        later("Open WebUI is just writing to its database."),
        _CAME_IN,
        later("It is tried again every minute."),
    ),
    "source_damaged": (
        later("The database of Open WebUI cannot be read: it is damaged or not whole."),
        _CAME_IN,
        later("Start Open WebUI once, or name its webui.db anew."),
    ),
    "source_foreign": (
        later("There are no conversations in it as Open WebUI keeps them."),
        _UNCHANGED,
        later("Name another place, or export the conversations there and import the file."),
    ),
    "source_people": (
        later("Several people have conversations in this Open WebUI."),
        _UNCHANGED,
        later("Say whose are to come in."),
    ),
    "source_many": (
        later("The watched folder holds far too many files."),
        _CAME_IN,
        later("Choose a folder that holds conversations alone."),
    ),
}
