"""Which device trains, and how the base is held on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from trainer.errors import DeviceUnusable

Precision = Literal["nf4", "bf16", "fp32"]


@dataclass(frozen=True)
class DeviceFacts:
    """What was found out about a device, so that the choice can be tested without one."""

    kind: Literal["cuda", "mps", "cpu"]
    name: str
    nf4_works: bool
    nf4_trouble: str = ""


@dataclass(frozen=True)
class Choice:
    """How the base will be held, and the reason in words."""

    precision: Precision
    reason: str


def find_device() -> DeviceFacts:
    """Look for a GPU that torch can use, else take the processor; NF4 is tried for real."""
    if torch.cuda.is_available():
        kind: Literal["cuda", "mps", "cpu"] = "cuda"
        name = torch.cuda.get_device_name()
    elif torch.backends.mps.is_available():
        kind, name = "mps", "Apple GPU"
    else:
        kind, name = "cpu", f"processor, {torch.get_num_threads()} threads"
    trouble = _nf4_trouble(torch.device(kind))
    return DeviceFacts(kind, name, trouble == "", trouble)


def choose_precision(facts: DeviceFacts, asked: str) -> Choice:
    """NF4 unless its self-test failed or the recipe says otherwise."""
    if asked == "nf4" and not facts.nf4_works:
        raise DeviceUnusable(
            f"The recipe asks for NF4, which does not work on this device: {facts.nf4_trouble}",
            "Set the recipe's precision to auto, or repair bitsandbytes.",
        )
    if asked in ("bf16", "fp32"):
        return Choice("bf16" if asked == "bf16" else "fp32", "the recipe says so")
    if facts.nf4_works:
        return Choice("nf4", "its self-test on this device passed")
    return Choice("bf16", f"the self-test of NF4 failed: {facts.nf4_trouble}")


def _nf4_trouble(device: torch.device) -> str:
    """Run a forward and a backward of an NF4 layer; the trouble in words, or nothing."""
    try:
        import bitsandbytes as bnb
    except (ImportError, OSError, RuntimeError) as error:
        return f"bitsandbytes cannot be loaded ({error})"
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(64, 64, generator=generator)
    layer = bnb.nn.Linear4bit(64, 64, bias=False, compute_dtype=torch.bfloat16, quant_type="nf4")
    layer.weight = bnb.nn.Params4bit(weight, requires_grad=False, quant_type="nf4")
    layer.support_avx512bf16_for_cpu = False  # see base.py
    rows = torch.randn(4, 64, generator=generator).to(device, torch.bfloat16).requires_grad_()
    try:
        layer = layer.to(device)
        layer.eval()(rows.detach())
        out = layer.train()(rows)
        out.float().sum().backward()
    except (RuntimeError, NotImplementedError, AttributeError, ValueError, OSError) as error:
        return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    exact = rows.detach().float().cpu() @ weight.T
    if _off(out, exact):
        return "its results are off"
    if rows.grad is None or _off(rows.grad, weight.sum(0).expand(4, 64)):
        return "its gradients are off"
    return ""


def _off(found: torch.Tensor, exact: torch.Tensor) -> bool:
    """Whether a result is further from the exact one than four bits explain (or not a number)."""
    error = (found.detach().float().cpu() - exact).norm() / exact.norm()
    return not float(error) < 0.2


def memory_mb(kind: str) -> float:
    """Memory that the training holds now, in MiB."""
    if kind == "cuda":
        return float(torch.cuda.max_memory_allocated()) / 2**20
    if kind == "mps":
        return float(torch.mps.driver_allocated_memory()) / 2**20
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20
