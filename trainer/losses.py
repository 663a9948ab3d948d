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
    taught = pack.targets != UNLEARNED
    states, targets = _states(model, pack), pack.targets[taught]
    head = model.get_base_model().lm_head
    parts = [
        cross_entropy(
            head(states[at : at + CHUNK]).float(), targets[at : at + CHUNK], reduction="none"
        )
        for at in range(0, len(targets), CHUNK)
    ]
    return torch.cat(parts), pack.weights[taught]


def held_losses(model: Any, pack: Pack) -> tuple[torch.Tensor, torch.Tensor]:
    """As `token_losses`, but taught is what the base itself would say at each taught place.

    Every word counts as likely as the base finds it, so the least loss is to be the base again.
    """
    with torch.no_grad(), model.disable_adapter():
        before = _states(model, pack)
    states = _states(model, pack)
    head = model.get_base_model().lm_head
    parts = []
    for at in range(0, len(states), CHUNK):
        with torch.no_grad():
            wanted = head(before[at : at + CHUNK]).float().softmax(-1)
        logits = head(states[at : at + CHUNK]).float()
        parts.append(cross_entropy(logits, wanted, reduction="none"))
    return torch.cat(parts), pack.weights[pack.targets != UNLEARNED]


def _states(model: Any, pack: Pack) -> torch.Tensor:
    """What the model thinks just before each taught token of a pack."""
    inner = model.get_base_model()
    hidden = inner.model(
        input_ids=pack.tokens,
        position_ids=pack.positions,
        use_cache=False,
        segments=pack.segments,
    ).last_hidden_state[0]
    states: torch.Tensor = hidden[pack.targets != UNLEARNED]
    return states


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
