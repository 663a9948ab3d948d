"""What cannot be learned from, each with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from replay.example import Example

NO_QUESTION = "no question before the first reply to learn"
NO_ANSWER = "an approved reply without words"
REPLY_TOO_LONG = "an approved reply longer than {limit} characters"
EXAMPLE_TOO_LONG = "a conversation longer than {limit} characters"
OTHER_LANGUAGE = "in a language that the persona does not speak"
LEFT_OUT_GROUP = "of a group that this mix does not draw from"
SAME_QUESTION = "asks what a new conversation asks, which has the word"
OVER_REPLAY = "more than there is replay for in the ratio"
LIKE_A_JUDGE = "asks what an item asks that only judges"


@dataclass(frozen=True)
class LengthBounds:
    """Longest texts that are learned from; the trainer cuts what is longer than its window."""

    reply_characters: int = 8_000
    example_characters: int = 24_000


def fault_of(example: Example, bounds: LengthBounds) -> str | None:
    """Why an example cannot be learned from, or None."""
    asked = taught = False
    characters = 0
    for message in example.messages:
        size = len(message.content)
        characters += size
        if message.role == "user":
            asked = asked or not _blank(message.content)
        elif message.weight > 0:
            if not asked:
                return NO_QUESTION
            if _blank(message.content):
                return NO_ANSWER
            if size > bounds.reply_characters:
                return REPLY_TOO_LONG.format(limit=bounds.reply_characters)
            taught = True
    if characters > bounds.example_characters:
        return EXAMPLE_TOO_LONG.format(limit=bounds.example_characters)
    return None if taught else NO_ANSWER


def usable(examples: Iterable[Example], bounds: LengthBounds) -> tuple[list[Example], Counter[str]]:
    """The examples that can be learned from, and how many replies are not, for which reason."""
    kept: list[Example] = []
    reasons: Counter[str] = Counter()
    for example in examples:
        fault = fault_of(example, bounds)
        if fault is None:
            kept.append(example)
        else:
            reasons[fault] += example.replies or 1
    return kept, reasons


def fits_language(language: str, languages: Iterable[str]) -> bool:
    """Whether somebody who speaks these languages meets this one; none named fits all."""
    return not language or primary(language) in {primary(each) for each in languages}


def primary(language: str) -> str:
    """`en` of `en-GB`."""
    return language.replace("_", "-").partition("-")[0].casefold()


def _blank(text: str) -> bool:
    return not text or text.isspace()
