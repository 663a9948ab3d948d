"""What a run will take of this machine, told before it begins: memory, time, disk, and others."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.backing_off import Footing, footing_on
from trainer.batches import Example
from trainer.contract.events import Warned
from trainer.contract.fitting import Fitting, Possible, fit, gigabytes
from trainer.contract.needs import Job, Lessons, lessons_of, settings_of
from trainer.contract.recipe import Recipe
from trainer.contract.shape import shape_of_config
from trainer.device import Choice, DeviceFacts
from trainer.device_users import DeviceUser, read_users
from trainer.errors import MemoryTooSmall
from trainer.gguf_base import source_of
from trainer.optimisers import smaller, usable
from trainer.room import Disk, own_mb, read_disk, read_room, room_for_run
from trainer.warm_up import Trial

if TYPE_CHECKING:
    from trainer.sft import Training
    from trainer.stages import StageRun

# How far the sum may be from what a run takes; a run that might fit is not refused.
UNSURE = 0.15


@dataclass(frozen=True)
class Amount:
    """How much there is to learn from, in tokens."""

    lengths: Sequence[int]
    trained_tokens: int
    held_tokens: int

    @property
    def tokens(self) -> int:
        return sum(self.lengths)


def amount_of(examples: Iterable[Example], recipe: Recipe) -> Amount:
    """Read through the examples once: they may lie on the disk."""
    lengths, trained, held = array("I"), 0, 0
    for example in examples:
        lengths.append(len(example.tokens))
        trained += example.trained_tokens
        held += example.trained_tokens if example.group in recipe.held_groups else 0
    return Amount(lengths, trained, held)


def lessons_for(amount: Amount, recipe: Recipe) -> Lessons:
    """The lessons as memory sees them."""
    count = len(amount.lengths)
    per_step = recipe.batch_size * recipe.accumulation
    steps = math.ceil(count / per_step) * recipe.epochs_for(count)
    full = math.ceil(amount.tokens / count * per_step / recipe.packed_tokens)
    return lessons_of(
        amount.lengths, amount.trained_tokens, amount.held_tokens, per_step, steps * full
    )


def job_of(
    config: dict[str, Any],
    recipe: Recipe,
    amount: Amount,
    facts: DeviceFacts,
    choice: Choice,
) -> Job:
    """The run as far as its memory goes, from the base's `config.json`."""
    return Job(
        shape_of_config(config),
        lessons_for(amount, recipe),
        settings_of(recipe, usable(recipe.optimiser, facts.kind, facts.nf4_works)),
        choice.precision,
        facts.kind,
        recipe.rank,
        recipe.target_modules,
        None if facts.kind == "cuda" else own_mb(),
    )


def possible_for(recipe: Recipe, facts: DeviceFacts) -> Possible:
    """What may be given up; bitsandbytes' 8-bit step works where its NF4 does, but for MPS."""
    return Possible(
        recipe.length_fallbacks,
        recipe.gradient_checkpointing != "off",
        smaller(facts.kind, facts.nf4_works),
    )


def fitted(job: Job, recipe: Recipe, facts: DeviceFacts, there_mb: float) -> Fitting:
    """The run with what must change for it to fit."""
    return fit(job, there_mb, possible_for(recipe, facts))


def footing_of_fit(fitting: Fitting, recipe: Recipe) -> Footing | None:
    """What the training is to stand on from the start; None where it is as the recipe says."""
    if not fitting.changes:
        return None
    return footing_on(fitting.job.settings, recipe)


@dataclass(frozen=True)
class Plan:
    """One training as it will be tried, and what stands around it."""

    recipe: Recipe
    amount: Amount
    fitting: Fitting
    disk: Disk
    users: tuple[DeviceUser, ...]
    all_mb: float
    """What is free and held by this process, with nothing left to the desktop."""

    @property
    def tokens_seen(self) -> int:
        """All tokens, each as often as it is seen."""
        return self.amount.tokens * self.recipe.epochs_for(len(self.amount.lengths))

    @property
    def hopeless(self) -> bool:
        """Whether it cannot fit, even if the desktop got nothing and the sum were too high."""
        return self.fitting.needed_mb > self.all_mb * (1 + UNSURE)

    @property
    def footing(self) -> Footing | None:
        return footing_of_fit(self.fitting, self.recipe)

    def standing_on(self, footing: Footing) -> Plan:
        """The same plan for a run that goes on as its checkpoint left it."""
        settings = footing.settings
        if settings == self.fitting.job.settings:
            return self
        job = self.fitting.job.under(settings)
        return replace(self, fitting=Fitting(job, self.fitting.there_mb, ()))

    def fields(self, trial: Trial | None) -> dict[str, Any]:
        """What the `preflight` event tells of it."""
        counted = {
            "examples": len(self.amount.lengths),
            "tokens": self.amount.tokens,
            "trained_tokens": self.amount.trained_tokens,
        }
        return counted | event_fields(self.fitting, self.disk, self.users, trial)

    @property
    def warnings(self) -> list[Warned]:
        """What is to be known before the first step."""
        return concerns(self.fitting, self.disk, self.users)


