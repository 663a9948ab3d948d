"""Memory and disk that a run may take on this machine, read now."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

from trainer.contract.disk import GGUF_BASE_MB, disk_needed_mb, disk_parts_mb
from trainer.contract.fitting import Room, room_of
from trainer.contract.needs import MIB
from trainer.contract.recipe import Recipe
from trainer.contract.shape import BaseShape
from trainer.memory_limit import limited_mb


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
    return room_of("cpu", *within(total, free, limited_mb()))


def within(
    total_mb: float, free_mb: float, limit: tuple[float, float] | None
) -> tuple[float, float]:
    """Total and free memory, as far as a container leaves it to this process."""
    if limit is None:
        return total_mb, free_mb
    return min(total_mb, limit[0]), min(free_mb, limit[1])


def unified_room(total_mb: float, free_mb: float, most_mb: float, held_mb: float) -> Room:
    """On a Mac the GPU may hold only so much of a memory that all programs share."""
    shared = room_of("mps", total_mb, free_mb)
    return Room(
        total_mb, min(free_mb, most_mb - held_mb + shared.kept_free_mb), shared.kept_free_mb
    )


def room_for_run(room: Room, held_mb: float) -> float:
    """What this process holds already is part of what it will need, so it counts as there."""
    return round(room.there_mb + held_mb, 1)


def own_mb() -> float:
    """What this process holds of the main memory; called before a base is loaded."""
    # Any run loads them, so what they take counts as held already.
    import bitsandbytes  # noqa: F401
    import peft  # noqa: F401

    return float(psutil.Process().memory_info().rss) / MIB


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
