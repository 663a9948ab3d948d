"""What a run will take of this machine, told before it begins: memory, time, disk, and others."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

from trainer.backing_off import Footing
from trainer.batches import Example
from trainer.contract.disk import GGUF_BASE_MB, disk_needed_mb, disk_parts_mb
from trainer.contract.events import Warned
from trainer.contract.fitting import Fitting, Possible, Room, fit, gigabytes, room_of
from trainer.contract.needs import MIB, Job, Lessons, lessons_of, settings_of
from trainer.contract.recipe import Recipe
from trainer.contract.shape import BaseShape, shape_of_config
from trainer.device import Choice, DeviceFacts
from trainer.device_users import DeviceUser, read_users
from trainer.gguf_base import source_of
from trainer.optimisers import smaller, usable
from trainer.warm_up import Trial


@dataclass(frozen=True)
class Disk:
    """Of the disk that holds the run."""

    needed_mb: float
    free_mb: float

    @property
    def fits(self) -> bool:
        return self.needed_mb <= self.free_mb


def read_room(kind: str) -> Room:
    """The device's memory now; what a Mac's GPU may take is bounded by what the system has."""
    memory = psutil.virtual_memory()
    total, free = memory.total / MIB, memory.available / MIB
    if kind == "cuda":
        free_bytes, total_bytes = torch.cuda.mem_get_info()
        return room_of(kind, total_bytes / MIB, free_bytes / MIB)
    if kind == "mps":
        most = torch.mps.recommended_max_memory() / MIB
        held = torch.mps.driver_allocated_memory() / MIB
        return unified_room(total, free, most, held)
    return room_of(kind, total, free)


def unified_room(total_mb: float, free_mb: float, most_mb: float, held_mb: float) -> Room:
    """On a Mac the GPU may hold only so much of a memory that all programs share."""
    shared = room_of("mps", total_mb, free_mb)
    return Room(
        total_mb, min(free_mb, most_mb - held_mb + shared.kept_free_mb), shared.kept_free_mb
    )


def room_for_run(room: Room, held_mb: float) -> float:
    """What this process holds already is part of what it will need, so it counts as there."""
    return round(room.there_mb + held_mb, 1)


def data_of(examples: Sequence[Example], recipe: Recipe) -> Lessons:
    """The lessons as memory sees them."""
    held = [example for example in examples if example.group in recipe.held_groups]
    lengths = [len(example.tokens) for example in examples]
    per_step = recipe.batch_size * recipe.accumulation
    steps = math.ceil(len(examples) / per_step) * recipe.epochs_for(len(examples))
    full = math.ceil(sum(lengths) / len(lengths) * per_step / recipe.packed_tokens)
    return lessons_of(
        lengths,
        sum(example.trained_tokens for example in examples),
        sum(example.trained_tokens for example in held),
        per_step,
        steps * full,
    )


def job_of(
    config: dict[str, Any],
    recipe: Recipe,
    examples: Sequence[Example],
    facts: DeviceFacts,
    choice: Choice,
) -> Job:
    """The run as far as its memory goes, from the base's `config.json`."""
    settings = settings_of(recipe.model_copy(update={"optimiser": _optimiser(recipe, facts)}))
    return Job(
        shape_of_config(config),
        data_of(examples, recipe),
        settings,
        choice.precision,
        facts.kind,
        recipe.rank,
        recipe.target_modules,
        recipe.dropout,
        None if facts.kind == "cuda" else own_mb(),
    )


def own_mb() -> float:
    """What this process holds of the main memory; called before a base is loaded."""
    return float(psutil.Process().memory_info().rss) / MIB


def _optimiser(recipe: Recipe, facts: DeviceFacts) -> Any:
    return usable(recipe.optimiser, facts.kind, facts.nf4_works)


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
    settings = fitting.job.settings
    return Footing(
        settings.batch_size,
        settings.accumulation,
        settings.packed_tokens,
        settings.max_length,
        settings.gradient_checkpointing,
        settings.optimiser,
        min(recipe.packed_tokens, settings.packed_tokens),
        settings.max_length,
    )


def read_disk(run: Path, shape: BaseShape, recipe: Recipe, *, from_gguf: bool) -> Disk:
    """What the run will write, of what is free where it lies."""
    parts = disk_parts_mb(
        shape,
        rank=recipe.rank,
        targets=recipe.target_modules,
        optimiser=recipe.optimiser,
        checkpoints=recipe.keep_checkpoints,
        base_mb=GGUF_BASE_MB if from_gguf else 0.0,
    )
    return Disk(disk_needed_mb(parts), round(shutil.disk_usage(run).free / MIB, 1))


@dataclass(frozen=True)
class Plan:
    """One training as it will be tried, and what stands around it."""

    recipe: Recipe
    fitting: Fitting
    disk: Disk
    users: tuple[DeviceUser, ...]

    @property
    def footing(self) -> Footing | None:
        return footing_of_fit(self.fitting, self.recipe)

    def fields(self, trial: Trial | None) -> dict[str, Any]:
        """What the `preflight` event tells of it."""
        return event_fields(self.fitting, self.disk, self.users, trial)

    @property
    def warnings(self) -> list[Warned]:
        """What is to be known before the first step."""
        told = concerns(self.fitting, self.disk, self.users)
        return [Warned(warning=kind, advice=advice) for kind, advice in told]


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
    job = job_of(config, recipe, examples, facts, choice)
    held_mb = 0.0 if facts.kind == "cuda" else own_mb()
    there_mb = room_for_run(read_room(facts.kind), held_mb)
    return Plan(
        recipe,
        fitted(job, recipe, facts, there_mb),
        read_disk(run, job.shape, recipe, from_gguf=source_of(place) is not None),
        tuple(read_users(facts.kind)),
    )


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


def concerns(fitting: Fitting, disk: Disk, users: Sequence[DeviceUser]) -> list[tuple[str, str]]:
    """What is to be warned of before the first step: kind and advice."""
    told: list[tuple[str, str]] = []
    if fitting.changes:
        told.append(("memory_changes", f"To fit into memory: {' '.join(fitting.changes)}"))
    if not fitting.fits:
        ways = [user.words for user in users] or ["close other programs"]
        told.append(
            (
                "memory_short",
                f"{fitting.words} The run may end for want of memory. {'; '.join(ways)}; or"
                " choose a smaller base.",
            )
        )
    if not disk.fits:
        told.append(
            (
                "disk_short",
                f"The run will write about {gigabytes(disk.needed_mb)}, and"
                f" {gigabytes(disk.free_mb)} are free. Free some space.",
            )
        )
    return told
