"""How many slots, and how much context in each, this machine's memory allows."""

from __future__ import annotations

from dataclasses import dataclass

from ollama_bridge.base_gguf import BaseFacts

DEFAULT_SLOTS = 4
DEFAULT_CONTEXT_TOKENS = 2048
# The rest is for the adapters, the compute buffers and everything else on the machine.
CACHE_SHARE = 0.5


@dataclass(frozen=True)
class Size:
    """The shape of the key-value cache."""

    slots: int
    context_tokens: int


def fit(
    facts: BaseFacts, available_bytes: int, slots: int | None, context_tokens: int | None
) -> Size:
    """What was asked for, else the default, as far as memory and the model's training allow."""
    context = context_tokens or DEFAULT_CONTEXT_TOKENS
    if facts.context_tokens:
        context = min(context, facts.context_tokens)
    budget_bytes = max(0, available_bytes - facts.size_bytes) * CACHE_SHARE
    slot_bytes = max(1, facts.cache_bytes_per_token * context)
    return Size(max(1, min(slots or DEFAULT_SLOTS, int(budget_bytes // slot_bytes))), context)
