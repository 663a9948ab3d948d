"""A question and its reply as they are shown, with the places that the flags are about.

Made outside the window's thread: a text can be long, and its places are searched for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from app.operations.reviewing import personal_places
from app.store.review import ReviewItem
from replay.measures.breakage import broken_places
from replay.measures.code import fault_place
from replay.measures.refusals import refusal_place
from replay.measures.scripts import script_places

MOST_MARKS = 200
# Laying out longer ones takes the window too long; over 8,000 none is learned anyway.
MOST_CHARACTERS = 20_000
_BASIC_PLANE = "\uffff"

Place = tuple[int, int]


@dataclass(frozen=True)
class Passage:
    """A text with places to mark, counted as Qt counts; `left_out` characters are not shown."""

    text: str = ""
    marks: tuple[Place, ...] = ()
    left_out: int = 0


def question_of(item: ReviewItem) -> Passage:
    """The question, with what is personal in it."""
    text = _lines(item.question)
    personal = any(flag.kind == "personal_data" for flag in item.flags)
    return _passage(text, _personal(text[:MOST_CHARACTERS]) if personal else ())


def reply_of(item: ReviewItem) -> Passage:
    """The reply, with everything in it that a flag is about."""
    text = _lines(item.reply)
    return _passage(text, _flagged(item, text))


def _passage(text: str, places: Iterable[Place]) -> Passage:
    shown = text[:MOST_CHARACTERS]
    marks = [place for place in islice(places, MOST_MARKS) if place[1] <= len(shown)]
    if shown and max(shown) > _BASIC_PLANE:  # an emoji counts twice
        marks = [(_units(shown, start), _units(shown, end)) for start, end in marks]
    return Passage(shown, tuple(marks), len(text) - len(shown))


def _flagged(item: ReviewItem, text: str) -> Iterator[Place]:
    for flag in item.flags:
        if flag.kind == "personal_data":
            yield from _personal(text[:MOST_CHARACTERS])
        elif flag.kind == "bad_code":
            yield from _one(fault_place(text))
        elif flag.kind == "refusal":
            yield from _one(refusal_place(text))
        elif flag.kind == "mixed_scripts":
            yield from script_places(text[:MOST_CHARACTERS], str(flag.detail.get("script", "")))
        elif flag.kind == "broken":
            yield from broken_places(text[:MOST_CHARACTERS])
        elif flag.kind == "truncated" and flag.detail.get("why") == "mid_sentence":
            yield from _one(_last_word(text))


def _personal(text: str) -> Iterator[Place]:
    return ((span.start, span.end) for span in personal_places(text))


def _one(place: Place | None) -> Iterator[Place]:
    if place is not None:
        yield place


def _last_word(text: str) -> Place | None:
    end = len(text.rstrip())
    words = text[:end].split()
    return (end - len(words[-1]), end) if words else None


def _lines(text: str) -> str:
    """Qt takes the two signs of some line ends for one."""
    return text.replace("\r\n", "\n")


def _units(text: str, place: int) -> int:
    return len(text[:place].encode("utf-16-le")) // 2
