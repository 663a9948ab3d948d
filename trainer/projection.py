"""A frozen layer of a base beside which an adapter learns, as plain products need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Projection:
    """One layer that PEFT wrapped: its frozen weight, and how much its adapter counts."""

    layer: Any
    adapter: str

    @property
    def scale(self) -> float:
        return float(self.layer.scaling[self.adapter])

    def bias(self, dtype: torch.dtype) -> torch.Tensor | None:
        """The frozen bias, where the layer has one."""
        found: torch.Tensor | None = self.layer.base_layer.bias
        return None if found is None else found.to(dtype)

    @property
    def factors(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The two matrices that learn: the narrow one first."""
        return (
            self.layer.lora_A[self.adapter].weight,
            self.layer.lora_B[self.adapter].weight,
        )

    def dense(self, dtype: torch.dtype) -> torch.Tensor:
        """The frozen weight as numbers: a copy that is gone after use, where it is packed."""
        weight: torch.Tensor = self.layer.base_layer.weight
        state = getattr(weight, "quant_state", None)
        if state is None:
            return weight.to(dtype)
        from bitsandbytes.functional import dequantize_4bit

        made: torch.Tensor = dequantize_4bit(weight.data.view(-1, 1), state)
        return made.to(dtype)


def plain_adapter(layer: Any) -> str | None:
    """The one adapter that this layer wears, where it is of the plain kind; else None."""
    active = [name for name in layer.active_adapters if name in layer.lora_A]
    if len(active) != 1 or layer.disable_adapters or layer.merged or active[0] in _variants(layer):
        return None
    if layer.lora_bias.get(active[0], False) or getattr(layer, "fan_in_fan_out", False):
        return None
    base = layer.base_layer
    if not isinstance(base, torch.nn.Linear) or not _is_readable(base.weight):
        return None
    if base.weight.requires_grad or (base.bias is not None and base.bias.requires_grad):
        return None
    return str(active[0])


def _variants(layer: Any) -> Any:
    return getattr(layer, "lora_variant", {})


def _is_readable(weight: torch.Tensor) -> bool:
    """Plain numbers, or four bits that bitsandbytes knows how to unpack."""
    state = getattr(weight, "quant_state", None)
    if state is None:
        return weight.is_floating_point()
    return not getattr(state, "packing_format_for_cpu", False)


def dropout_of(layer: Any, adapter: str) -> float | None:
    """The share of its input that an adapter leaves out now; None for an unknown kind."""
    module = layer.lora_dropout[adapter]
    if isinstance(module, torch.nn.Identity):
        return 0.0
    if type(module) is not torch.nn.Dropout:
        return None
    return float(module.p) if module.training else 0.0


def compute_type(states: torch.Tensor, factor: torch.Tensor) -> torch.dtype | None:
    """What products are made in: autocast's type, else that of everything; None where they mix."""
    device = states.device.type
    if torch.is_autocast_enabled(device):
        return torch.get_autocast_dtype(device)
    return states.dtype if states.dtype == factor.dtype else None
