"""Attention of bases whose blocks see only a window back, or whose scores are capped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.checkpoint import checkpoint
from transformers import AttentionInterface, AttentionMaskInterface

from trainer.segments import SEGMENTS

WINDOWED_SEGMENTS = "perennial_windowed_segments"
# So many queries at a time: at once, their scores would take the square of a conversation. Those
# that are capped are made again on the way back, or all of them would be kept in each block.
ROWS = 256


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


@dataclass(frozen=True)
class _Rules:
    scale: float
    window: int | None
    cap: float | None
    dropout: float


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
    rules = _Rules(
        scale=query.shape[-1] ** -0.5 if scaling is None else scaling,
        window=sliding_window,
        cap=softcap or getattr(module, "attn_logit_softcapping", None),
        dropout=dropout,
    )
    if segments is None:
        out = _of_one(query, key, value, rules)
    else:
        lengths = list(segments)
        parts = zip(*(torch.split(each, lengths, 2) for each in (query, key, value)), strict=True)
        out = torch.cat([_of_one(q, k, v, rules) for q, k, v in parts], dim=2)
    return out.transpose(1, 2).contiguous(), None


def _of_one(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, rules: _Rules) -> torch.Tensor:
    """The attention of one conversation."""
    queries, keys = q.shape[2], k.shape[2]
    if rules.cap is None and (rules.window is None or keys <= rules.window):
        return scaled_dot_product_attention(
            q, k, v, dropout_p=rules.dropout, scale=rules.scale, is_causal=queries > 1,
            enable_gqa=k.shape[1] != q.shape[1],
        )  # fmt: skip
    parts = []
    for start in range(0, queries, ROWS):
        rows = q[:, :, start : start + ROWS]
        last = keys - queries + start + rows.shape[2]
        first = max(0, last - rows.shape[2] + 1 - (rules.window or last))
        parts.append(_of_rows(rows, k[:, :, first:last], v[:, :, first:last], rules))
    return torch.cat(parts, dim=2)


def _of_rows(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, rules: _Rules) -> torch.Tensor:
    """Of some queries with the keys that any of them sees; the last of both are one token."""
    if rules.cap is None:
        return scaled_dot_product_attention(
            q, k, v, attn_mask=_seen(q, k, rules.window), dropout_p=rules.dropout,
            scale=rules.scale, enable_gqa=k.shape[1] != q.shape[1],
        )  # fmt: skip
    if not torch.is_grad_enabled():
        return _capped_attention(q, k, v, rules)
    made: torch.Tensor = checkpoint(
        _capped_attention, q, k, v, rules, use_reentrant=False,
        preserve_rng_state=rules.dropout > 0,
    )  # fmt: skip
    return made


def _seen(q: torch.Tensor, k: torch.Tensor, window: int | None) -> torch.Tensor:
    """Which keys each query sees."""
    places = torch.arange(k.shape[2], device=q.device)
    behind = places[-q.shape[2] :, None] - places
    return (behind >= 0) & (behind < (window or k.shape[2]))


def _capped_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, rules: _Rules
) -> torch.Tensor:
    seen = _seen(q, k, rules.window)
    groups = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
    scores = capped(q @ k.transpose(2, 3) * rules.scale, rules.cap or 1.0).float()
    shares = scores.masked_fill(~seen, float("-inf")).softmax(-1).to(v.dtype)
    return torch.nn.functional.dropout(shares, rules.dropout) @ v


def _no_mask(*_: Any, **__: Any) -> None:
    """Segments need no mask: it would cost the square of the pack."""


AttentionInterface.register(WINDOWED_SEGMENTS, _attend)
AttentionMaskInterface.register(WINDOWED_SEGMENTS, _no_mask)
