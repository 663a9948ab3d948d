"""Words for what is stored, backups and what was deleted, and for what goes wrong with them."""

from __future__ import annotations

from app.gui.translation import later, tr

_NOTHING_WRITTEN = later("Nothing was written.")
_UNCHANGED = later("Nothing was changed.")
_WAIT = later("Wait for it to end, then try again.")

OF_STORAGE: dict[str, tuple[str, str, str]] = {
    "storage_busy": (
        later("Something is being forgotten or backed up just now."),
        later("Nothing was cleaned up."),
        _WAIT,
    ),
    "backup_busy": (
        later("Something is being forgotten or backed up just now."),
        _NOTHING_WRITTEN,
        _WAIT,
    ),
    "backup_unread": (
        later("The backup cannot be read."),
        _UNCHANGED,
        later("Check that the file is there and that you may read it."),
    ),
    "backup_damaged": (
        later("The backup is damaged, or was not copied to its end."),
        _UNCHANGED,
        later("Copy it again from where it comes from, or take another backup."),
    ),
    "backup_foreign": (
        later("This is no backup of a home."),
        _UNCHANGED,
        later("Choose a file that was written here. The archive of one persona is imported."),
    ),
    "backup_newer": (
        later("The backup was written by a newer Perennial."),
        _UNCHANGED,
        later("Update Perennial, then restore it."),
    ),
    "restore_there": (
        later("This folder is not empty."),
        _UNCHANGED,
        later("Choose a new or empty folder."),
    ),
    "restore_in_use": (
        later("The home is in use."),
        _UNCHANGED,
        later("Close the window, stop what is under way, then restore."),
    ),
    "deleting_run": (
        later("This persona is being trained just now."),
        later("Nothing was deleted."),
        later("Stop the training, then delete the persona."),
    ),
}


def synced_words(program: str) -> str:
    """What it means that the home lies in a folder that is kept alike on several computers."""
    return tr(
        "The home lies in a folder of {program}, which can damage the database or bring an old one"
        " back. Make a backup, restore it into a folder that is not synced, and open that one from"
        " then on.",
        program=program,
    )


def disk_words(kind: str) -> str:
    """What it means that the home lies on a network or a stick."""
    return tr(
        "The home lies on a disk of the kind {kind}, on which a database can be damaged. Make a"
        " backup, restore it onto a disk of this computer, and open that one from then on.",
        kind=kind,
    )


def days_words(days: int) -> str:
    """How long something can still be brought back."""
    return tr("goes for good tomorrow") if days <= 1 else tr("{days} days left", days=days)
