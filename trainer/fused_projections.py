"""Frozen layers with their adapters as one step of autograd, which keeps only their input.

The frozen weights are unpacked once on the way there and once on the way back, and never kept.
Layers with one input share its product with the adapters, its dropout and its gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import linear

from trainer.dropout import Dropout
from trainer.projection import Projection


@dataclass(frozen=True)
class Group:
    """Projections of one input, and the dropout before their adapters."""

    projections: tuple[Projection, ...]
    dropout: Dropout
    dtype: torch.dtype

    def forward(
        self, states: torch.Tensor, factors: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """What the adapters make of the input, narrow; and what each projection makes of it."""
        narrow = linear(self.dropout.of(states), self._narrow(factors))
        made = []
        for index, projection in enumerate(self.projections):
            out = linear(states, projection.dense(self.dtype), projection.bias(self.dtype))
            wide = (factors[2 * index + 1] * projection.scale).to(self.dtype)
            made.append(out.addmm_(self._part(narrow, index, factors), wide.t()))
        return narrow, made

    def backward(
        self,
        states: torch.Tensor,
        narrow: torch.Tensor,
        factors: Sequence[torch.Tensor],
        grads: Sequence[torch.Tensor],
        *,
        of_states: bool,
    ) -> tuple[torch.Tensor | None, list[torch.Tensor]]:
        """The gradient of the input where it is wanted, and those of the factors."""
        of_narrow = torch.empty_like(narrow)
        of_factors: list[torch.Tensor] = []
        found: torch.Tensor | None = None
        for index, projection in enumerate(self.projections):
            grad, scale = grads[index], projection.scale
            wide = (factors[2 * index + 1] * scale).to(self.dtype)
            self._part(of_narrow, index, factors).copy_(grad @ wide)
            of_wide = grad.t() @ self._part(narrow, index, factors)
            of_factors += [factors[2 * index], of_wide.to(factors[2 * index + 1].dtype) * scale]
            if of_states:
                dense = projection.dense(self.dtype)
                found = grad @ dense if found is None else found.addmm_(grad, dense)
        of_down = of_narrow.t() @ self.dropout.of(states)
        for index, part in enumerate(torch.split(of_down, self._ranks(factors))):
            factor = factors[2 * index]
            of_factors[2 * index] = part.to(factor.dtype) / self.dropout.kept
        if found is not None:
            through = of_narrow @ self._narrow(factors)
            found += self.dropout.of_(through)
        return found, of_factors

    def _narrow(self, factors: Sequence[torch.Tensor]) -> torch.Tensor:
        """The narrow factors below each other; what dropout takes away is made up for here."""
        return (torch.cat(list(factors[::2])) / self.dropout.kept).to(self.dtype)

    def _ranks(self, factors: Sequence[torch.Tensor]) -> list[int]:
        return [len(factor) for factor in factors[::2]]

    def _part(
        self, narrow: torch.Tensor, index: int, factors: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        ranks = self._ranks(factors)
        start = sum(ranks[:index])
        return narrow[:, start : start + ranks[index]]


class GroupFunction(torch.autograd.Function):
    """Some projections of one input."""

    @staticmethod
    def forward(ctx: Any, group: Group, states: torch.Tensor, *factors: torch.Tensor) -> Any:
        with torch.autocast(states.device.type, enabled=False):
            rows = states.reshape(-1, states.shape[-1]).to(group.dtype)
            narrow, made = group.forward(rows, factors)
        ctx.group, ctx.shape, ctx.dtype = group, states.shape, states.dtype
        ctx.save_for_backward(rows, narrow, *factors)
        return tuple(each.view(*states.shape[:-1], -1) for each in made)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        rows, narrow, *factors = ctx.saved_tensors
        group: Group = ctx.group
        with torch.autocast(rows.device.type, enabled=False):
            flat = [grad.reshape(-1, grad.shape[-1]).to(group.dtype) for grad in grads]
            found, of_factors = group.backward(
                rows, narrow, factors, flat, of_states=ctx.needs_input_grad[1]
            )
        if found is not None:
            found = found.view(ctx.shape).to(ctx.dtype)
        return (None, found, *of_factors)
