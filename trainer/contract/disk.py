"""How much disk a training takes, part by part, torch-free."""

from __future__ import annotations

from collections.abc import Collection

from trainer.contract.checkpoint_rule import FEWEST
from trainer.contract.needs import MIB, optimiser_bytes
from trainer.contract.recipe import Optimiser
from trainer.contract.shape import BaseShape

# Events, logs, losses and probes of a run; a few megabytes each, and room for a long one.
WORDS_MB = 32.0
# A GGUF base is read in place; of it a configuration and a tokenizer are made, once.
GGUF_BASE_MB = 24.0
SPARE_SHARE = 0.1


def disk_parts_mb(
    shape: BaseShape,
    *,
    rank: int,
    targets: Collection[str],
    optimiser: Optimiser,
    checkpoints: int,
    base_mb: float,
) -> dict[str, float]:
    """What will be written, in MiB: what is made or fetched of a base, checkpoints, the adapter.

    One checkpoint more than are kept, since the new one is whole before the oldest goes; and the
    adapter four times: the best, the one that takes its place, its copy beside the run, its GGUF.
    """
    adapter = shape.adapter_weights(rank, targets)
    checkpoint = adapter * (4 + optimiser_bytes(optimiser))
    parts = {
        "base": base_mb * MIB,
        "checkpoints": checkpoint * (max(FEWEST, checkpoints) + 1),
        "adapter": 4.0 * adapter * 4,
    }
    return {name: round(size / MIB, 1) for name, size in parts.items()} | {"words": WORDS_MB}


def disk_needed_mb(parts_mb: dict[str, float]) -> float:
    """All of it, with a little to spare."""
    return round(sum(parts_mb.values()) * (1 + SPARE_SHARE), 1)
