"""What a rating means for training: the one place that says so, in numbers and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

APPROVED = ("up", "kept")
REJECTED = ("down", "dropped")
OWN_SHARE = 0.5


@dataclass(frozen=True)
class Meaning:
    """What one kind of reply teaches: how much, and why."""

    name: str
    weight: float
    why: str


CORRECTED = Meaning(
    "corrected",
    1.5,
    "The corrected words are the user's own and were asked for: they teach most, and beside the"
    " original they are a preference.",
)
APPROVED_ELSEWHERE = Meaning(
    "approved", 1.0, "An approved reply that no model of this home wrote: it teaches as it stands."
)
APPROVED_OWN = Meaning(
    "approved_own",
    0.75,
    "An approved reply in the persona's own unedited words: it teaches less, and such replies are"
    " at most half of what is new, so that a persona does not feed on itself.",
)
REJECTED_REPLY = Meaning(
    "rejected",
    0.0,
    "A rejected reply is never imitated, and its conversation ends before it; beside a better reply"
    " to the same message it is the worse half of a preference, and where many replies are rated it"
    " counts alone as one to say less often.",
)
UNRATED = Meaning("unrated", 0.0, "A reply that nobody rated is context and teaches nothing.")

MEANINGS = (CORRECTED, APPROVED_ELSEWHERE, APPROVED_OWN, REJECTED_REPLY, UNRATED)


def meaning_of(rating: str | None, correction: str | None, *, own: bool) -> Meaning:
    """What a reply with this rating means; `own` when a model of this home wrote it."""
    if correction is not None:
        return CORRECTED
    if rating in APPROVED:
        return APPROVED_OWN if own else APPROVED_ELSEWHERE
    return REJECTED_REPLY if rating in REJECTED else UNRATED


def meanings() -> list[dict[str, Any]]:
    """All of it, to be shown."""
    return [asdict(meaning) for meaning in MEANINGS]


def own_allowed(others: int) -> int:
    """How many of the persona's own unedited replies may stand beside so many others."""
    return int(others * OWN_SHARE / (1 - OWN_SHARE))
