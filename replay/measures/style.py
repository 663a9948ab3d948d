"""How replies sound, in numbers that cost nothing to take."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import fmean

_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
# Begins only where none was before: else a row of dots takes the square of its length.
_SENTENCE_END = re.compile(r"(?<![.!?。！？])[.!?。！？]+(?=\s|$)")
_LIST_LINE = re.compile(r"\s*(?:[-*•]|\d+[.)])\s+\S")
_FIRST_WORDS = re.compile(r"\w+(?:['’]\w+)?")


@dataclass(frozen=True)
class Style:
    """Means over replies; a marker is how their first or last line most often begins."""

    words: float
    sentences: float
    sentence_words: float
    list_share: float
    code_share: float
    questions: float
    exclamations: float
    opening: str
    opening_share: float
    closing: str
    closing_share: float

    def numbers(self) -> dict[str, float]:
        """The features that are numbers, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: round(v, 4) for name, v in values.items() if isinstance(v, float)}


@dataclass(frozen=True)
class _Reply:
    words: int
    sentences: int
    list_share: float
    code_share: float
    questions: int
    exclamations: int
    opening: str
    closing: str


def style_of(replies: Sequence[str]) -> Style:
    """The style of replies; of none at all, everything is 0."""
    told = [_features(reply) for reply in replies if reply.strip()]
    if not told:
        return Style(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, "", 0.0, "", 0.0)
    opening, opening_share = _most_common([each.opening for each in told])
    closing, closing_share = _most_common([each.closing for each in told])
    return Style(
        words=fmean(each.words for each in told),
        sentences=fmean(each.sentences for each in told),
        sentence_words=fmean(each.words / each.sentences for each in told),
        list_share=fmean(each.list_share for each in told),
        code_share=fmean(each.code_share for each in told),
        questions=fmean(each.questions for each in told),
        exclamations=fmean(each.exclamations for each in told),
        opening=opening,
        opening_share=opening_share,
        closing=closing,
        closing_share=closing_share,
    )


def distance(one: Style, other: Style) -> float:
    """From 0, the same, to 1: the mean over the features of how far they are apart."""
    apart = [
        _relative(one.words, other.words),
        _relative(one.sentences, other.sentences),
        _relative(one.sentence_words, other.sentence_words),
        abs(one.list_share - other.list_share),
        abs(one.code_share - other.code_share),
        _relative(one.questions, other.questions),
        _relative(one.exclamations, other.exclamations),
        _marker(one.opening, one.opening_share, other.opening, other.opening_share),
        _marker(one.closing, one.closing_share, other.closing, other.closing_share),
    ]
    return round(fmean(apart), 4)


def without_code(reply: str) -> str:
    """The reply without its blocks of code."""
    return _FENCED.sub(" ", reply)


def _features(reply: str) -> _Reply:
    prose = without_code(reply)
    lines = [line for line in prose.splitlines() if line.strip()]
    words = len(prose.split())
    return _Reply(
        words=words,
        sentences=max(1, len(_SENTENCE_END.findall(prose))),
        list_share=sum(bool(_LIST_LINE.match(line)) for line in lines) / max(1, len(lines)),
        code_share=1 - len(prose.strip()) / len(reply.strip()) if "```" in reply else 0.0,
        questions=prose.count("?") + prose.count("？"),
        exclamations=prose.count("!") + prose.count("！"),
        opening=_beginning(lines[0]) if lines else "",
        closing=_beginning(lines[-1]) if len(lines) > 1 else "",
    )


def _beginning(line: str) -> str:
    """The first word of a line, with its colon: `next:` is a marker, `next` seldom."""
    match = _FIRST_WORDS.search(line)
    if match is None:
        return ""
    colon = ":" if line[match.end() : match.end() + 1] == ":" else ""
    return match.group().casefold() + colon


def _most_common(markers: Sequence[str]) -> tuple[str, float]:
    counts = Counter(marker for marker in markers if marker)
    if not counts:
        return "", 0.0
    marker = min(counts, key=lambda each: (-counts[each], each))
    return marker, counts[marker] / len(markers)


def _relative(one: float, other: float) -> float:
    return abs(one - other) / (one + other) if one + other else 0.0


def _marker(one: str, one_share: float, other: str, other_share: float) -> float:
    return abs(one_share - other_share) if one == other else max(one_share, other_share)
