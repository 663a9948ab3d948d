"""Has a PEFT model compute its plain LoRA layers in few steps; it stays a PEFT model.

Only the forwards of layers are replaced, and each looks at every call whether the layer is as it
can be computed here: one active adapter of the plain kind on a readable frozen weight, and one
type of numbers. For anything else PEFT's own forward is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from peft.tuners.lora import LoraLayer

from trainer.dropout import draw
from trainer.fused_feed_forward import FeedForward, FeedForwardFunction, activation_of
from trainer.fused_norm import root_mean_square
from trainer.fused_projections import Group, GroupFunction
from trainer.projection import Projection, compute_type, dropout_of, plain_adapter

_TOGETHER = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))
_FEED_FORWARD = ("gate_proj", "up_proj", "down_proj")
# Where the weight comes after the rounding, and where one more than the weight comes before it.
_NORMS = {"LlamaRMSNorm", "MistralRMSNorm", "Qwen2RMSNorm", "Qwen3RMSNorm"}
_GEMMA_NORMS = {"GemmaRMSNorm", "Gemma2RMSNorm", "Gemma3RMSNorm"}


def install(model: Any) -> Any:
    """Replace the forwards of what can be computed together; the model itself is given back."""
    uninstall(model)
    for module in list(model.modules()):
        if all(_is_lora(module, name) for name in _FEED_FORWARD) and hasattr(module, "act_fn"):
            module.forward = _feed_forward(module)
        if type(module).__name__ in _NORMS | _GEMMA_NORMS:
            module.forward = _norm(module)
        for names in _TOGETHER:
            if all(_is_lora(module, name) for name in names):
                _share_input([getattr(module, name) for name in names])
        for layer in module.children():
            if _is_lora_layer(layer) and "forward" not in layer.__dict__:
                _share_input([layer])
    return model


def uninstall(model: Any) -> None:
    """Every module computes as PEFT and transformers have it."""
    for module in model.modules():
        forward = module.__dict__.get("forward")
        if isinstance(forward, _Fused):
            del module.__dict__["forward"]


def _is_lora(module: Any, name: str) -> bool:
    return _is_lora_layer(getattr(module, name, None))


def _is_lora_layer(layer: Any) -> bool:
    return isinstance(layer, LoraLayer) and hasattr(layer, "lora_A")


class _Fused:
    """A forward of ours in the place of a module's own."""

    def __init__(self, module: Any, compute: Callable[[torch.Tensor], Any]) -> None:
        self._own = type(module).forward
        self._module, self._compute = module, compute

    def __call__(self, states: torch.Tensor, *args: Any, **options: Any) -> Any:
        made = None if args or options else self._compute(states)
        return self._own(self._module, states, *args, **options) if made is None else made


def group_of(layers: Sequence[Any], states: torch.Tensor) -> Group | None:
    """These layers as they are now; None where one of them is not of the plain kind."""
    adapter = plain_adapter(layers[0])
    if adapter is None or any(plain_adapter(layer) != adapter for layer in layers[1:]):
        return None
    shares = {dropout_of(layer, adapter) for layer in layers}
    share = shares.pop()
    projections = tuple(Projection(layer, adapter) for layer in layers)
    dtypes = {factor.dtype for each in projections for factor in each.factors}
    dtype = compute_type(states, projections[0].factors[0])
    if share is None or shares or len(dtypes) > 1 or dtype is None:
        return None
    return Group(projections, draw(share), dtype)


def _factors(*groups: Group) -> list[torch.Tensor]:
    return [factor for group in groups for each in group.projections for factor in each.factors]


def _share_input(layers: Sequence[Any]) -> None:
    """The first of them that is called computes all; the others find what it made for them."""
    made: dict[int, torch.Tensor] = {}
    of_input: list[torch.Tensor] = []

    def compute(index: int, states: torch.Tensor) -> torch.Tensor | None:
        if of_input and of_input[0] is states and index in made:
            found = made.pop(index)
            if not made:
                of_input.clear()
            return found
        made.clear()
        of_input.clear()
        group = group_of(layers, states)
        if group is None:
            return None
        outs = GroupFunction.apply(group, states, *_factors(group))
        made.update(enumerate(outs))
        found = made.pop(index)
        if made:
            of_input.append(states)
        return found

    for index, layer in enumerate(layers):
        layer.forward = _Fused(layer, partial(compute, index))


def _feed_forward(module: Any) -> _Fused:
    activation = activation_of(module.act_fn)
    first, last = [module.gate_proj, module.up_proj], [module.down_proj]

    def compute(states: torch.Tensor) -> torch.Tensor | None:
        if activation is None:
            return None
        into, out_of = group_of(first, states), group_of(last, states)
        if into is None or out_of is None:
            return None
        part = FeedForward(into, out_of, activation)
        made: torch.Tensor = FeedForwardFunction.apply(part, states, *_factors(into, out_of))
        return made

    return _Fused(module, compute)


def _norm(module: Any) -> _Fused:
    gemma = type(module).__name__ in _GEMMA_NORMS
    eps = float(module.eps if gemma else module.variance_epsilon)

    def compute(states: torch.Tensor) -> torch.Tensor | None:
        weight = module.weight
        if weight.requires_grad or not states.is_floating_point():
            return None
        if gemma:
            weight = 1.0 + weight.float()
        return root_mean_square(states, weight, eps, rounded=not gemma)

    return _Fused(module, compute)
