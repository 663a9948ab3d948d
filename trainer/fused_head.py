"""The head and the loss as one step of autograd that keeps no logits.

What comes back to the states is known as soon as a chunk's logits are: they are overwritten by
it, and of a chunk nothing stays but the gradient of its states.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import linear

from trainer.contract.needs import BLOCK_TOKENS, CHUNK_TOKENS
from trainer.windowed_segments import CappedHead, capped

# The smallest likelihood that 32 bits hold: a word that is less likely costs as much.
_LEAST = torch.finfo(torch.float32).tiny


def is_plain(head: Any) -> bool:
    """Whether a head is one frozen matrix, capped or not."""
    if type(head) not in (torch.nn.Linear, CappedHead) or head.bias is not None:
        return False
    return not head.weight.requires_grad


def losses_of_words(head: Any, states: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """How unlikely each word is after its state."""
    losses: torch.Tensor = _Losses.apply(states, head, words, None)
    return losses


def losses_of_likelihoods(head: Any, states: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
    """How far all words' likelihoods are from those that the other states give."""
    losses: torch.Tensor = _Losses.apply(states, head, None, before)
    return losses


class _Losses(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        states: torch.Tensor,
        head: Any,
        words: torch.Tensor | None,
        before: torch.Tensor | None,
    ) -> torch.Tensor:
        wanted = ctx.needs_input_grad[0]
        device = states.device.type
        autocast = torch.is_autocast_enabled(device)
        dtype = torch.get_autocast_dtype(device) if autocast else states.dtype
        weight, cap = head.weight.to(dtype), getattr(head, "cap", None)
        losses = torch.empty(len(states), dtype=torch.float32, device=states.device)
        found = torch.empty_like(states) if wanted else None
        with torch.autocast(device, enabled=False):
            for start in range(0, len(states), CHUNK_TOKENS):
                part = slice(start, start + CHUNK_TOKENS)
                logits = linear(states[part].to(dtype), weight)
                aim = (
                    words[part] if words is not None else linear(before[part].to(dtype), weight)  # type: ignore[index]
                )
                _judge(logits, aim, cap, losses[part])
                if found is not None:
                    found[part] = logits @ weight
        if found is not None:
            ctx.save_for_backward(found)
        return losses

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        (found,) = ctx.saved_tensors
        return (found * grads[0].unsqueeze(-1)).to(found.dtype), None, None, None


def _judge(
    logits: torch.Tensor, aim: torch.Tensor, cap: float | None, losses: torch.Tensor
) -> None:
    """Write the losses, and over the logits what comes back to them.

    The aim is a word for each row, or logits that are to be met.
    """
    for start in range(0, len(logits), BLOCK_TOKENS):
        part = slice(start, start + BLOCK_TOKENS)
        scores = logits[part].float()
        if cap is not None:
            scores = capped(scores, cap)
        likely = scores.softmax(-1)
        if aim.dim() == 1:
            words = aim[part, None]
            of_word = likely.gather(1, words)
            losses[part] = of_word.clamp_min(_LEAST).log_().neg_()[:, 0]
            likely.scatter_(1, words, of_word - 1.0)
        else:
            met = aim[part].float()
            met = (met if cap is None else capped(met, cap)).softmax(-1)
            losses[part] = torch.logsumexp(scores, -1) - torch.linalg.vecdot(met, scores)
            likely -= met
        if cap is not None:
            likely *= 1.0 - (scores / cap).square_()
        logits[part] = likely
