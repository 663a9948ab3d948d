"""Attention of bases whose blocks see only a window back, or whose scores are capped."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface

from trainer.segments import SEGMENTS

WINDOWED_SEGMENTS = "perennial_windowed_segments"


class CappedHead(torch.nn.Linear):
    """The head of a base whose logits are capped, so that whoever asks it gets capped ones."""

    def __init__(self, inputs: int, outputs: int, cap: float) -> None:
        super().__init__(inputs, outputs, bias=False, device="meta")
        self.cap = cap

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return capped(super().forward(states), self.cap)


def capped(scores: torch.Tensor, cap: float) -> torch.Tensor:
    """Scores that approach the cap and never pass it."""
    return torch.tanh(scores / cap) * cap


def attention_of(config: Any) -> str:
    """The attention that this base needs: the plain one unless it has windows or caps."""
    special = getattr(config, "attn_logit_softcapping", None) or getattr(
        config, "sliding_window", None
    )
    return WINDOWED_SEGMENTS if special else SEGMENTS


def cap_head(model: Any) -> None:
    """Move the cap of the logits into the head: losses ask the head, not the model."""
    cap = getattr(model.config, "final_logit_softcapping", None)
    if not cap:
        return
    head = model.lm_head
    model.lm_head = CappedHead(head.in_features, head.out_features, float(cap))
    model.lm_head.weight = head.weight
    model.config.final_logit_softcapping = None


def _attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    segments: tuple[int, ...] | None = None,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention inside each segment (or the whole), no further back than the window."""
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    cap = softcap or getattr(module, "attn_logit_softcapping", None)

    def one(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        seen = _seen(q.shape[2], k.shape[2], sliding_window, q.device)
        if cap is None:
            return scaled_dot_product_attention(
                q, k, v, attn_mask=seen, dropout_p=dropout, scale=scale,
                is_causal=seen is None and q.shape[2] > 1, enable_gqa=k.shape[1] != q.shape[1],
            )  # fmt: skip
        return _capped_attention(q, k, v, seen, scale, cap, dropout)

    if segments is None:
        out = one(query, key, value)
    else:
        lengths = list(segments)
        parts = zip(*(torch.split(each, lengths, 2) for each in (query, key, value)), strict=True)
        out = torch.cat([one(q, k, v) for q, k, v in parts], dim=2)
    return out.transpose(1, 2).contiguous(), None


def _seen(queries: int, keys: int, window: int | None, device: torch.device) -> torch.Tensor | None:
    """Which keys each query sees; None where plain causal attention says the same."""
    if window is None or keys <= window:
        return None
    behind = torch.arange(keys - queries, keys, device=device)[:, None] - torch.arange(
        keys, device=device
    )
    return (behind >= 0) & (behind < window)


def _capped_attention(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    seen: torch.Tensor | None,
    scale: float,
    cap: float,
    dropout: float,
) -> torch.Tensor:
    groups = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
    scores = capped(q @ k.transpose(2, 3) * scale, cap).float()
    if seen is None:
        rows, columns = scores.shape[2:]
        seen = torch.ones(rows, columns, dtype=torch.bool, device=q.device).tril(columns - rows)
    shares = scores.masked_fill(~seen, float("-inf")).softmax(-1).to(v.dtype)
    return torch.nn.functional.dropout(shares, dropout) @ v


def _no_mask(*_: Any, **__: Any) -> None:
    """Segments need no mask: it would cost the square of the pack."""


AttentionInterface.register(WINDOWED_SEGMENTS, _attend)
AttentionMaskInterface.register(WINDOWED_SEGMENTS, _no_mask)
