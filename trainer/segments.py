"""Attention over packed sequences, one conversation at a time, so that none sees another."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface

from trainer.tiled_attention import attend

SEGMENTS = "perennial_segments"


def _attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    segments: tuple[int, ...] | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention inside each segment; without segments, plain causal (or cached) attention.

    The cost grows with the longest conversation instead of the whole pack, which on a processor
    is most of what attention costs.
    """
    if segments is not None and query.device.type == "cpu" and len(query) == 1 and not dropout:
        scale = query.shape[-1] ** -0.5 if scaling is None else scaling
        return attend(query, key, value, scale, segments).transpose(1, 2), None
    grouped = key.shape[1] != query.shape[1]

    def one(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return scaled_dot_product_attention(
            q, k, v, is_causal=q.shape[2] > 1, scale=scaling, enable_gqa=grouped, dropout_p=dropout
        )

    if segments is None:
        out = one(query, key, value)
    else:
        parts = zip(
            torch.split(query, list(segments), 2),
            torch.split(key, list(segments), 2),
            torch.split(value, list(segments), 2),
            strict=True,
        )
        out = torch.cat([one(q, k, v) for q, k, v in parts], dim=2)
    return out.transpose(1, 2).contiguous(), None


def _no_mask(*_: Any, **__: Any) -> None:
    """Segments need no mask: it would cost the square of the pack."""


AttentionInterface.register(SEGMENTS, _attend)
AttentionMaskInterface.register(SEGMENTS, _no_mask)
