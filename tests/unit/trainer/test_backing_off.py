"""What a training gives up when memory runs out: a wrong order costs a person learning or a night.

The facts of each device are made up here; the same decisions run on the processor in
test_out_of_memory.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from trainer.backing_off import (
    Footing,
    Load,
    Means,
    footing_of,
    next_length,
    ran_out_of_memory,
    step_down,
    step_down_looks,
)
from trainer.contract.recipe import Recipe

GUIDE = Recipe(name="guide", batch_size=2, accumulation=32, max_length=8192, packed_tokens=16384)
CUDA = Means((4096, 2048), "paged_adamw_8bit")
MPS = Means((4096, 2048), None)


def footing(recipe: Recipe = GUIDE) -> Footing:
    return footing_of(recipe, "adamw")


def rungs(start: Footing, tokens: int, means: Means) -> list[str]:
    """Everything that is given up while a conversation of so many tokens never fits."""
    found, now, examples = [], start, 8
    while True:
        alone = now.packed_tokens <= tokens
        length = min(tokens, now.max_length)
        load = Load(length if alone else now.packed_tokens, 1 if alone else examples, length)
        down = step_down(now, load, means)
        if down is None:
            return found
        assert down.footing != now and down.change
        found.append(down.rung)
        now = down.footing


def test_the_order_is_the_one_that_costs_least_learning() -> None:
    """Time first, then the ends of long conversations, then speed, then precision."""
    assert rungs(footing(), 8000, CUDA) == [
        "batch", "length", "length", "checkpointing", "optimiser",
    ]  # fmt: skip
    assert rungs(footing(), 8000, MPS) == ["batch", "length", "length", "checkpointing"]


def test_a_smaller_batch_still_learns_from_as_many_examples_a_step() -> None:
    """Else the learning rate would be the wrong one from there on."""
    down = step_down(footing(), Load(16000, 30, 900), CUDA)
    assert down is not None and down.rung == "batch"
    assert (down.footing.batch_size, down.footing.accumulation) == (1, 64)
    assert down.footing.packed_tokens == 900
    assert "1 × 64 instead of 2 × 32" in down.change


def test_packs_go_on_to_halve_while_several_share_one() -> None:
    now = replace(footing(), batch_size=1, accumulation=64, packed_tokens=1024)
    sizes = []
    while (down := step_down(now, Load(now.packed_tokens, 5, 40), CUDA)) and down.rung == "packs":
        now = down.footing
        sizes.append(now.packed_tokens)
    assert sizes == [512, 256, 128]
    assert down is not None and down.rung == "checkpointing"


def test_short_conversations_are_never_cut_for_memory() -> None:
    down = step_down(footing(), Load(1500, 1, 1500), CUDA)
    assert down is not None and down.rung == "checkpointing"
    assert next_length(4096, (4096, 2048)) == 2048 and next_length(900, (4096, 2048)) is None


def test_an_optimiser_without_room_becomes_smaller_at_once() -> None:
    """No pack is in memory while the step is taken: smaller ones would not help."""
    nothing = Load(0, 0, 0)
    down = step_down(footing(), nothing, CUDA)
    assert down is not None and down.footing.optimiser == "paged_adamw_8bit"
    assert step_down(footing(), nothing, MPS) is None
    assert step_down(down.footing, nothing, CUDA) is None


def test_looks_give_up_their_own_packs_and_end_somewhere() -> None:
    now, found = footing(), []
    longest = 6000
    while down := step_down_looks(now, longest, (4096, 2048)):
        now = down.footing
        longest = min(longest, now.look_length)
        found.append(down.rung)
    assert found[-2:] == ["length", "length"] and set(found[:-2]) == {"packs"}
    assert (now.packed_tokens, now.max_length) == (16384, 8192)  # the training keeps its own


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"),
        RuntimeError("could not create a memory object"),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried to allocate"),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_memory_is_known_by_all_its_names(error: BaseException) -> None:
    assert ran_out_of_memory(error)


@pytest.mark.parametrize(
    "error", [RuntimeError("shape mismatch"), OSError(28, "No space left"), ValueError("memory")]
)
def test_other_troubles_are_not_taken_for_it(error: BaseException) -> None:
    """A bug that was taken for memory would shrink the training to nothing and hide itself."""
    assert not ran_out_of_memory(error)
