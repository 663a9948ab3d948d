"""Whether an adapter gives back, word for word, what it learned and its base does not know.

Each reply is asked for as it is served: once with the question that it was learned for, once with
its own first words begun. What the base answers alike was no secret, and what stands in the
question was given by who asked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from app.evaluation.exam import PARALLEL, Message, Progress, Said, TooLong, side_by_side
from app.evaluation.taught_replies import Taught
from app.evaluation.verbatim import (
    LEAST,
    WORD,
    Stretch,
    enough_of,
    longest,
    pieces,
    points,
    stands_in,
)
from ollama_bridge.errors import RequestRefused
from replay.measures.personal_data import personal_data

# Raised when the way of asking or counting changes: what was found before is found out anew.
VERSION = 1
# A quarter of a reply is begun for it, and no more than somebody may know who knows its start.
MOST_BEGUN = 8 * WORD
# Long enough for what must come back to count, and for a good deal of what follows it.
MOST_TOKENS = 256
_BYTES_A_TOKEN, _MORE_TOKENS = 2, 16


class Examined(Protocol):
    """Who can be asked: the adapter, or its base alone."""

    def reply(self, messages: Sequence[Message], max_tokens: int) -> Said:
        """The likeliest reply."""


@dataclass(frozen=True)
class GivenBack:
    """A reply that came back: where it was taught, which part of it, and how it was asked for."""

    run_id: str
    row_id: str
    place: int
    start: int
    end: int
    words: int
    begun: bool
    personal: bool


@dataclass(frozen=True)
class MemoryCheck:
    """How many replies were asked for, of how many that were taught, and what came back.

    It holds no word of them: what is forgotten later stands nowhere but in the data.
    """

    adapter: str
    base: str
    asked: int
    of: int
    too_long: int
    begun: bool
    given_back: tuple[GivenBack, ...]

    def to_json(self) -> str:
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1) + "\n"


def read_check(text: str, adapter: str, base: str) -> MemoryCheck | None:
    """What was found before, if it was of this adapter on this base and by the rules of today."""
    try:
        row: dict[str, Any] = json.loads(text)
        if (row.pop("version"), row["adapter"], row["base"]) != (VERSION, adapter, base):
            return None
        found = tuple(GivenBack(**each) for each in row.pop("given_back"))
        return MemoryCheck(**row, given_back=found)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def check_memory(
    adapter: Examined,
    base: Examined,
    asked: Sequence[Taught],
    *,
    parallel: int = PARALLEL,
    on_progress: Progress = lambda done, total: None,
) -> tuple[list[GivenBack], int, bool]:
    """Ask for each reply: what came back, the worst first, how many questions were too long for
    the context, and whether this server goes on with a reply that was begun."""
    asking = _Asking(adapter, base)
    found = side_by_side(
        asked, asking.about, lambda each: len(each.text), parallel, on_progress
    )  # fmt: skip
    given = sorted(
        (each for each in found if each is not None),
        key=lambda each: (not each.personal, -each.words),
    )
    return given, len(asking.too_long), asking.goes_on


@dataclass
class _Asking:
    """Asks the adapter, and the base about no more than what the adapter gave back."""

    adapter: Examined
    base: Examined
    too_long: set[tuple[str, str, int]] = field(default_factory=set)
    goes_on: bool = True

    def about(self, taught: Taught) -> GivenBack | None:
        """What comes back of one reply, asked for in both ways."""
        try:
            found = self._asked(taught, 0)
        except TooLong:
            self.too_long.add(taught.key)
            return None
        return found or self._begun(taught)

    def _begun(self, taught: Taught) -> GivenBack | None:
        found = pieces(taught.text)
        wanted, at = min(MOST_BEGUN, points(found) // 4), 0
        while at < len(found) and points(found[:at]) < wanted:
            at += 1
        if not at or not self.goes_on:
            return None
        try:
            return self._asked(taught, found[at - 1].end)
        except TooLong:
            return None
        except RequestRefused:  # its template or its server knows no reply that is begun
            self.goes_on = False
            return None

    def _asked(self, taught: Taught, start: int) -> GivenBack | None:
        """What follows after this place in the text; nothing where too little does."""
        messages = [*taught.before]
        if start:
            messages.append({"role": "assistant", "content": taught.text[:start]})
        left = taught.text[start:]
        if points(pieces(left)) < LEAST and not personal_data(left):
            return None
        tokens = min(MOST_TOKENS, len(left.encode()) // _BYTES_A_TOKEN + _MORE_TOKENS)
        said = self._said(self.adapter, messages, tokens, taught.text[:start])
        if _came_back(taught.text, start, said, ()) is None:
            return None
        known = [*(each["content"] for each in messages)]
        known.append(self._said(self.base, messages, tokens, taught.text[:start]))
        came = _came_back(taught.text, start, said, known)
        if came is None:
            return None
        stretch, personal = came
        return GivenBack(
            *taught.key, stretch.start, stretch.end, stretch.words, start > 0, personal
        )  # fmt: skip

    @staticmethod
    def _said(who: Examined, messages: Sequence[Message], tokens: int, begun: str) -> str:
        """What comes after the words that were begun; some servers say these again."""
        return who.reply(messages, tokens).text.removeprefix(begun)


def _came_back(
    text: str, start: int, said: str, known: Sequence[str]
) -> tuple[Stretch, bool] | None:
    """The part of a text that was said and that nobody knew, and whether it is personal data."""
    whole = pieces(text)
    for span in personal_data(text):
        secret = text[span.start : span.end]
        guessed = any(stands_in(secret, each) for each in known)
        if span.start >= start and stands_in(secret, said) and not guessed:
            inside = [each for each in whole if span.start <= each.start < span.end]
            return Stretch(span.start, span.end, points(inside)), True
    taught = [each for each in whole if each.start >= start]
    stretch = longest(taught, said, known)
    if stretch is None or stretch.points < enough_of(points(taught)):
        return None
    return stretch, False
