"""A blind comparison as it lies in a run's folder: prompts, both replies, and the votes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from filelock import Timeout

from app.errors import PerennialError
from app.forgetting.journal import forgetting_lock
from app.forgetting.run_folders import COMPARISON
from app.home import Home
from trainer.contract.folder import RunFolder, write_atomically

Side = Literal["new", "old"]
Vote = Literal["left", "right", "same", "neither"]
SIDES: tuple[Side, Side] = ("new", "old")
BASE = "base"
_VERSION = 1
_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Pair:
    """What is compared: a run's adapter, with that of another run or with the base alone."""

    run: str
    other: str


@dataclass(frozen=True)
class Prompt:
    """One of the user's own prompts; `left` is who stands there, `learned` what trained on it."""

    id: str
    text: str
    learned: bool
    left: Side
    seed: int
    replies: Mapping[Side, str] | None = None
    vote: Vote | None = None

    @property
    def right(self) -> Side:
        return "old" if self.left == "new" else "new"

    @property
    def better(self) -> Side | None:
        """Whom the vote is for, where it is for one of them."""
        if self.vote == "left":
            return self.left
        return self.right if self.vote == "right" else None


@dataclass(frozen=True)
class Comparison:
    """All prompts of a pair, in the order in which they are shown."""

    pair: Pair
    prompts: tuple[Prompt, ...]

    @property
    def open(self) -> tuple[Prompt, ...]:
        """Those without a vote."""
        return tuple(each for each in self.prompts if each.vote is None)

    @property
    def voted(self) -> tuple[Prompt, ...]:
        return tuple(each for each in self.prompts if each.vote is not None)

    def prompt(self, prompt_id: str) -> Prompt | None:
        return next((each for each in self.prompts if each.id == prompt_id), None)

    def put(self, prompt_id: str, prompt: Prompt | None) -> Comparison:
        """The comparison with this in the place of a prompt; without it when there is none."""
        left = (prompt if each.id == prompt_id else each for each in self.prompts)
        return replace(self, prompts=tuple(each for each in left if each is not None))


def read(home: Home, pair: Pair) -> Comparison | None:
    """The comparison of a pair, if it was begun."""
    found = _comparisons(_file(home, pair)).get(pair.other)
    if found is None:
        return None
    return Comparison(pair, tuple(Prompt(**each) for each in found["prompts"]))


def put(home: Home, comparison: Comparison) -> None:
    """Write a comparison beside those with others; only while `changing`."""
    path = _file(home, comparison.pair)
    prompts = [_row(each) for each in comparison.prompts]
    every = {**_comparisons(path), comparison.pair.other: {"prompts": prompts}}
    document = {"version": _VERSION, "run": comparison.pair.run, "with": every}
    write_atomically(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


@contextmanager
def changing(home: Home) -> Iterator[None]:
    """Nothing is forgotten meanwhile: what was read before would come back by being written."""
    try:
        with forgetting_lock(home).acquire(timeout=_PATIENCE_S):
            yield
    except Timeout as error:
        raise PerennialError(
            "Something is being forgotten just now.",
            "Wait for it to end, then try again.",
            kind="comparing_busy",
            kept="What you chose before is kept.",
        ) from error


def _row(prompt: Prompt) -> dict[str, Any]:
    return {
        "id": prompt.id, "text": prompt.text, "learned": prompt.learned, "left": prompt.left,
        "seed": prompt.seed, "replies": prompt.replies, "vote": prompt.vote,
    }  # fmt: skip


def _comparisons(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))["with"]
    return found


def _file(home: Home, pair: Pair) -> Path:
    return RunFolder(home.runs / pair.run).root / COMPARISON
