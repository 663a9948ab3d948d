"""`python -m trainer facts`: what this machine can train with, as one line of JSON.

A process of its own tells it, so that whoever asks needs no torch, and survives one that crashes.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

import torch

from trainer.device import find_device
from trainer.device_users import driver_version, read_users
from trainer.optimisers import eight_bit_works
from trainer.room import read_room

_MEASURED_S = 0.4
_SIDES = {"cpu": 1024, "mps": 2048, "cuda": 8192}


def read_facts() -> dict[str, Any]:
    """Device, driver, kernels that work, memory, best speed, and who else is there."""
    facts = find_device()
    cuda = torch.cuda.is_available()
    return {
        "torch": torch.__version__,
        "cuda": cuda,
        "gpu": torch.cuda.get_device_name(0) if cuda else "",
        "mps": torch.backends.mps.is_available(),
        "device": facts.kind,
        "name": facts.name,
        "driver": driver_version() if cuda else "",
        "nf4_works": facts.nf4_works,
        "nf4_trouble": facts.nf4_trouble,
        "eight_bit_works": facts.kind == "cuda" and eight_bit_works(facts.kind),
        "bf16_works": facts.bf16_trouble == "",
        "room": asdict(read_room(facts.kind)),
        "products_per_s": products_per_s(facts.kind),
        "users": [asdict(user) | {"words": user.words} for user in read_users(facts.kind)],
    }


def products_per_s(device: str) -> float:
    """Operations of 16-bit matrix products a second: the best that this device does just now."""
    side = _SIDES.get(device, 1024)
    left = torch.ones(side, side, dtype=torch.bfloat16, device=device)
    float((left @ left).sum())
    best, spent = 0.0, 0.0
    while spent < _MEASURED_S:
        began = time.perf_counter()
        float((left @ left)[0, 0])  # waits until it is done
        took = time.perf_counter() - began
        best, spent = max(best, 2.0 * side**3 / took), spent + took
    return best


def tell() -> int:
    """Print the facts."""
    print(json.dumps(read_facts()))  # noqa: T201 the answer of the process
    return 0
