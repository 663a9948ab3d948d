"""A persona on a model of some 100,000 parameters, with a month behind it, and its processes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from app.cycle.context import CycleContext
from app.cycle.process import begin_run
from app.cycle.request import CycleRequest
from app.cycle.telling import CycleTelling
from app.home import Home
from app.store import Base, Persona, Run, Store
from tests.tiny_gguf import write_tiny_gguf
from tests.tiny_suites import write_tiny_suites
from tests.unit.trainer.tiny_run import TINY_RECIPE as TRAINER_RECIPE
from trainer.contract.folder import RunFolder, read_rows

# As few steps as still teach something: most of a training's time is its looks and checkpoints.
TINY_RECIPE = TRAINER_RECIPE.model_copy(update={"batch_size": 8, "evaluations": 1})
ROOT = Path(__file__).parents[1]
# Nothing here takes a minute of its own; a machine that is busy with something else may take more.
LIMIT_S = 300.0
TOPICS = ("tea", "rain", "bread", "trains", "moss", "salt", "wool", "rivers", "glass", "bees")


class TinyMonth:
    """Writes what a month of use writes, and runs the cycle as a user would."""

    def __init__(self, home: Home, store: Store, *, ends_soon: bool = True) -> None:
        self.home, self.store = home, store
        path = write_tiny_gguf(home.models / "tiny.gguf", ends_soon=ends_soon)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.base: Base = store.bases.add(
            "tiny", "gguf", path, digest, "llama", path.stat().st_size
        )
        self.persona: Persona = store.personas.add("Sunny", "Be short.", base_id=self.base.id)
        write_tiny_suites(home.suites)

    def talk(self, count: int = 60, first: int = 0) -> None:
        """Approved conversations that a tiny model can learn; short, as its exam is to be."""
        with self.store.transaction():
            for number in range(first, first + count):
                topic = f"{TOPICS[number % len(TOPICS)]} {number}"
                self.exchange(f"Say {topic}.", f"{topic[0].upper()}!", "up")

    def exchange(self, asked: str, answered: str, rating: str | None) -> int:
        conversation = self.store.conversations.add(self.persona.id, self.persona.system_prompt)
        question = self.store.messages.add(conversation.id, None, "user", asked)
        reply = self.store.messages.add(conversation.id, question.id, "assistant", answered)
        if rating is not None:
            self.store.ratings.rate(reply.id, rating)  # type: ignore[arg-type]
        return reply.id

    def replay(self, count: int = 30) -> None:
        """Replay of two groups."""
        self.store.replay.add_all(
            [
                {
                    "id": f"{group}-{number}",
                    "group": group,
                    "language": "en",
                    "messages": [
                        {"role": "user", "content": f"What is {group} {number}?"},
                        {"role": "assistant", "content": f"{group} {number} is a number."},
                    ],
                }
                for group in ("coding", "general")
                for number in range(count)
            ],
            "test",
        )

    def recipe_file(self, **changes: Any) -> Path:
        """The tiny recipe as a person would write it down."""
        path = self.home.root / "tiny.yaml"
        path.write_text(json.dumps({**TINY_RECIPE.model_dump(mode="json"), **changes}), "utf-8")
        return path

    def begin(self, **changes: Any) -> Run:
        recipe = TINY_RECIPE.model_copy(update=changes)
        return begin_run(self.home, self.store, self.persona, CycleRequest(recipe=recipe, seed=7))

    def context(self, run: Run, *, yes: bool = True) -> CycleContext:
        folder = RunFolder(self.home.runs / run.id)
        request = CycleRequest(recipe=TINY_RECIPE, seed=7)
        return CycleContext(self.home, self.store, run, request, CycleTelling(folder), yes)

    def events(self, run_id: str, kind: str) -> list[dict[str, Any]]:
        folder = RunFolder(self.home.runs / run_id)
        rows = [*read_rows(folder.cycle_events), *read_rows(folder.events)]
        return [row for row in rows if row["kind"] == kind]


def command_line(home: Home, *words: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *words, "--home", str(home.root)]


def environment() -> dict[str, str]:
    """One thread for torch: the machine's cores belong to several tests."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def start_cli(home: Home, *words: str) -> subprocess.Popen[str]:
    """A verb in a process of its own, as a terminal starts it."""
    return subprocess.Popen(
        command_line(home, *words),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    )


def wait_until(true: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    deadline = time.monotonic() + limit_s
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {limit_s} s")
        time.sleep(0.05)


def processes_of(home: Home) -> list[psutil.Process]:
    """What still runs for this home."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if any(str(home.root) in word for word in words):
            found.append(process)
    return [each for each in found if each.info["status"] != psutil.STATUS_ZOMBIE]
