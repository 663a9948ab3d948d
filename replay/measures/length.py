"""Replies that are much shorter or longer than a persona's own, or than anything useful."""

from __future__ import annotations

from statistics import median
from typing import Literal

LEAST_WORDS = 2
LEAST_CHARACTERS = 8
MOST_WORDS = 900
MOST_CHARACTERS = 8_000  # longer replies cannot be learned from
_FEW_WORDS = 8
_SHORTER = 8
_LONGER = 6
_MANY_WORDS = 60

Fault = Literal["too_short", "too_long"]


def word_count(text: str) -> int:
    """Words as they are set apart by spaces."""
    return len(text.split())


def usual_words(replies: list[str]) -> int:
    """The persona's usual length."""
    return round(median(word_count(reply) for reply in replies)) if replies else 0


def length_fault(reply: str, usual: int = 0) -> Fault | None:
    """What is wrong with a reply's length, against the usual number of words where it is known."""
    words = word_count(reply)
    if words > MOST_WORDS or len(reply) > MOST_CHARACTERS:
        return "too_long"
    if usual and words > max(_LONGER * usual, _MANY_WORDS):
        return "too_long"
    if words < LEAST_WORDS and len(reply.strip()) < LEAST_CHARACTERS:
        return "too_short"
    if usual and words < min(usual / _SHORTER, _FEW_WORDS):
        return "too_short"
    return None
