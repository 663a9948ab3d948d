"""The stage `trained`: a trainer of its own process, followed, and started again if it dies."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from app.cycle.context import CycleContext, Ending
from app.cycle.detached import spawn
from app.cycle.device import device_lease, trainer_alive
from app.cycle.errors import KEPT, TrainingFailed, disk_full
from app.cycle.follow import RunFollower
from app.cycle.learned import correct_use
from app.cycle.memory_kills import MemoryKills
from app.cycle.stages import DISCARDED, SAVED
from trainer.contract.folder import EXIT_BUSY, EXIT_DISK_FULL

POLL_S = 0.2
LOCK_LOOK_S = 1.0
# Deaths in a row without a new checkpoint between them; a trainer that moves on may go on.
DEATHS_ALLOWED = 3


@dataclass(frozen=True)
class TrainerEnd:
    """How a trainer ended by its own account."""

    outcome: str
    failed: dict[str, Any] | None = None


def train(context: CycleContext) -> Ending | None:
    """Have the run trained; a trainer that is at work already is only followed."""
    with device_lease(
        context.home,
        context.run.id,
        context.persona.name,
        context.base,
        context.telling,
        context.check_stop,
        may_free_ollama=context.free_ollama,
    ):
        end = _Watch(context).until_end()
    if end.failed is not None:
        raise TrainingFailed(
            str(end.failed["text"]),
            str(end.failed["next_step"]),
            kind=str(end.failed["error_kind"]),
            kept=KEPT,
        )
    if end.outcome == "trained":
        correct_use(context.store, context.run.id, context.folder)
        return None
    if end.outcome == "discarded":
        return Ending("stopped", DISCARDED)
    return Ending("stopped", SAVED)


class _Watch:
    """One cycle process watching the trainer of its run."""

    def __init__(self, context: CycleContext) -> None:
        self._context = context
        self._folder = context.folder
        self._follower = RunFollower(self._folder.root)
        self._last: dict[str, Any] = {}
        self._checkpoint = -1
        self._backed_off = 0
        self._for_memory = False

    def until_end(self) -> TrainerEnd:
        """Follow the trainer, or start it, until it says how it ended."""
        self._read()
        if not trainer_alive(self._folder):
            self._read()
            outcome = str(self._last.get("outcome", ""))
            unrecorded = outcome == "saved" and self._context.run.state == "running"
            if outcome in ("trained", "discarded") or unrecorded:
                return TrainerEnd(outcome)
        deaths = 0
        while True:
            checkpoint, backed_off = self._checkpoint, self._backed_off
            end = self._one_trainer()
            if end is not None:
                return end
            moved = self._checkpoint > checkpoint or self._backed_off > backed_off
            deaths = 1 if moved else deaths + 1
            if deaths > DEATHS_ALLOWED:
                raise self._failure(deaths)
            self._tell_of_death()

    def _failure(self, deaths: int) -> TrainingFailed:
        if self._for_memory:
            text = f"The system ended the training {deaths} times in a row for want of memory."
            step = "Close other programs, or choose a smaller base; then start the training again."
            return TrainingFailed(text, step, kind="memory", kept=KEPT)
        return TrainingFailed(
            f"The training ended without a word {deaths} times in a row.",
            f"Look at {self._folder.log}; close other programs if memory is short,"
            " then start the training again.",
            kind="trainer_died",
            kept=KEPT,
        )

    def _tell_of_death(self) -> None:
        if self._for_memory:
            self._context.telling.warning(
                "killed_for_memory",
                "The system ended the training for want of memory; it goes on from its checkpoint"
                " with less of it.",
            )
            return
        self._context.telling.warning(
            "trainer_died", "The training ended without a word; it goes on from its checkpoint."
        )

    def _one_trainer(self) -> TrainerEnd | None:
        """One trainer's life; nothing when it died without saying how it ended."""
        kills, code = MemoryKills(), None
        if trainer_alive(self._folder):
            before = self._last
            while trainer_alive(self._folder):
                self._wait(LOCK_LOOK_S)
            self._read()
            if self._last is before and before.get("outcome") not in ("trained", "discarded"):
                # Nobody trained: another process held the lock to see whether somebody does.
                return self._one_trainer()
        else:
            self._last = {}
            process = _start(self._context, less_memory=self._for_memory)
            while process.poll() is None:
                self._wait(POLL_S)
            code = process.returncode
            if process.returncode == EXIT_DISK_FULL:
                raise disk_full()
            if process.returncode == EXIT_BUSY:
                # One that a killed cycle had started just before: it is the one to follow.
                return self._one_trainer()
        self._read()
        if self._last.get("kind") == "failed":
            return TrainerEnd("failed", self._last)
        if self._last.get("kind") == "done":
            return TrainerEnd(str(self._last["outcome"]))
        self._for_memory = kills.explain(code)
        return None

    def _wait(self, seconds: float) -> None:
        time.sleep(seconds)
        self._read()

    def _read(self) -> None:
        for event in self._follower.poll():
            if event["origin"] != "trainer":
                continue
            self._last = event
            if event["kind"] == "checkpoint":
                self._checkpoint = max(self._checkpoint, int(event["step"]))
            self._backed_off += event["kind"] == "oom_backoff"


def _start(context: CycleContext, *, less_memory: bool) -> subprocess.Popen[bytes]:
    """A trainer in a session of its own, so that it outlives this process and its terminal."""
    folder = context.folder
    command = [
        sys.executable, "-m", "trainer", "run", str(folder.root),
        "--base", str(context.base.path),
        "--cache", str(context.home.models / "converted"),
        *(["--less-memory"] if less_memory else []),
    ]  # fmt: skip
    with folder.log.open("ab") as log:
        return spawn(command, log.fileno())
