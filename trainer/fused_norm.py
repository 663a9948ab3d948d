"""Root-mean-square norms as one step of autograd that keeps its input in the type it came in.

Left to autograd, a norm keeps three copies of its input in 32 bits.
"""

from __future__ import annotations

from typing import Any

import torch


def root_mean_square(
    states: torch.Tensor, weight: torch.Tensor, eps: float, *, rounded: bool
) -> torch.Tensor:
    """Each row over its root mean square, times the weight.

    Llama's kind is rounded to the input's type before the weight, Gemma's after it.
    """
    made: torch.Tensor = _Norm.apply(states, weight, eps, rounded)
    return made


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, weight: torch.Tensor, eps: float, rounded: bool
    ) -> torch.Tensor:
        with torch.autocast(states.device.type, enabled=False):
            numbers = states.float()
            inverse = _inverse(numbers, eps)
            made = numbers * inverse
            ctx.save_for_backward(states, inverse, weight)
            if rounded:
                return made.to(states.dtype) * weight
            return made.mul_(weight.float()).to(states.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        states, inverse, weight = ctx.saved_tensors
        with torch.autocast(states.device.type, enabled=False):
            row = states.float().mul_(inverse)
            of_row = grads[0].float() * weight.float()
            along = torch.linalg.vecdot(row, of_row).unsqueeze(-1) / row.shape[-1]
            found = of_row.addcmul_(row, along, value=-1).mul_(inverse)
        return found.to(states.dtype), None, None, None


def _inverse(numbers: torch.Tensor, eps: float) -> torch.Tensor:
    squares: torch.Tensor = torch.linalg.vecdot(numbers, numbers).unsqueeze(-1)
    return squares.div_(numbers.shape[-1]).add_(eps).rsqrt_()
