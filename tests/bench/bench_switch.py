"""Twenty personas on the starter: what a switch costs, what they take, and how long one joins."""

from __future__ import annotations

import os
import statistics
import time
from itertools import pairwise
from pathlib import Path

import pytest

from ollama_bridge.runtime.client import RuntimeClient, RuntimeStatus, Sampling, Served
from tests.bench.random_adapters import random_adapter

LIMIT_MS = 20.0
GAP_LIMIT_S = 2.0
# What llama.cpp's plans and the allocator keep beside weights, adapters and caches.
SPARE_BYTES = 150 << 20
PERSONAS = tuple(f"persona-{number}" for number in range(20))
RECENT = PERSONAS[-8:]
ROUNDS = 4
JOINING = 3
MIB = 1 << 20
ONE_WORD = Sampling(temperature=0.0, max_tokens=2)
SYSTEM = "You are {name}. " + "You answer warmly, briefly and with one example. " * 10


def first_token(client: RuntimeClient, name: str, question: str) -> tuple[float, int]:
    """Milliseconds until a reply's first piece, and how many prompt tokens were evaluated."""
    messages = [
        {"role": "system", "content": SYSTEM.format(name=name)},
        {"role": "user", "content": question},
    ]
    began = time.perf_counter()
    stream = client.chat(messages, adapter=name, sampling=ONE_WORD)
    next(stream)
    waited_ms = (time.perf_counter() - began) * 1000
    *_, last = stream
    assert last.timings is not None
    return waited_ms, last.timings.prompt_tokens


@pytest.fixture(scope="module")
def adapters(starter_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Served]:
    """An adapter for each persona."""
    folder = tmp_path_factory.mktemp("adapters")
    return [
        Served(name, random_adapter(starter_gguf, folder, seed))
        for seed, name in enumerate(PERSONAS)
    ]


def test_a_switch_of_persona_is_not_felt(
    starter_gguf: Path, adapters: list[Served], tmp_path: Path
) -> None:
    stayed: list[tuple[float, int]] = []
    switched: list[tuple[float, int]] = []
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(starter_gguf, adapters)
        for name in PERSONAS:
            first_token(client, name, "Good morning.")
        turns = list(pairwise([*RECENT * ROUNDS, RECENT[0]]))
        for number, (name, other) in enumerate(turns):
            # In turns, so that both sides meet the same noise of the machine.
            first_token(client, name, f"What is the number {number + 150} good for?")
            question = f"What is the number {number + 100} good for?"
            stayed.append(first_token(client, name, question))
            switched.append(first_token(client, other, question))
    later = [switch - stay for (stay, _), (switch, _) in zip(stayed, switched, strict=True)]
    best_ms = min(switched)[0] - min(stayed)[0]
    stay_ms = statistics.median(waited for waited, _ in stayed)
    print(
        f"switch {statistics.median(later):+.1f} ms in the middle of {len(later)} (stayed "
        f"{stay_ms:.0f}), {best_ms:+.1f} ms between the best (stayed {min(stayed)[0]:.0f}); "
        f"load {os.getloadavg()[0]:.1f}"
    )
    assert max(tokens for _, tokens in switched) < 40, "a switch evaluated the whole prompt again"
    assert statistics.median(later) <= LIMIT_MS


def test_twenty_personas_take_their_own_size_and_their_slots(
    starter_gguf: Path, adapters: list[Served], tmp_path: Path
) -> None:
    with RuntimeClient.connect(tmp_path) as client:
        one = _spoken(client, starter_gguf, adapters[:1])
        all_ = _spoken(client, starter_gguf, adapters)
    allowed = one.memory_bytes + all_.adapters_bytes + all_.cache_bytes
    # llama.cpp plans each persona's computation anew, with room for every adapter.
    beside = [each.memory_bytes - each.adapters_bytes - each.cache_bytes for each in (one, all_)]
    print(
        f"one adapter {one.memory_bytes / MIB:.0f} MiB with {one.slots} slots of "
        f"{one.context_tokens}; twenty {all_.memory_bytes / MIB:.0f} MiB with {all_.slots} of "
        f"{all_.context_tokens}, allowed {allowed / MIB:.0f} MiB (adapters "
        f"{all_.adapters_bytes / MIB:.0f}, caches {all_.cache_bytes / MIB:.0f}); beside adapters "
        f"and caches {beside[0] / MIB:.0f} MiB with one, {beside[1] / MIB:.0f} with twenty"
    )
    assert all_.memory_bytes <= allowed
    assert beside[1] - beside[0] <= SPARE_BYTES


def test_a_persona_joins_within_two_seconds(
    starter_gguf: Path, adapters: list[Served], tmp_path: Path
) -> None:
    with RuntimeClient.connect(tmp_path) as client:
        client.serve(starter_gguf, adapters[:-JOINING])
        gaps_s = []
        for count in range(len(adapters) - JOINING + 1, len(adapters) + 1):
            first_token(client, PERSONAS[0], "Good morning.")
            gaps_s.append(client.serve(starter_gguf, adapters[:count]))
    told = ", ".join(f"{gap_s:.2f}" for gap_s in gaps_s)
    print(f"up to the twentieth joined in {told} s; load {os.getloadavg()[0]:.1f}")
    # The best of them: what else runs on the machine only ever adds to it.
    assert min(gaps_s) < GAP_LIMIT_S


def _spoken(client: RuntimeClient, base: Path, adapters: list[Served]) -> RuntimeStatus:
    """What is held once every persona has spoken: weights come into memory as they are used."""
    client.serve(base, adapters)
    for adapter in adapters:
        first_token(client, adapter.name, "Good morning.")
    return client.status()
