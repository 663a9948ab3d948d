"""Losses where there is a label, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy, log_softmax

from trainer.batches import UNLEARNED, Example, Pack, packs

CHUNK = 256


def token_losses(model: Any, pack: Pack) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of each taught token of a pack, and its weight; logits are made for these alone."""
    inner = model.get_base_model()
    hidden = inner.model(
        input_ids=pack.tokens,
        position_ids=pack.positions,
        use_cache=False,
        segments=pack.segments,
    ).last_hidden_state[0]
    taught = pack.targets != UNLEARNED
    rows, targets = hidden[taught], pack.targets[taught]
    parts = [
        cross_entropy(
            inner.lm_head(rows[at : at + CHUNK]).float(), targets[at : at + CHUNK], reduction="none"
        )
        for at in range(0, len(targets), CHUNK)
    ]
    return torch.cat(parts), pack.weights[taught]


@torch.no_grad()
def losses_of(
    model: Any, examples: Sequence[Example], packed_tokens: int, device: str
) -> list[dict[str, Any]]:
    """Loss and count of the taught tokens of each example, as `losses.json` keeps them."""
    rows: list[dict[str, Any]] = []
    was_training = model.training
    model.eval()
    for pack in packs(examples, packed_tokens, device):
        losses, _ = token_losses(model, pack)
        counts = [example.trained_tokens for example in pack.examples]
        for example, part in zip(
            pack.examples, torch.split(losses.cpu().double(), counts), strict=True
        ):
            rows.append(
                {
                    "id": example.id,
                    "group": example.group,
                    "loss": round(float(part.sum()), 6),
                    "tokens": len(part),
                }
            )
    model.train(was_training)
    return rows


def mean_loss(rows: Sequence[dict[str, Any]]) -> float:
    """Mean over tokens."""
    tokens = sum(row["tokens"] for row in rows)
    return float(sum(row["loss"] for row in rows) / tokens) if tokens else float("nan")


@torch.no_grad()
def log_probabilities(model: Any, tokens: Sequence[int], start: int, device: str) -> list[float]:
    """Log-probability of each token from `start` on, given all before it."""
    ids = torch.tensor([list(tokens)], device=device)
    inner = model.get_base_model()
    hidden = inner.model(input_ids=ids, use_cache=False).last_hidden_state[0, start - 1 : -1]
    scores = log_softmax(inner.lm_head(hidden).float(), dim=-1)
    picked = scores.gather(1, ids[0, start:, None])[:, 0]
    return [round(float(value), 6) for value in picked]
