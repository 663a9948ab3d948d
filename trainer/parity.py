"""Probe prompts with torch's own log-probabilities, to hold the served adapter against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trainer.batches import spans
from trainer.losses import log_probabilities
from trainer.turn_tokens import as_served, tokens_of

PROBES = 3
REPLY_TOKENS = 24


def probes(
    model: Any,
    tokenizer: Any,
    rows: Sequence[dict[str, Any]],
    device: str,
) -> list[dict[str, Any]]:
    """Teacher-forced log-probabilities of base and candidate on a few held-out replies."""
    made: list[dict[str, Any]] = []
    for row in rows[:PROBES]:
        first = next(i for i, m in enumerate(row["messages"]) if m["role"] == "assistant")
        messages = row["messages"][: first + 1]
        prompt, reply = spans(tokenizer, messages)[:2]
        prompt_ids, reply_ids = tokens_of(tokenizer, [prompt.text, reply.text])
        reply_ids = reply_ids[:REPLY_TOKENS]
        tokens = [*prompt_ids, *reply_ids]
        candidate = log_probabilities(model, tokens, len(prompt_ids), device)
        with model.disable_adapter():
            base = log_probabilities(model, tokens, len(prompt_ids), device)
        made.append(
            {
                "prompt_messages": [
                    {"role": m["role"], "content": m["content"]} for m in messages[:-1]
                ],
                "prompt": as_served(tokenizer, prompt.text),
                "prompt_tokens": prompt_ids,
                "reply_tokens": reply_ids,
                "base": base,
                "candidate": candidate,
            }
        )
    return made
