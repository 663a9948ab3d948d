"""Ratings as others write them: words, yes and no, or numbers on a scale of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Verdict = Literal["up", "down", "kept", "dropped"]

_WORDS: dict[str, Verdict | None] = {
    **dict.fromkeys(("up", "good", "thumbs_up", "thumbsup", "like", "liked", "true", "yes"), "up"),
    **dict.fromkeys(
        ("down", "bad", "thumbs_down", "thumbsdown", "dislike", "disliked", "false", "no"), "down"
    ),
    "kept": "kept",
    "dropped": "dropped",
    **dict.fromkeys(("", "none", "null", "neutral", "unrated"), None),
}
# Highest value of a scale, and its middle.
_SCALES = ((1, 0.5), (5, 3.0), (10, 5.5), (100, 50.0))


class RatingUnknown(ValueError):
    """A rating that says neither good nor bad."""


def number_of(rating: object) -> float | None:
    """The rating as a number, when it is one."""
    if isinstance(rating, bool):
        return None
    try:
        number = float(rating) if isinstance(rating, int | float | str) else None
    except (ValueError, OverflowError):
        return None
    # NaN is not equal to itself.
    return number if number is not None and number == number else None


def middle_of(numbers: Iterable[float]) -> float:
    """The neutral value of the scale that these numbers come from.

    0 is bad beside 1, and neutral beside -1, so one rating cannot tell: a whole file can.
    """
    low = high = 0.0
    for number in numbers:
        low, high = min(low, number), max(high, number)
    if low < 0:
        return 0.0
    return next((middle for top, middle in _SCALES if high <= top), high / 2)


def verdict_of(rating: object, middle: float) -> Verdict | None:
    """Up, down, or nothing said."""
    if rating is None:
        return None
    if isinstance(rating, bool):
        return "up" if rating else "down"
    number = number_of(rating)
    if number is not None:
        return None if number == middle else "up" if number > middle else "down"
    if isinstance(rating, str):
        word = rating.strip().lower().replace("-", "_").replace(" ", "_")
        if word in _WORDS:
            return _WORDS[word]
    raise RatingUnknown(f"the rating {str(rating)[:40]!r} is not understood")
