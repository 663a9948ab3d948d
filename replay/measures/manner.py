"""How a persona usually sounds, and in what a reply does not sound like it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from replay.measures.length import usual_words
from replay.measures.style import Style, style_of, without_code

LEAST_REPLIES = 20
SURE_REPLIES = 100
_LEAST_WORDS = 6
_MARKER_SHARE = 0.75
_FAR = 4.0
_QUITE_FAR = 2.5
# The least spread of each feature: a persona that never asks back may ask once.
_LEAST_SPREAD: Mapping[str, float] = {
    "sentence_words": 4.0, "list_share": 0.25, "questions": 0.2, "exclamations": 0.2,
    "emoji": 0.25, "polite": 0.2,
}  # fmt: skip
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]|[ㅋㅎㅠㅜ]{2,}|[:;]-?[)(DP](?!\\w)")
_POLITE_END = re.compile(r"(?:요|니다|니까|죠|시오)[\s.!?~…)\"”]*$")
_PLAIN_END = re.compile(r"[가-힣][\s.!?~…)\"”]*$")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?~]*")


@dataclass(frozen=True)
class Manner:
    """The usual ways of a persona: mean and spread of each feature, and its markers."""

    replies: int
    words: int
    usual: Mapping[str, tuple[float, float]]
    opening: str
    closing: str


def manner_of(replies: Sequence[str]) -> Manner | None:
    """The manner of approved and corrected replies; none when they are too few to tell."""
    told = [reply for reply in replies if reply.strip()]
    if len(told) < LEAST_REPLIES:
        return None
    features = [_features(reply, style_of([reply])) for reply in told]
    usual: dict[str, tuple[float, float]] = {}
    for name, least in _LEAST_SPREAD.items():
        values = [each[name] for each in features if name in each]
        if len(values) >= LEAST_REPLIES:
            usual[name] = (fmean(values), max(pstdev(values), least))
    overall = style_of(told)
    return Manner(
        len(told),
        usual_words(list(told)),
        usual,
        overall.opening if overall.opening_share >= _MARKER_SHARE else "",
        overall.closing if overall.closing_share >= _MARKER_SHARE else "",
    )


def differences(manner: Manner, reply: str) -> tuple[str, ...]:
    """In what a reply is clearly not in this manner; nothing when it may well be."""
    style = style_of([reply])
    if style.words < _LEAST_WORDS:
        return ()
    found = [
        name
        for name, said, usual in (
            ("opening", style.opening, manner.opening),
            ("closing", style.closing, manner.closing),
        )
        if usual and said != usual
    ]
    far = quite_far = 0
    for name, value in _features(reply, style).items():
        mean, spread = manner.usual.get(name, (value, 1.0))
        off = abs(value - mean) / spread
        far += off >= _FAR
        quite_far += off >= _QUITE_FAR
        if off >= _QUITE_FAR:
            found.append(name)
    marked = "opening" in found or "closing" in found
    return tuple(found) if marked or far or quite_far >= 2 else ()


def _features(reply: str, style: Style) -> dict[str, float]:
    """What does not depend on the subject; the polite share only of what is Korean."""
    prose = without_code(reply)
    sentences = max(1.0, style.sentences)
    found = {
        "sentence_words": style.sentence_words,
        "list_share": style.list_share,
        "questions": style.questions / sentences,
        "exclamations": style.exclamations / sentences,
        "emoji": len(_EMOJI.findall(prose)) / sentences,
    }
    polite = _polite_share(prose)
    return found if polite is None else {**found, "polite": polite}


def _polite_share(reply: str) -> float | None:
    if reply.isascii():
        return None
    ends = [end for end in _SENTENCE.findall(reply) if _PLAIN_END.search(end)]
    if not ends:
        return None
    return sum(_POLITE_END.search(end) is not None for end in ends) / len(ends)
