"""Too much cache pushes the machine into its swap; too little cuts a conversation short."""

from __future__ import annotations

from pathlib import Path

import pytest

from ollama_bridge.base_gguf import BaseFacts
from ollama_bridge.runtime.sizing import (
    MIB,
    Asked,
    Size,
    available_bytes,
    cache_bytes,
    fit,
)

GB = 10**9


def facts(size_bytes: int, blocks: int, heads_kv: int, head_size: int, context: int) -> BaseFacts:
    return BaseFacts(
        Path("base.gguf"), size_bytes, "llama", "base", context, blocks, heads_kv * head_size,
        heads_kv, heads_kv, head_size, 1, None, None, {},
    )  # fmt: skip


STARTER = facts(98_362_432, 30, 3, 64, 8192)
LARGE = facts(9 * GB, 48, 8, 128, 32_768)
SHORT = facts(GB, 20, 4, 64, 1024)
OF_STARTER, OF_LARGE = 10_000_000, 70_000_000


def roomy(adapters: int, each_bytes: int, **more: int) -> Asked:
    return Asked(adapters, adapters * each_bytes, roomy=True, **more)


@pytest.mark.parametrize(
    ("base", "free_bytes", "asked", "size"),
    [
        pytest.param(STARTER, 20 * GB, roomy(1, OF_STARTER), Size(2, 8192), id="one, much"),
        pytest.param(STARTER, 20 * GB, roomy(2, OF_STARTER), Size(3, 8192), id="two, much"),
        pytest.param(STARTER, 20 * GB, roomy(20, OF_STARTER), Size(8, 4096), id="twenty, much"),
        pytest.param(STARTER, 3 * GB, roomy(3, OF_STARTER), Size(4, 8192), id="three on 8 GB"),
        pytest.param(STARTER, 20 * GB, roomy(0, 0), Size(1, 8192), id="the base alone"),
        pytest.param(LARGE, 20 * GB, roomy(1, OF_LARGE), Size(2, 8192), id="14B on 24 GB"),
        pytest.param(LARGE, 20 * GB, roomy(2, OF_LARGE), Size(3, 8192), id="14B, two"),
        pytest.param(LARGE, 20 * GB, roomy(20, OF_LARGE), Size(5, 4864), id="14B, twenty"),
        pytest.param(LARGE, 12 * GB, roomy(1, OF_LARGE), Size(2, 3584), id="14B, tight"),
        pytest.param(LARGE, 12 * GB, roomy(20, OF_LARGE), Size(1, 3840), id="14B, no room"),
        pytest.param(LARGE, 5 * GB, roomy(20, OF_LARGE), Size(1, 2048), id="14B on 8 GB"),
        pytest.param(SHORT, 20 * GB, roomy(20, OF_LARGE), Size(8, 1024), id="a short base"),
    ],
)
def test_slots_and_context_grow_with_the_memory(
    base: BaseFacts, free_bytes: int, asked: Asked, size: Size
) -> None:
    assert fit(base, free_bytes, asked) == size


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        pytest.param(Asked(slots=8), Size(8, 2048), id="an exam"),
        pytest.param(Asked(slots=6, context_tokens=512), Size(6, 512), id="both told"),
        pytest.param(Asked(context_tokens=256), Size(4, 256), id="context alone"),
        pytest.param(Asked(slots=1, context_tokens=100_000), Size(1, 8192), id="past the model"),
        pytest.param(roomy(1, 0, slots=8), Size(8, 4096), id="an exam beside a chat"),
        pytest.param(roomy(1, 0, context_tokens=300), Size(2, 8192), id="little beside a chat"),
    ],
)
def test_who_tells_slots_or_context_gets_them(asked: Asked, size: Size) -> None:
    assert fit(STARTER, 20 * GB, asked) == size


def test_an_exam_beside_a_chat_keeps_its_slots_where_memory_is_short() -> None:
    assert fit(LARGE, 20 * GB, roomy(1, OF_LARGE, slots=8)) == Size(8, 3328)


def test_little_memory_gives_fewer_slots_and_none_less_than_one() -> None:
    slot_bytes = STARTER.cache_bytes_per_token * 2048
    assert fit(STARTER, STARTER.size_bytes + 4 * slot_bytes, Asked()) == Size(2, 2048)
    assert fit(STARTER, 0, Asked()) == Size(1, 2048)


@pytest.mark.parametrize("adapters", [0, 1, 2, 7, 20])
@pytest.mark.parametrize("budget_mb", [200, 300, 600, 1_000, 4_000])
def test_a_told_budget_is_kept_to(adapters: int, budget_mb: int) -> None:
    asked = roomy(adapters, OF_STARTER, memory_budget_mb=budget_mb)
    size = fit(STARTER, 20 * GB, asked)
    taken = STARTER.size_bytes + asked.adapters_bytes + cache_bytes(STARTER, size)
    assert taken <= budget_mb * MIB or size == Size(1, 2048)


def test_a_budget_beyond_the_memory_is_none() -> None:
    assert fit(LARGE, 12 * GB, roomy(0, 0, memory_budget_mb=10**6)).context_tokens == 8192
    assert fit(LARGE, 9 * GB, roomy(0, 0, memory_budget_mb=10**6)) == Size(1, 2048)


def test_a_card_that_holds_the_model_gives_its_own_memory_alone() -> None:
    assert available_bytes(16 * GB, None, 9 * GB) == 16 * GB
    assert available_bytes(16 * GB, 24 * GB, 9 * GB) == 24 * GB
    assert available_bytes(16 * GB, 6 * GB, 9 * GB) == 22 * GB


def test_a_family_without_heads_is_sized_too() -> None:
    assert fit(facts(GB, 24, 0, 0, 8192), 2 * GB, roomy(1, 0)) == Size(2, 8192)
