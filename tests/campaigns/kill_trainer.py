"""The trainer is killed at any moment of its life; the cycle starts it again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from app.cycle.training import DEATHS_ALLOWED
from tests.campaigns.marked import alive, appears, kill, of_kind, settle
from tests.campaigns.months import check_files, check_month, fresh_months, said, start_cycle
from tests.campaigns.tally import Tally
from tests.tiny_month import LIMIT_S, TinyMonth
from trainer.contract.folder import RunFolder, read_rows

EPOCHS = 8
# So long a trainer that has loaded may live, in shares of the time that it took to load.
LEARNS = 0.7


@dataclass
class _Training:
    """One run, and how its trainers died."""

    month: TinyMonth
    run_id: str
    moments: list[float] = field(default_factory=list)
    loading_s: float = 0.0
    checkpoint: int = 0
    fruitless: int = 0

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(read_rows(RunFolder(self.month.home.runs / self.run_id).events))

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]

    def newest_checkpoint(self) -> int:
        return max((int(event["step"]) for event in self.told("checkpoint")), default=0)

    def trainers(self) -> list[psutil.Process]:
        return of_kind(self.month.home.root, "trainer")


def run(root: Path, kills: int, tally: Tally) -> None:
    """Trainings in homes of their own until so many kills were given."""
    chance = random.Random(f"{tally.target}-{tally.seed}")
    for month in fresh_months(root, kills, tally):
        _one_training(month, kills, chance, tally)


def _one_training(month: TinyMonth, kills: int, chance: random.Random, tally: Tally) -> None:
    before = said(month)
    process = start_cycle(month, month.recipe_file(epochs=EPOCHS, patience=4 * EPOCHS))
    runs = month.store.runs
    appears(lambda: runs.of_persona(month.persona.id) or process.poll() is not None)
    training = _Training(month, runs.of_persona(month.persona.id)[0].id)
    while tally.kills < kills and _kill_once(training, chance, tally):
        pass
    _, told = process.communicate(timeout=2 * LIMIT_S)
    _judge_starts(training, tally)
    if process.returncode:
        tally.breach(f"the cycle ended with {process.returncode}: {told[-500:]}")
        check_files(month, tally)
        return
    check_month(month, before, tally, "waiting", "gated")


def _kill_once(training: _Training, chance: random.Random, tally: Tally) -> bool:
    """Kill the trainer that runs now; whether there may be another one."""
    trainer = _next_trainer(training)
    if trainer is None:
        return False
    behind, _ = settle(training.month.home.root, {"cycle": 1, "trainer": 1})
    if behind and not training.told("done"):
        tally.leave(", ".join(behind))
    starts = len(training.told("started"))
    delay = _wait_for_the_moment(training, trainer, chance, starts)
    if training.told("done") or not kill(trainer):
        return False
    appears(lambda: not alive(trainer))
    training.moments.append(time.time())
    reached = training.newest_checkpoint()
    training.fruitless = 0 if reached > training.checkpoint else training.fruitless + 1
    training.checkpoint = reached
    doing = "learning" if len(training.told("started")) > starts else "loading"
    tally.killed(f"{doing}, {delay:.3f} s on, at step {reached}")
    return True


def _wait_for_the_moment(
    training: _Training, trainer: psutil.Process, chance: random.Random, starts: int
) -> float:
    """Anywhere in the life of a trainer; the cycle gives up on one that never gets anywhere."""
    loads, share = chance.random() < 0.5, chance.random()
    got_nowhere = training.fruitless >= DEATHS_ALLOWED - 1
    began = time.monotonic()
    if loads and training.loading_s and not got_nowhere:
        delay = share * training.loading_s
    else:
        appears(lambda: len(training.told("started")) > starts or not alive(trainer))
        if not training.loading_s:
            training.loading_s = time.monotonic() - began
        if got_nowhere:
            done = training.checkpoint
            appears(lambda: training.newest_checkpoint() > done or not alive(trainer))
        delay = share * LEARNS * training.loading_s
    appears(lambda: not alive(trainer), delay)
    return delay


def _next_trainer(training: _Training) -> psutil.Process | None:
    """The trainer that runs; none once the training is over."""
    home = training.month.home.root
    appears(
        lambda: training.trainers() or training.told("done") or not of_kind(home, "cycle"),
    )
    found = training.trainers()
    return found[0] if found and not training.told("done") else None


def _judge_starts(training: _Training, tally: Tally) -> None:
    """Each start goes on from the last checkpoint that was told before it, or later."""
    told = 0
    recovered = 0.0
    for event in training.events:
        if event["kind"] == "checkpoint":
            told = max(told, int(event["step"]))
        elif event["kind"] == "started":
            if int(event["resumed_at_step"]) < told:
                tally.lose(f"step {told} was told, step {event['resumed_at_step']} came back")
            before = [moment for moment in training.moments if moment < event["time"]]
            recovered = max(recovered, event["time"] - before[-1] if before else 0.0)
    if training.told("done"):
        tally.resumed += len(training.moments)
        tally.worst_recovery_s = max(tally.worst_recovery_s, recovered)
    else:
        tally.breach("the training did not end")
