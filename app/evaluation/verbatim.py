"""How much of a text comes back word for word, in words of any language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Points: a word has two. Where words are written without spaces, or as Koreans like them, each
# syllable has one: two of them say about as much as an English word, and spaces do not matter.
WORD = 2
# Twelve words, or twenty-four syllables, in a row. Of the replies to different questions in the
# replay that comes along, 320,000 pairs in two languages, none shares that many, one has eight.
ENOUGH = 12 * WORD
# Half of a short reply is much of it, but a sentence of fewer than eight words anybody may say.
LEAST = 8 * WORD

_GLUED = "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7fb"
_PIECE = re.compile(rf"[{_GLUED}]|(?:(?![{_GLUED}])\w)+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or a syllable, and where it stands in the text."""

    text: str
    start: int
    end: int
    points: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What came back in one go: where it stands in the text, and how much it is."""

    start: int
    end: int
    points: int

    @property
    def words(self) -> int:
        """How many words that is, two syllables for one."""
        return -(-self.points // WORD)


def written(text: str) -> str:
    """A text in the one spelling that places are counted in: Korean may be stored in two."""
    return unicodedata.normalize("NFC", text)


def pieces(text: str) -> list[Piece]:
    """The words and syllables of a text in that spelling; signs between them do not count."""
    found = []
    for match in _PIECE.finditer(text):
        glued = re.match(f"[{_GLUED}]", match[0]) is not None
        found.append(Piece(match[0].casefold(), *match.span(), 1 if glued else WORD))
    return found


def points(found: Iterable[Piece]) -> int:
    """How much pieces are together."""
    return sum(each.points for each in found)


def enough_of(whole: int) -> int:
    """How much of a reply of so many points must come back to count."""
    return min(ENOUGH, max(LEAST, -(-whole // 2)))


def longest(taught: Sequence[Piece], said: str, known: Iterable[str] = ()) -> Stretch | None:
    """The longest stretch of what was taught that stands in what was said.

    What stands in a text that is `known` is no stretch, nor a part of one.
    """
    texts: list[str | None] = [each.text for each in taught]
    for text in known:
        for stretch in _stretches(taught, texts, _texts(text)):
            if stretch.points >= LEAST:
                for place, piece in enumerate(taught):
                    if stretch.start <= piece.start and piece.end <= stretch.end:
                        texts[place] = None
    found = _stretches(taught, texts, _texts(said))
    return max(found, key=lambda each: each.points, default=None)


def stands_in(sought: str, text: str) -> bool:
    """Whether a text holds these words one after the other, whatever is between them."""
    wanted, there = _texts(sought), _texts(text)
    size = len(wanted)
    return bool(wanted) and any(
        there[at : at + size] == wanted for at in range(len(there) - size + 1)
    )


def _texts(text: str) -> list[str]:
    return [each.text for each in pieces(written(text))]


def _stretches(
    taught: Sequence[Piece], texts: Sequence[str | None], said: Sequence[str]
) -> list[Stretch]:
    """For each piece that was taught, the longest stretch that ends with it."""
    sums = [0]
    for piece in taught:
        sums.append(sums[-1] + piece.points)
    places: dict[str, list[int]] = {}
    for place, word in enumerate(said):
        places.setdefault(word, []).append(place)
    found = []
    before: dict[int, int] = {}
    for at, text in enumerate(texts):
        here = {} if text is None else {p: before.get(p - 1, 0) + 1 for p in places.get(text, ())}
        length = max(here.values(), default=0)
        if length:
            first = at - length + 1
            found.append(Stretch(taught[first].start, taught[at].end, sums[at + 1] - sums[first]))
        before = here
    return found
