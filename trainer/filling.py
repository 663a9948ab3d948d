"""A model made without weights and filled one weight at a time, each where it will stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Any

import torch

from trainer.contract.needs import Precision
from trainer.errors import BaseDamaged
from trainer.nf4 import BLOCK, nf4_layer
from trainer.weights import Weights

HEAD = "lm_head"

Progress = Callable[[int, int], None]


def missing_from(model: Any, weights: Weights) -> str:
    """What the weights lack to be this model's, or have in another shape; nothing if they fit."""
    tied = _tied(model)
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if name in tied:
            continue
        shape = weights.shapes.get(name)
        if shape is None:
            return f"{name} is missing"
        if shape != tuple(parameter.shape):
            return f"{name} is {shape} where {tuple(parameter.shape)} is wanted"
    known = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    strange = sorted(set(weights.shapes) - known)
    return f"{strange[0]} has no place in the model" if strange else ""


def fill(
    model: Any,
    weights: Weights,
    device: str,
    precision: Precision,
    on_progress: Progress = lambda done, total: None,
) -> None:
    """Give every parameter its weight on the device; linear layers of the blocks become NF4.

    At no moment is more held beside the result than a few pieces of one weight.
    """
    trouble = missing_from(model, weights)
    if trouble:
        raise BaseDamaged(
            f"The base's weights do not fit what its description says: {trouble}.",
            "Fetch the base again, or choose another one.",
        )
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    tied = _tied(model)
    shapes = {
        name: tuple(parameter.shape)
        for name, parameter in model.named_parameters(remove_duplicate=False)
        if name not in tied
    }
    for done, (name, shape) in enumerate(shapes.items()):
        place, _, leaf = name.rpartition(".")
        module = model.get_submodule(place)
        pieces = weights.pieces(name, BLOCK)
        if precision == "nf4" and _is_packed(module, name):
            model.set_submodule(place, nf4_layer(module, pieces, device))
        else:
            whole = _whole(pieces, shape, dtype, device)
            setattr(module, leaf, torch.nn.Parameter(whole, requires_grad=False))
        on_progress(done + 1, len(shapes))
    model.tie_weights()
    model.to(device)


def _tied(model: Any) -> set[str]:
    return set(model.all_tied_weights_keys)


def _is_packed(module: Any, name: str) -> bool:
    linear = isinstance(module, torch.nn.Linear)
    return linear and name.endswith(".weight") and not name.startswith(f"{HEAD}.")


def _whole(
    pieces: Iterable[torch.Tensor], shape: tuple[int, ...], dtype: torch.dtype, device: str
) -> torch.Tensor:
    whole = torch.empty(prod(shape), dtype=dtype, device=device)
    done = 0
    for piece in pieces:
        whole[done : done + piece.numel()] = piece.reshape(-1).to(dtype)
        done += piece.numel()
    return whole.reshape(shape)
