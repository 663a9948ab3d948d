"""Stages that learn from lessons which come with the app: how long to answer, or a domain.

A lesson is held out by the hash of its id, so that what judges one run judges every run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

TERSE, VERBOSE = "<STYLE_TERSE>", "<STYLE_VERBOSE>"
# One in twenty judges, and as many watch: 25 of 500 questions.
HELD_OUT = 20

Row = dict[str, Any]


@dataclass(frozen=True)
class Lessons:
    """What a stage learns, what watches it, and what judges it."""

    train: tuple[Row, ...]
    valid: tuple[Row, ...]
    test: tuple[Row, ...]


def read_lessons(path: Path) -> list[dict[str, str]]:
    """The items of a file of lessons."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def style_lessons(items: Iterable[Mapping[str, str]], prompt: str) -> Lessons:
    """Each question twice: under the terse tag with few words, under the verbose one with many."""
    return _split(
        items,
        lambda item: [
            _row(f"{item['id']}-terse", prompt, f"{TERSE} {item['question']}", item["terse"]),
            _row(f"{item['id']}-verbose", prompt, f"{VERBOSE} {item['question']}", item["verbose"]),
        ],
    )


def domain_lessons(items: Iterable[Mapping[str, str]], prompt: str) -> Lessons:
    """Questions of a field with their answers."""
    return _split(items, lambda item: [_row(item["id"], prompt, item["question"], item["answer"])])


def with_earlier(lessons: Lessons, earlier: Sequence[Row], share: float, seed: int) -> Lessons:
    """The same with some of the stage before it, which would else be forgotten."""
    wanted = min(len(earlier), round(len(lessons.train) * share / (1 - share)))
    drawn = Random(f"{seed}:earlier").sample(list(earlier), wanted)
    return Lessons((*lessons.train, *drawn), lessons.valid, lessons.test)


def _split(items: Iterable[Mapping[str, str]], rows_of: Any) -> Lessons:
    ordered = sorted(items, key=lambda item: sha256(item["id"].encode()).hexdigest())
    held = max(1, len(ordered) // HELD_OUT)
    parts = ordered[2 * held :], ordered[held : 2 * held], ordered[:held]
    return Lessons(*(tuple(row for item in part for row in rows_of(item)) for part in parts))


def _row(id: str, prompt: str, question: str, answer: str) -> Row:
    system = [{"role": "system", "content": prompt}] if prompt.strip() else []
    return {
        "id": id,
        "group": "new",
        "messages": [
            *system,
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer, "weight": 1.0},
        ],
    }
