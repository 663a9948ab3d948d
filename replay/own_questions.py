"""A user's own test questions: what they are, which of them judge, and what they look like.

Which side a question is on follows from its words alone. Nothing about the file, its order or the
other questions moves one that judged to where it could be learned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from replay.measures.near import signature
from replay.splits import normalised

Side = Literal["train", "valid", "test"]
SIDES: tuple[Side, ...] = ("train", "valid", "test")

_HELD_OUT_SHARE = 0.1
_PLACES = 2**64


class QuestionsInvalid(ValueError):
    """A file of questions that cannot be used: every fault, each with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class OwnQuestion:
    """A question with the answers that count, or with choices and the place of the right one."""

    id: str
    prompt: str
    answers: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    answer: int = 0
    types: tuple[str, ...] = ()

    @property
    def right(self) -> str:
        """An answer that counts, in the file's own words."""
        return self.choices[self.answer] if self.choices else self.answers[0]

    @property
    def chance(self) -> float:
        """How often a blind guess would be right."""
        return 1 / len(self.choices) if self.choices else 0.0

    def lesson(self) -> dict[str, Any]:
        """The question and its answer as a conversation that can be imported."""
        said = {"user": self.prompt, "assistant": self.right}
        messages = [{"role": role, "content": content} for role, content in said.items()]
        return {"id": self.id, "messages": messages, "rating": "up"}


def question_id(prompt: str, choices: Iterable[str]) -> str:
    """A name made of the words, so that the same question has it in every file."""
    words = [normalised(prompt), sorted(map(normalised, choices))]
    return f"t{sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()[:16]}"


def split(question: OwnQuestion, *, all_held_out: bool) -> Side:
    """The side that a question is on for ever: all judge, or a tenth does and a tenth watches."""
    if all_held_out:
        return "test"
    digest = sha256(normalised(question.prompt).encode()).digest()
    place = int.from_bytes(digest[:8], "big") / _PLACES
    if place < _HELD_OUT_SHARE:
        return "test"
    return "valid" if place < 2 * _HELD_OUT_SHARE else "train"


def signatures(questions: Iterable[OwnQuestion]) -> Iterator[bytes]:
    """What a message looks like that asks one of these questions, with its choices or without."""
    for question in questions:
        yield signature(question.prompt)
        if question.choices:
            yield signature("\n".join((question.prompt, *question.choices)))
