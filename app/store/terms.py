"""What search compares: plain words, and pairs of syllables where words are not set apart.

Korean glues its particles to the word, so a word index never finds the stem. A run of Hangul,
kana or ideographs is therefore indexed by overlapping pairs and its last syllable; any part of
it is then a phrase of pairs, and a single syllable is the beginning of exactly one term.
"""

from __future__ import annotations

import re
import unicodedata

_GLUED = (
    "\u1100-\u11ff\ua960-\ua97f\uac00-\ud7fb"  # Hangul, whole and in parts
    "\u3005\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"  # ideographs
)
_RUN = re.compile(rf"(?P<glued>[{_GLUED}]+)|(?P<word>[^\W_{_GLUED}]+)")


def folded(text: str) -> str:
    """Text as it is compared: composed, in one width, without case."""
    return unicodedata.normalize("NFKC", text).casefold()


def index_terms(text: str) -> str:
    """The terms of a message, in order, as one text for the index."""
    terms: list[str] = []
    for match in _RUN.finditer(folded(text)):
        if match["glued"]:
            terms += _pairs(match["glued"])
            terms.append(match["glued"][-1])
        else:
            terms.append(match["word"])
    return " ".join(terms)


def match_expression(query: str) -> str:
    """The query for FTS5: every part must occur, words also as beginnings of longer ones.

    Only letters and digits get through, quoted, so no operator of FTS5 does.
    """
    parts: list[str] = []
    for match in _RUN.finditer(folded(query)):
        if match["glued"] and len(match["glued"]) > 1:
            parts.append(f'"{" ".join(_pairs(match["glued"]))}"')
        else:
            parts.append(f'"{match[0]}"*')
    return " AND ".join(parts)


def query_parts(query: str) -> list[str]:
    """The runs of a query, to find them again in a text."""
    return [match[0] for match in _RUN.finditer(folded(query))]


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]
