"""Dropout that is made again instead of kept: a seed is all that the way back needs."""

from __future__ import annotations

from dataclasses import dataclass

import torch

_HALF, _WHOLE = 1 << 15, 1 << 16


@dataclass(frozen=True)
class Dropout:
    """Leaves out a share of the numbers, always the same ones for the same seed.

    Sixteen random bits a number decide, four numbers a draw: torch's own takes several times as
    long on a processor, where that was more than the products that it is for.
    """

    share: float
    seed: int

    @property
    def kept(self) -> float:
        """The share that stays, as exactly as sixteen bits say it."""
        return 1.0 - round(self.share * _WHOLE) / _WHOLE if self.share else 1.0

    def of(self, states: torch.Tensor) -> torch.Tensor:
        """The numbers with some of them zero; whoever uses them divides by `kept`."""
        return states * self.mask(states) if self.share else states

    def of_(self, states: torch.Tensor) -> torch.Tensor:
        """The same in place."""
        return states.mul_(self.mask(states)) if self.share else states

    def mask(self, states: torch.Tensor) -> torch.Tensor:
        """One where a number stays, zero where not."""
        generator = torch.Generator(states.device).manual_seed(self.seed)
        if states.device.type == "mps":  # its draws are of 32 bits at most
            chances = torch.rand(states.shape, device=states.device, generator=generator)
            return chances.ge_(1.0 - self.kept).to(states.dtype)
        count = -(-states.numel() // 4)
        draws = torch.empty(count, dtype=torch.int64, device=states.device)
        draws.random_(-(2**63), None, generator=generator)
        bits = draws.view(torch.int16)[: states.numel()].view(states.shape)
        return bits.ge_(round(self.share * _WHOLE) - _HALF).to(states.dtype)


def draw(share: float) -> Dropout:
    """A dropout whose seed comes from the dice that checkpoints keep."""
    if not share:
        return Dropout(0.0, 0)
    return Dropout(share, int(torch.randint(2**62, ()).item()))
