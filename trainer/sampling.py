"""A greedy reply from the model as it stands, for people who watch it learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

LONGEST_SAMPLE = 48


@torch.no_grad()
def reply_to(model: Any, tokenizer: Any, messages: Sequence[dict[str, Any]], device: str) -> str:
    """Answer a conversation with the likeliest words."""
    plain = [{"role": m["role"], "content": m["content"]} for m in messages]
    text = tokenizer.apply_chat_template(
        plain, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"].to(device)
    was_training = model.training
    model.eval()
    inner = model.get_base_model()
    cache: Any = None
    reply: list[int] = []
    step_ids = ids
    for _ in range(LONGEST_SAMPLE):
        out = inner(input_ids=step_ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = out.past_key_values
        token = int(out.logits[0, -1].argmax())
        if token == tokenizer.eos_token_id:
            break
        reply.append(token)
        step_ids = torch.tensor([[token]], device=device)
    model.train(was_training)
    return str(tokenizer.decode(reply, skip_special_tokens=True)).strip()
