"""The feed-forward part of a block with its three adapters as one step of autograd.

It keeps its input and what gate and up made of it; what goes into the last projection is made
again on the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import gelu, silu

from trainer.fused_projections import Group


@dataclass(frozen=True)
class Activation:
    """A function of single numbers, and its gradient: of what comes back and what went in."""

    of: Callable[[torch.Tensor], torch.Tensor]
    back: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


SILU = Activation(silu, torch.ops.aten.silu_backward)
GELU_TANH = Activation(
    lambda states: gelu(states, approximate="tanh"),
    lambda grad, states: torch.ops.aten.gelu_backward(grad, states, approximate="tanh"),
)


def activation_of(module: Any) -> Activation | None:
    """The activation that a module computes, where it is a known one."""
    if isinstance(module, torch.nn.SiLU) or type(module).__name__ == "SiLUActivation":
        return SILU
    if type(module).__name__ == "GELUTanh":
        return GELU_TANH
    return None


@dataclass(frozen=True)
class FeedForward:
    """Gate and up of one input, and down of their product."""

    into: Group
    out_of: Group
    activation: Activation

    def forward(
        self, states: torch.Tensor, factors: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """What it makes of its input, and what is kept beside that."""
        narrow, (gate, up) = self.into.forward(states, factors[:4])
        between = self.activation.of(gate).mul_(up)
        last, (made,) = self.out_of.forward(between, factors[4:])
        return made, [narrow, gate, up, last]

    def backward(
        self, kept: Sequence[torch.Tensor], grad: torch.Tensor, *, of_states: bool
    ) -> tuple[torch.Tensor | None, list[torch.Tensor]]:
        """The gradients of its input and of its factors."""
        states, narrow, gate, up, last, *factors = kept
        opened = self.activation.of(gate)
        of_between, of_last = self.out_of.backward(
            opened * up, last, factors[4:], [grad], of_states=True
        )
        assert of_between is not None
        of_gate = self.activation.back(of_between * up, gate)
        of_up = opened.mul_(of_between)
        found, of_first = self.into.backward(
            states, narrow, factors[:4], [of_gate, of_up], of_states=of_states
        )
        return found, [*of_first, *of_last]


class FeedForwardFunction(torch.autograd.Function):
    """The whole feed-forward part."""

    @staticmethod
    def forward(ctx: Any, part: FeedForward, states: torch.Tensor, *factors: torch.Tensor) -> Any:
        with torch.autocast(states.device.type, enabled=False):
            rows = states.reshape(-1, states.shape[-1]).to(part.into.dtype)
            made, kept = part.forward(rows, factors)
        ctx.part, ctx.shape, ctx.dtype = part, states.shape, states.dtype
        ctx.save_for_backward(rows, *kept, *factors)
        return made.view(*states.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        part: FeedForward = ctx.part
        kept = ctx.saved_tensors
        with torch.autocast(kept[0].device.type, enabled=False):
            grad = grads[0].reshape(-1, grads[0].shape[-1]).to(part.into.dtype)
            found, of_factors = part.backward(kept, grad, of_states=ctx.needs_input_grad[1])
        if found is not None:
            found = found.view(ctx.shape).to(ctx.dtype)
        return (None, found, *of_factors)
