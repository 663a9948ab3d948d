"""What was done and undone, in words."""

from __future__ import annotations

from app.gui.help_line import first_words
from app.gui.translation import tr


def done_words(kind: str, title: str) -> str:
    """What was just done."""
    words = {
        "up": tr("Rated good."),
        "down": tr("Rated bad."),
        "unrated": tr("Rating taken back."),
        "reasons": tr("Reasons kept."),
        "corrected": tr("Correction kept."),
        "accepted": tr("The rating is yours now and counts."),
        "picked": tr("Picked as the better reply."),
        "unpicked": tr("Pick taken back."),
        "deleted": tr("“{title}” deleted.", title=_named(title)),
        "renamed": tr("Renamed to “{title}”.", title=_named(title)),
    }
    return words[kind]


def undone_words(kind: str, title: str, elsewhere: bool) -> str:
    """What was just taken back, and where, when that is not on the screen."""
    words = {
        "up": tr("Undone: rated good"),
        "down": tr("Undone: rated bad"),
        "unrated": tr("Undone: rating taken back"),
        "reasons": tr("Undone: reasons"),
        "corrected": tr("Undone: correction"),
        "accepted": tr("Undone: the rating made yours"),
        "picked": tr("Undone: pick"),
        "unpicked": tr("Undone: pick taken back"),
        "deleted": tr("Undone: “{title}” is back", title=_named(title)),
        "renamed": tr("Undone: another title"),
    }
    told = words[kind]
    if elsewhere and kind != "deleted":
        return tr("{told}, in “{title}”", told=told, title=_named(title))
    return told


def _named(title: str) -> str:
    return first_words(title) or tr("Untitled")
