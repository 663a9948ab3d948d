"""All that chance depends on: saved whole, so that a resumed run throws the same dice."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

_TORCH, _CUDA, _MPS = "random", "random.cuda", "random.mps"


@dataclass(frozen=True)
class RandomState:
    """Torch's states as tensors; Python's and numpy's as what JSON can hold."""

    tensors: dict[str, torch.Tensor]
    words: dict[str, Any]


def capture() -> RandomState:
    """How the dice lie now."""
    tensors = {_TORCH: torch.get_rng_state()}
    if torch.cuda.is_available():
        tensors[_CUDA] = torch.cuda.get_rng_state()
    if torch.backends.mps.is_available():
        tensors[_MPS] = torch.mps.get_rng_state()
    version, inner, gauss = random.getstate()
    name, keys, place, has_gauss, cached = np.random.get_state(legacy=True)
    return RandomState(
        tensors,
        {
            "python": [version, list(inner), gauss],
            "numpy": [str(name), [int(key) for key in keys], place, has_gauss, cached],
        },
    )


def put_back(state: RandomState) -> None:
    """Lay the dice as they lay; what is missing (an older checkpoint, another device) stays."""
    torch.set_rng_state(state.tensors[_TORCH])
    if _CUDA in state.tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(state.tensors[_CUDA])
    if _MPS in state.tensors and torch.backends.mps.is_available():
        torch.mps.set_rng_state(state.tensors[_MPS])
    if "python" in state.words:
        version, inner, gauss = state.words["python"]
        random.setstate((version, tuple(inner), gauss))
    if "numpy" in state.words:
        name, keys, place, has_gauss, cached = state.words["numpy"]
        np.random.set_state((name, np.array(keys, np.uint32), place, has_gauss, cached))
