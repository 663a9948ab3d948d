"""What cannot be learned from, each with its reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from replay.example import Example
from replay.measures.near import bands, signature, similarity
from replay.near import NEARLY_THE_SAME

NO_QUESTION = "an approved reply that no question comes before"
NO_ANSWER = "an approved reply without words"
REPLY_TOO_LONG = "an approved reply longer than {limit} characters"
EXAMPLE_TOO_LONG = "behind the first {limit} characters of a conversation"
OTHER_LANGUAGE = "in a language that the persona and its base do not share"
LEFT_OUT_GROUP = "of a group that this mix does not draw from"
SAME_QUESTION = "asks what a new conversation asks, which has the word"
OVER_REPLAY = "more than there is replay for in the ratio"
LIKE_A_JUDGE = "asks what an item asks that only judges"
TEST_QUESTION = "it is a question of your test set"


NO_FAULTS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class LengthBounds:
    """Longest texts that are learned from; the trainer cuts what is longer than its window."""

    reply_characters: int = 8_000
    example_characters: int = 24_000


class Judging:
    """Questions that judge and must never be learned, by their signatures."""

    def __init__(self, signatures: Iterable[bytes] = ()) -> None:
        self._by_band: defaultdict[int, list[bytes]] = defaultdict(list)
        for signed in filter(None, signatures):
            for band in bands(signed):
                self._by_band[band].append(signed)

    def asks(self, text: str) -> bool:
        """Whether a message asks nearly what one of them asks."""
        if not self._by_band or not (signed := signature(text)):
            return False
        met = (other for band in bands(signed) for other in self._by_band.get(band, ()))
        return any(similarity(signed, other) >= NEARLY_THE_SAME for other in met)

    def asked_in(self, example: Example) -> bool:
        """Whether a conversation asks one of them anywhere; what only judges may."""
        return not example.judges and any(
            message.role == "user" and self.asks(message.content) for message in example.messages
        )


NOBODY_JUDGES = Judging()


def learnable(example: Example, bounds: LengthBounds) -> tuple[Example | None, Mapping[str, int]]:
    """What can be learned of an example, and how many replies cannot, for which reason.

    A greeting before any question, or one reply without words, is context like any other and
    costs the rest of its conversation nothing. An item of replay is taken whole or not at all.
    """
    faults = _faults(example, bounds)
    if faults and not any(faults):
        return example, NO_FAULTS
    reasons = Counter(fault for fault in faults if fault is not None)
    if len(example.message_ids) != len(faults):
        return None, Counter({next(iter(reasons), NO_ANSWER): example.replies or 1})
    out = {each for each, fault in zip(example.message_ids, faults, strict=True) if fault}
    return example.without(out), reasons


def usable(
    examples: Iterable[Example], bounds: LengthBounds, judging: Judging = NOBODY_JUDGES
) -> tuple[list[Example], Counter[str]]:
    """The examples that can be learned from, and how many replies are not, for which reason."""
    kept: list[Example] = []
    reasons: Counter[str] = Counter()
    for example in examples:
        if judging.asked_in(example):
            reasons[TEST_QUESTION] += example.replies
            continue
        left, faults = learnable(example, bounds)
        if faults:
            reasons.update(faults)
        if left is not None:
            kept.append(left)
    return kept, reasons


def _faults(example: Example, bounds: LengthBounds) -> list[str | None]:
    """Why each reply to learn cannot be learned from, or None."""
    faults: list[str | None] = []
    asked = False
    characters = 0
    for message in example.messages:
        size = len(message.content)
        characters += size
        if message.role == "user":
            asked = asked or not _blank(message.content)
        elif message.weight > 0:
            fault = None
            if not asked:
                fault = NO_QUESTION
            elif _blank(message.content):
                fault = NO_ANSWER
            elif size > bounds.reply_characters:
                fault = REPLY_TOO_LONG.format(limit=bounds.reply_characters)
            elif characters > bounds.example_characters:
                fault = EXAMPLE_TOO_LONG.format(limit=bounds.example_characters)
            faults.append(fault)
    return faults


def fits_language(language: str, languages: Iterable[str]) -> bool:
    """Whether somebody who speaks these languages meets this one; none named fits all."""
    return not language or primary(language) in {primary(each) for each in languages}


def primary(language: str) -> str:
    """`en` of `en-GB`."""
    return language.replace("_", "-").partition("-")[0].casefold()


def _blank(text: str) -> bool:
    return not text or text.isspace()
