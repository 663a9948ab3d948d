"""Losses where there is a label, and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy, log_softmax

from trainer.batches import UNLEARNED, Example, Pack, pack_together, packs
from trainer.contract.needs import CHUNK_TOKENS
from trainer.fused_head import is_plain, losses_of_likelihoods, losses_of_words

APPROVED = 1.0  # the weight of a reply that was approved as it was


def token_losses(model: Any, pack: Pack) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of each taught token of a pack, and its weight; logits are made for these alone."""
    taught = pack.targets != UNLEARNED
    parts = _of_words(model, _states(model, pack), pack.targets[taught])
    return torch.cat(parts), pack.weights[taught]


def lesson_losses(
    model: Any, pack: Pack, held_groups: Collection[str], hold: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """What a pack teaches: the words of its replies, but in held groups to stay as the base is.

    There, every word counts as likely as the base finds it, and a token weighs `hold` times.
    """
    held = [example for example in pack.examples if example.group in held_groups]
    if not held:
        return token_losses(model, pack)
    with torch.no_grad(), model.disable_adapter():
        before = _states(model, pack_together(held, pack.tokens.device.type))
    taught = pack.targets != UNLEARNED
    states, targets, weights = _states(model, pack), pack.targets[taught], pack.weights[taught]
    keeps = torch.tensor(
        [e.group in held_groups for e in pack.examples for _ in range(e.trained_tokens)],
        device=states.device,
    )
    parts = _of_words(model, states[~keeps], targets[~keeps])
    parts += _of_likelihoods(model, states[keeps], before)
    return torch.cat(parts), torch.cat([weights[~keeps], hold * weights[keeps]])


def _of_words(model: Any, states: torch.Tensor, words: torch.Tensor) -> list[torch.Tensor]:
    head = model.get_base_model().lm_head
    if is_plain(head):
        return [losses_of_words(head, states, words)]
    return [
        cross_entropy(head(part).float(), wanted, reduction="none")
        for part, wanted in zip(
            torch.split(states, CHUNK_TOKENS), torch.split(words, CHUNK_TOKENS), strict=True
        )
    ]


def _of_likelihoods(model: Any, states: torch.Tensor, before: torch.Tensor) -> list[torch.Tensor]:
    head = model.get_base_model().lm_head
    if is_plain(head):
        return [losses_of_likelihoods(head, states, before)]
    made = []
    for part, base_part in zip(
        torch.split(states, CHUNK_TOKENS), torch.split(before, CHUNK_TOKENS), strict=True
    ):
        with torch.no_grad():
            wanted = head(base_part).float().softmax(-1)
        made.append(cross_entropy(head(part).float(), wanted, reduction="none"))
    return made


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
    """Loss and count of the taught tokens of each example, as `losses.json` keeps them.

    What weighs more than an approval was corrected: its part stands apart, where there is any.
    """
    rows: list[dict[str, Any]] = []
    was_training = model.training
    model.eval()
    for pack in packs(examples, packed_tokens, device):
        losses, weights = token_losses(model, pack)
        counts = [example.trained_tokens for example in pack.examples]
        parts = torch.split(losses.cpu().double(), counts)
        corrected = torch.split((weights > APPROVED).cpu(), counts)
        for example, part, is_corrected in zip(pack.examples, parts, corrected, strict=True):
            row = {
                "id": example.id,
                "group": example.group,
                "loss": round(float(part.sum()), 6),
                "tokens": len(part),
            }
            if bool(is_corrected.any()):
                row["corrected_loss"] = round(float(part[is_corrected].sum()), 6)
                row["corrected_tokens"] = int(is_corrected.sum())
            rows.append(row)
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
