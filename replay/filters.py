"""What cannot be learned from, each with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from replay.example import Example

NO_QUESTION = "an approved reply that no question comes before"
NO_ANSWER = "an approved reply without words"
REPLY_TOO_LONG = "an approved reply longer than {limit} characters"
EXAMPLE_TOO_LONG = "behind the first {limit} characters of a conversation"
OTHER_LANGUAGE = "in a language that the persona and its base do not share"
LEFT_OUT_GROUP = "of a group that this mix does not draw from"
SAME_QUESTION = "asks what a new conversation asks, which has the word"
OVER_REPLAY = "more than there is replay for in the ratio"
LIKE_A_JUDGE = "asks what an item asks that only judges"


NO_FAULTS: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class LengthBounds:
    """Longest texts that are learned from; the trainer cuts what is longer than its window."""

    reply_characters: int = 8_000
    example_characters: int = 24_000


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


def usable(examples: Iterable[Example], bounds: LengthBounds) -> tuple[list[Example], Counter[str]]:
    """The examples that can be learned from, and how many replies are not, for which reason."""
    kept: list[Example] = []
    reasons: Counter[str] = Counter()
    for example in examples:
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
