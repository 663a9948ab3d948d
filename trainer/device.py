"""Which device trains, and how the base is held on it."""

from __future__ import annotations

import gc
from dataclasses import dataclass

import torch

from trainer.contract.needs import DeviceKind, Precision
from trainer.errors import DeviceUnusable, first_line


@dataclass(frozen=True)
class DeviceFacts:
    """What was found out about a device, so that the choice can be tested without one."""

    kind: DeviceKind
    name: str
    nf4_works: bool
    nf4_trouble: str = ""
    bf16_trouble: str = ""
    """Why 16 bits cannot be computed with: an older card or system; empty where they can."""


@dataclass(frozen=True)
class Choice:
    """How the base will be held, and the reason in words."""

    precision: Precision
    reason: str


def find_device() -> DeviceFacts:
    """Look for a GPU that torch can use, else take the processor; NF4 is tried for real."""
    if torch.cuda.is_available():
        kind: DeviceKind = "cuda"
        name = torch.cuda.get_device_name()
    elif torch.backends.mps.is_available():
        kind, name = "mps", "Apple GPU"
    else:
        kind, name = "cpu", f"processor, {torch.get_num_threads()} threads"
    place = torch.device(kind)
    bf16_trouble = _bf16_trouble(place)
    trouble = bf16_trouble or _nf4_trouble(place)  # what is unpacked from NF4 are 16 bits
    return DeviceFacts(kind, name, trouble == "", trouble, bf16_trouble)


def choose_precision(facts: DeviceFacts, asked: str) -> Choice:
    """NF4 unless its self-test failed or the recipe says otherwise; 32 bits where no less works."""
    if asked == "nf4" and not facts.nf4_works:
        raise DeviceUnusable(
            f"The recipe asks for NF4, which does not work on this device: {facts.nf4_trouble}",
            "Set the recipe's precision to auto, or repair bitsandbytes.",
        )
    if asked == "bf16" and facts.bf16_trouble:
        raise DeviceUnusable(
            f"The recipe asks for 16 bits, which do not work on this device: {facts.bf16_trouble}",
            "Set the recipe's precision to auto.",
        )
    if asked in ("bf16", "fp32"):
        return Choice("bf16" if asked == "bf16" else "fp32", "the recipe says so")
    if facts.nf4_works:
        return Choice("nf4", "its self-test on this device passed")
    if facts.bf16_trouble:
        words = f"the self-test of NF4 failed, and 16 bits do not work here: {facts.bf16_trouble}"
        return Choice("fp32", words)
    return Choice("bf16", f"the self-test of NF4 failed: {facts.nf4_trouble}")


def _bf16_trouble(device: torch.device) -> str:
    """Multiply in 16 bits, there and back; the trouble in words, or nothing."""
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(8, 8, generator=generator) for _ in range(2))
    try:
        there = left.to(device, torch.bfloat16).requires_grad_()
        made = there @ right.to(device, torch.bfloat16)
        made.float().sum().backward()  # type: ignore[no-untyped-call]
    except (RuntimeError, NotImplementedError, TypeError) as error:
        return first_line(error, 200)
    if _off(made, left @ right) or there.grad is None:
        return "the results of 16-bit products are off"
    return ""


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
        return first_line(error, 200)
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


def give_back(kind: str) -> None:
    """Have the device's allocator let go of what nothing holds any more."""
    gc.collect()
    if kind == "cuda":
        torch.cuda.empty_cache()
    elif kind == "mps":
        torch.mps.empty_cache()


def card_use(kind: str) -> float | None:
    """How much of the last moments the card computed, in percent; nothing where none tells."""
    if kind != "cuda":
        return None
    try:
        return float(torch.cuda.utilization())
    except (ImportError, RuntimeError, OSError):  # no management library, or one that refuses
        return None


def memory_mb(kind: str) -> float:
    """Memory that the training holds now, in MiB."""
    if kind == "cuda":
        return float(torch.cuda.max_memory_allocated()) / 2**20
    if kind == "mps":
        return float(torch.mps.driver_allocated_memory()) / 2**20
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20
