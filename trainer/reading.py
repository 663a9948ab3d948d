"""Reads a data file, and counts what of it is not learned, so that nobody takes it for taught."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from trainer.batches import Example, cut_at_turn, encode_whole, taught_replies
from trainer.contract.events import Warned
from trainer.contract.folder import read_rows
from trainer.data_advice import DATA_ADVICE
from trainer.errors import DataUnusable
from trainer.example_store import ExampleStore

ENOUGH_TO_CHOOSE_FROM = 200


@dataclass
class Untaught:
    """What of a data file is not learned.

    `kept` says of each conversation that was too long how many of its replies are learned still,
    the first ones; `replies` counts the others. `refused` names what could not be rendered at
    all.
    """

    max_length: int = 0
    kept: dict[str, int] = field(default_factory=dict)
    replies: int = 0
    refused: list[str] = field(default_factory=list)
    refusal: DataUnusable | None = None

    def count(self, whole: Example, shorter: Example | None) -> None:
        """Count a conversation that was too long."""
        self.kept[whole.id] = taught_replies(shorter)
        self.replies += taught_replies(whole) - self.kept[whole.id]

    def refuse(self, name: str, reason: DataUnusable) -> None:
        """Count a conversation that cannot be rendered."""
        self.refused.append(name)
        self.refusal = self.refusal or reason

    @property
    def warnings(self) -> Iterator[Warned]:
        """For people, with what they can do about it."""
        if self.kept:
            left_out = sum(replies == 0 for replies in self.kept.values())
            yield _warned(
                "too_long",
                conversations=len(self.kept),
                cut=len(self.kept) - left_out,
                left_out=left_out,
                replies=self.replies,
                max_length=self.max_length,
            )
        if self.refusal is not None:
            yield _warned(
                "not_rendered", conversations=len(self.refused), trouble=self.refusal.text
            )


def _warned(warning: str, **values: int | str) -> Warned:
    return Warned(warning=warning, advice=DATA_ADVICE[warning].format(**values), values={**values})


@dataclass(frozen=True)
class Reading:
    """What a data file teaches, and what of it does not."""

    examples: ExampleStore
    untaught: Untaught


def read_lessons(tokenizer: Any, path: Path, max_length: int, room: Path) -> Reading:
    """All examples of a data file that teach something, kept in a file in `room`."""
    found, untaught = ExampleStore(room), Untaught(max_length)
    for whole in _encoded(tokenizer, path, untaught):
        example = cut_at_turn(whole, max_length)
        if example is not whole:
            untaught.count(whole, example)
        if example is not None:
            found.add(example)
    return Reading(found, untaught)


def read_tests(tokenizer: Any, path: Path, max_length: int, room: Path) -> ExampleStore:
    """All examples of a data file to measure by: also half a reply says how likely it is."""
    found = ExampleStore(room)
    for whole in _encoded(tokenizer, path, Untaught()):
        tokens, weights = whole.tokens[:max_length], whole.weights[:max_length]
        if any(weights[1:]):
            found.add(Example(whole.id, whole.group, tokens, weights))
    return found


def conversations(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a data file that are conversations."""
    for row in read_rows(path):
        with suppress(DataUnusable):
            _check(row)
            yield row


def first_conversations(path: Path) -> list[dict[str, Any]]:
    """Enough of them to find some that differ, and no more than memory should hold."""
    return list(islice(conversations(path), ENOUGH_TO_CHOOSE_FROM))


def _encoded(tokenizer: Any, path: Path, untaught: Untaught) -> Iterator[Example]:
    for row in read_rows(path):
        try:
            _check(row)
            whole = encode_whole(tokenizer, row)
        except DataUnusable as error:
            untaught.refuse(str(row.get("id", "")), error)
            continue
        if whole is not None:
            yield whole


def _check(row: dict[str, Any]) -> None:
    """Refuse what is no conversation, whoever wrote it."""
    messages = row.get("messages")
    whole = "id" in row and "group" in row and isinstance(messages, list)
    if not whole or not all(_is_message(each) for each in messages or ()):
        raise DataUnusable(
            "A line of the data is no conversation: it needs id, group and messages, each with"
            " role and content.",
            "Write the run's data anew.",
        )


def _is_message(found: Any) -> bool:
    return isinstance(found, dict) and all(
        isinstance(found.get(name), str) for name in ("role", "content")
    )
