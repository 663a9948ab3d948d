"""A training in a process that may not have much more memory than it takes to start.

python -m tests.unit.trainer.short_of_memory SCENARIO FOLDER: its events are written as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import torch

from tests.unit.trainer.tiny_run import TINY_RECIPE
from tests.unit.trainer.tiny_training import TinyTraining, write_tiny_base

MIB = 2**20
_ENDLESS = resource.RLIM_INFINITY
_ONE_EPOCH: dict[str, Any] = {"epochs": 1, "evaluations": 1, "batch_size": 4, "accumulation": 2}
SCENARIOS: dict[str, tuple[dict[str, int], dict[str, Any], int, int]] = {
    # A vocabulary of 32,000, whose logits are there a chunk at a time. The base, the recipe, the
    # turns of a conversation (of some 110 tokens each), and the room in MiB.
    "vocabulary": (
        {"words": 32_000},
        {"max_length": 2048, "packed_tokens": 8192, "length_fallbacks": (1024, 512)},
        14,
        95,
    ),
    # Long conversations through many blocks: what a token costs are the activations.
    "long": (
        {"blocks": 24},
        {"max_length": 4096, "packed_tokens": 8192, "length_fallbacks": ()},
        6,
        90,
    ),
    "hopeless": ({"blocks": 12}, {"packed_tokens": 8192, "max_length": 4096}, 26, 8),
}


def main() -> None:
    """Load as a worker does, then close the door and train."""
    scenario, root = sys.argv[1], Path(sys.argv[2])
    shape, values, turns, room_mib = SCENARIOS[scenario]
    torch.set_num_threads(1)
    recipe = TINY_RECIPE.model_copy(update={**_ONE_EPOCH, **values})
    base = write_tiny_base(root / "base", **shape)
    short = "Word. " * 10
    TinyTraining(base, root / "warm", TINY_RECIPE, rows=4).begin().run()
    tiny = TinyTraining(base, root / "run", recipe, rows=24, turns=turns, reply=short)
    training = tiny.begin()
    size = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + room_mib * MIB, _ENDLESS))
    try:
        outcome = training.run()
    except MemoryError:
        outcome = "memory"  # type: ignore[assignment]
    resource.setrlimit(resource.RLIMIT_AS, (_ENDLESS, _ENDLESS))
    told = [event.model_dump() for event in tiny.heard.events]
    longest = max(len(example.tokens) for example in training.standing.train if example)
    row = {"outcome": outcome, "events": told, "longest": longest}
    (root / "told.json").write_text(json.dumps(row), "utf-8")


if __name__ == "__main__":
    main()
