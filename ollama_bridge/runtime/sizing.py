"""How many slots, and how much context in each, the memory allows.

A lease that tells neither gets room: a slot for each adapter and one for the base, eight at most,
and in each as many tokens as fit, up to `MOST_CONTEXT_TOKENS`, and `MOST_TOKENS` in all. Where
there is less, four slots come before a longer context, and `GOOD_CONTEXT_TOKENS` before a fifth.
A lease that tells slots or context gets what it tells, so far as it fits.
"""

from __future__ import annotations

from dataclasses import dataclass

from ollama_bridge.base_gguf import BaseFacts

DEFAULT_SLOTS = 4
MOST_SLOTS = 8
DEFAULT_CONTEXT_TOKENS = 2048
GOOD_CONTEXT_TOKENS = 4096
MOST_CONTEXT_TOKENS = 8192
# A cache is cleared while it is made: on the starter, twice as much would take two thirds of a
# second more whenever a persona joins.
MOST_TOKENS = 4 * MOST_CONTEXT_TOKENS
# llama.cpp rounds a slot's context up to this.
STEP_TOKENS = 256
# The rest is for the compute buffers and everything else on the machine.
CACHE_SHARE = 0.5
MIB = 1 << 20


@dataclass(frozen=True)
class Asked:
    """What the leases ask of a model server's memory."""

    adapters: int = 0
    adapters_bytes: int = 0
    slots: int | None = None
    context_tokens: int | None = None
    roomy: bool = False
    memory_budget_mb: int | None = None
    """What weights, adapters and cache may take together; nothing told: half of what is free."""


@dataclass(frozen=True)
class Size:
    """The shape of the key-value cache."""

    slots: int
    context_tokens: int


def fit(facts: BaseFacts, available_bytes: int, asked: Asked) -> Size:
    """What was asked for, as far as memory and the model's training allow."""
    tokens = cache_budget_bytes(facts, available_bytes, asked) // token_bytes(facts)
    own = facts.context_tokens or MOST_CONTEXT_TOKENS
    least = min(asked.context_tokens or DEFAULT_CONTEXT_TOKENS, own)
    that_fit = tokens // least
    if not asked.roomy:
        return Size(max(1, min(asked.slots or DEFAULT_SLOTS, that_fit)), least)
    tokens = min(tokens, MOST_TOKENS)
    good = max(least, min(GOOD_CONTEXT_TOKENS, own))
    most = max(least, min(MOST_CONTEXT_TOKENS, own))
    wanted = asked.slots or min(asked.adapters + 1, MOST_SLOTS)
    at_least = min(asked.slots or DEFAULT_SLOTS, that_fit)
    slots = max(1, min(wanted, max(at_least, tokens // good)))
    context = tokens // slots // STEP_TOKENS * STEP_TOKENS
    return Size(slots, max(least, min(most, context)))


def cache_budget_bytes(facts: BaseFacts, available_bytes: int, asked: Asked) -> int:
    """What is left for the cache beside the weights and the adapters."""
    beside = facts.size_bytes + asked.adapters_bytes
    if asked.memory_budget_mb is not None:
        return max(0, min(asked.memory_budget_mb * MIB, available_bytes) - beside)
    return int(max(0, available_bytes - beside) * CACHE_SHARE)


def available_bytes(memory_bytes: int, gpu_bytes: int | None, weights_bytes: int) -> int:
    """The memory that weights and cache share: the card's, and main memory where it is short."""
    if gpu_bytes is None:
        return memory_bytes
    return gpu_bytes if gpu_bytes >= 2 * weights_bytes else gpu_bytes + memory_bytes


def cache_bytes(facts: BaseFacts, size: Size) -> int:
    """What the cache of every slot takes."""
    return size.slots * size.context_tokens * token_bytes(facts)


def token_bytes(facts: BaseFacts) -> int:
    """What a token of context takes; some families tell no heads."""
    return max(1, facts.cache_bytes_per_token)
