"""What a persona's model in Ollama holds beside its weights: template, system, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ollama_bridge.base_gguf import BaseFacts
from ollama_bridge.deploy.go_template import TurnTexts, turn_texts
from ollama_bridge.deploy.plan import ModelTexts
from ollama_bridge.modelfile import DEFAULT_PARAMETERS
from ollama_bridge.runtime.client import RuntimeClient

CONTEXT_TOKENS = 32_768
LEAST_CONTEXT_TOKENS = 2_048
# What is left beside the base's weights is also for the rest of the machine.
CACHE_SHARE = 0.5


@dataclass(frozen=True)
class Context:
    """How much of a conversation the model sees, and what keeps it from being more."""

    tokens: int
    lowered_by: str = ""
    """`base` where the base knows no more, `memory` where this machine has no more."""


def context_of(facts: BaseFacts, memory_bytes: int) -> Context:
    """`num_ctx` for a base on a machine with so much memory."""
    tokens, lowered_by = CONTEXT_TOKENS, ""
    if 0 < facts.context_tokens < tokens:
        tokens, lowered_by = facts.context_tokens, "base"
    room = max(0, memory_bytes - facts.size_bytes) * CACHE_SHARE
    fits = int(room // max(1, facts.cache_bytes_per_token)) // 1024 * 1024
    if fits < tokens:
        least = min(LEAST_CONTEXT_TOKENS, tokens)
        return Context(max(least, fits), "memory" if max(least, fits) < tokens else lowered_by)
    return Context(tokens, lowered_by)


def model_texts(
    client: RuntimeClient, facts: BaseFacts, system: str, context: Context, licence: str = ""
) -> ModelTexts:
    """Read template and stops off from the base as the runtime serves it."""
    texts = turn_texts(client.render)
    parameters: Mapping[str, Any] = {
        **DEFAULT_PARAMETERS, "num_ctx": context.tokens, "stop": stops(client, texts)
    }  # fmt: skip
    known = licence or facts.license or ""
    return ModelTexts(
        texts.go_template(), system, parameters, (known,) if known else (),
        context_lowered_by=context.lowered_by,
    )  # fmt: skip


def stops(client: RuntimeClient, texts: TurnTexts) -> list[str]:
    """The control tokens between a reply and the next message: no reply goes on past them."""
    found = []
    for token in client.tokenize(texts.reply_to_user):
        piece = client.detokenize([token])
        control = piece in texts.reply_to_user and len(client.tokenize(piece, special=False)) > 1
        if piece and control and piece not in found:
            found.append(piece)
    return found
