"""What search compares: plain words, and pairs of syllables where words are not set apart.

Korean glues its particles to the word, so a word index never finds the stem. A run of Hangul,
kana or ideographs is therefore indexed by overlapping pairs and its last syllable; any part of
it is then a phrase of pairs, and a single syllable is the beginning of exactly one term.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import islice

_GLUED = (
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7fb"  # Hangul, whole and in parts
    "\u3005\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"  # ideographs
)
_RUN = re.compile(rf"(?P<glued>[{_GLUED}]+)|(?P<word>[^\W_{_GLUED}]+)")
_IS_GLUED = re.compile(f"[{_GLUED}]")
_IN_WORD = f"[^\\W_{_GLUED}]"
# As the table says in `prefix`.
BEGINNINGS = (1, 3)
# FTS5 takes seconds to understand a query of thousands.
_MOST_PARTS = 64
_ASCII_RUN = re.compile(r"[a-z0-9]+")


def folded(text: str) -> str:
    """Text as it is compared: composed, in one width, without case."""
    return unicodedata.normalize("NFKC", text).casefold()


def index_terms(text: str) -> str:
    """The terms of a message, in order, as one text for the index."""
    if text.isascii():  # most text, and four times as fast
        return " ".join(_ASCII_RUN.findall(text.lower()))
    terms: list[str] = []
    for glued, word in _RUN.findall(folded(text)):
        if word:
            terms.append(word)
        else:
            terms += _pairs(glued)
            terms.append(glued[-1])
    return " ".join(terms)


def match_expression(query: str) -> str:
    """The query for FTS5: every part must occur, words also as beginnings of longer ones.

    Only letters and digits get through, quoted, so no operator of FTS5 does.
    """
    return _expression(query, lambda word: f'"{word}"*')


def whole_word_expression(query: str) -> str:
    """The same for whole words alone."""
    return _expression(query, lambda word: f'"{word}"')


def candidate_expression(query: str) -> str:
    """The same by as much of each word as the index has beginnings of, so also less exact.

    Any other beginning FTS5 gathers from all words that begin so before it gives the first row.
    """
    return _expression(query, lambda word: f'"{word[: _indexed(word)]}"*')


def query_parts(query: str) -> list[str]:
    """The different runs of a query, to find them again in a text; of a pasted page the first."""
    runs = dict.fromkeys(match[0] for match in _RUN.finditer(folded(query)))
    return list(islice(runs, _MOST_PARTS))


def part_pattern(part: str) -> re.Pattern[str]:
    """What finds a part of a query in folded text: anywhere in a run, or beginning a word.

    The group is what the word has beyond the part.
    """
    if _IS_GLUED.match(part):
        return re.compile(f"{part}()")
    return re.compile(rf"(?<!{_IN_WORD}){part}({_IN_WORD}*)")


def _expression(query: str, of_word: Callable[[str], str]) -> str:
    parts: list[str] = []
    for part in query_parts(query):
        if not _IS_GLUED.match(part):
            parts.append(of_word(part))
        elif len(part) > 1:
            parts.append(f'"{" ".join(_pairs(part))}"')
        else:
            parts.append(f'"{part}"*')
    return " AND ".join(parts)


def _indexed(word: str) -> int:
    """How many letters of a word the index has beginnings of."""
    return max(length for length in BEGINNINGS if length <= len(word))


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]