def plan_run(
    run: Path,
    place: Path,
    recipe: Recipe,
    examples: Sequence[Example],
    found: tuple[DeviceFacts, Choice],
) -> Plan:
    """Look at memory, disk and other programs; called before the base is loaded."""
    facts, choice = found
    config = json.loads((place / "config.json").read_text("utf-8"))
    amount = amount_of(examples, recipe)
    job = job_of(config, recipe, amount, facts, choice)
    held_mb = 0.0 if facts.kind == "cuda" else own_mb()
    room = read_room(facts.kind)
    there_mb = room_for_run(room, held_mb)
    return Plan(
        recipe,
        amount,
        fitted(job, recipe, facts, there_mb),
        read_disk(run, job.shape, recipe, from_gguf=source_of(place) is not None),
        tuple(read_users(facts.kind)),
        room.free_mb + held_mb,
    )


def plan_stages(
    run: Path, place: Path, stages: Sequence[StageRun], found: tuple[DeviceFacts, Choice]
) -> dict[str, Plan]:
    """The plans of a run's trainings, by their names; refuses what cannot fit.

    Called before the base is loaded: that takes minutes, and would take the memory too.
    """
    plans = {stage.name: plan_run(run, place, stage.recipe, stage.train, found) for stage in stages}
    for plan in plans.values():
        if plan.hopeless:
            raise MemoryTooSmall(plan.fitting.words, _ways_out(plan.users))
    return plans


def _ways_out(users: Sequence[DeviceUser]) -> str:
    """Who could make room, and what else helps."""
    held = f" ({'; '.join(user.words for user in users)})" if users else ""
    return f"Close other programs{held}, or choose a smaller base."


def seconds_of_later(trial: Trial | None, training: Training, plans: Sequence[Plan]) -> float:
    """The time of trainings still to come, at the speed that was measured in the first of them."""
    own, *later = plans
    left = training.schedule.steps - training.progress.step
    if trial is None or left <= 0:
        return 0.0
    whole_s = trial.seconds * training.schedule.steps / left
    return whole_s * sum(each.tokens_seen for each in later) / max(1, own.tokens_seen)


def event_fields(
    fitting: Fitting, disk: Disk, users: Sequence[DeviceUser], trial: Trial | None
) -> dict[str, Any]:
    """The fields of the `preflight` event that this module knows."""
    return {
        "parts_mb": fitting.job.parts_mb(),
        "needed_mb": fitting.needed_mb,
        "there_mb": fitting.there_mb,
        "measured_mb": round(trial.peak_mb, 1) if trial else 0.0,
        "changes": list(fitting.changes),
        "seconds": round(trial.seconds, 1) if trial else 0.0,
        "disk_needed_mb": disk.needed_mb,
        "disk_free_mb": disk.free_mb,
        "others": [user.words for user in users],
    }


def concerns(fitting: Fitting, disk: Disk, users: Sequence[DeviceUser]) -> list[Warned]:
    """What is to be warned of before the first step."""
    told: list[Warned] = []
    if fitting.changes:
        words = f"To fit into memory: {' '.join(fitting.changes)}"
        told.append(Warned(warning="memory_changes", advice=words))
    if not fitting.fits:
        sizes = {"needed": gigabytes(fitting.needed_mb), "there": gigabytes(fitting.there_mb)}
        words = f"{fitting.words} The run may end for want of memory. {_ways_out(users)}"
        told.append(Warned(warning="memory_short", advice=words, values=dict(sizes)))
    if not disk.fits:
        sizes = {"needed": gigabytes(disk.needed_mb), "free": gigabytes(disk.free_mb)}
        words = (
            f"The run will write about {sizes['needed']}, and {sizes['free']} are free."
            " Free some space."
        )
        told.append(Warned(warning="disk_short", advice=words, values=dict(sizes)))
    return told
