"""How fast a training would be here: measured on the processor, guessed on the low side else."""

from __future__ import annotations

import time
from pathlib import Path

from app.operations.computer import Computer
from app.training_table import Machine
from trainer.contract.fitting import Room, room_of

_MIB = 1 << 20


def machine_of(computer: Computer, cpu_per_s: float) -> Machine:
    """What a training would have here, as far as it can be told without its packages."""
    total, free = computer.memory_bytes / _MIB, computer.free_memory_bytes / _MIB
    if computer.shared_memory:
        room = room_of("mps", total, free)
        # The system leaves about this much of its memory to the graphics processor.
        room = Room(total, min(free, 0.7 * total), room.kept_free_mb)
        return Machine("mps", True, room, _mac_per_s(computer.processor))
    if computer.cards:
        card = max(computer.cards, key=lambda each: each.memory_bytes)
        room = room_of("cuda", card.memory_bytes / _MIB, card.free_bytes / _MIB)
        return Machine("cuda", True, room, _card_per_s(card.memory_bytes))
    return Machine("cpu", True, room_of("cpu", total, free), cpu_per_s)


def measured_per_s() -> float:
    """Products of matrices a second that the processor does, in 16 bits where it knows them."""
    import numpy

    side = 1024
    left = numpy.ones((side, side), dtype=numpy.float32)
    best, spent = 0.0, 0.0
    while spent < 0.1:
        began = time.perf_counter()
        left @ left
        took = time.perf_counter() - began
        best, spent = max(best, 2.0 * side**3 / took), spent + took
    # Measured: with instructions for 16 bits the same product took less than a third of the time.
    return best * (3.0 if _knows_bf16() else 1.0)


def _knows_bf16() -> bool:
    try:
        told = Path("/proc/cpuinfo").read_text("utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in told or "amx_bf16" in told


def _mac_per_s(processor: str) -> float:
    """A guess by the size of the chip, on the low side."""
    sizes = (("Ultra", 2e13), ("Max", 1e13), ("Pro", 5e12))
    return next((speed for word, speed in sizes if word in processor), 2.5e12)


def _card_per_s(memory_bytes: int) -> float:
    """A guess by the memory that such cards come with, on the low side."""
    gigabytes = memory_bytes / 1e9
    sizes = ((30, 1.5e14), (20, 7e13), (14, 4e13), (9, 2.5e13))
    return next((speed for least, speed in sizes if gigabytes >= least), 1.5e13)
