"""How much a training computes, and how long that takes at a measured speed, torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trainer.contract.shape import BaseShape

# Of what a machine multiplies at its best, what a training reaches: a guess from the starter on
# two cores (0.15 to 0.3), for a first look. The warm-up of a run measures instead.
ROUGH_SHARE = 0.2


@dataclass(frozen=True)
class Work:
    """Multiplications of a pack, forward and backward, or forward alone."""

    lesson: float
    look: float


def work_of(
    shape: BaseShape, rank: int, lengths: Sequence[int], taught: int, held: Sequence[int] = ()
) -> Work:
    """What a pack of conversations of these lengths asks for; `held` are those that are held.

    Frozen weights cost a forward pass and the gradient of their input; attention costs the
    square of each conversation, half of it under the causal mask, and 2.5 times that backward.
    """
    layers = shape.layers * (shape.hidden + shape.attention + shape.between + 2 * shape.keys)
    block = 2.0 * (shape.block_weights + 4 * rank * layers)

    def forward(of: Sequence[int]) -> tuple[float, float]:
        pairs = sum(length * length for length in of)
        return block * sum(of), 2.0 * shape.layers * shape.attention * pairs

    matrix, attention = forward(lengths)
    head = 2.0 * shape.vocabulary * shape.hidden * taught
    share = sum(held) / max(1, sum(lengths))
    before = sum(forward(held)) + head * share
    return Work(2.0 * (matrix + head) + 3.5 * attention + before, matrix + head + attention)


@dataclass(frozen=True)
class Speed:
    """Seconds of a pack: something for any pack at all, and so much for its work."""

    fixed_s: float
    per_work_s: float

    def seconds(self, works: Sequence[float]) -> float:
        """The time of packs of this much work each."""
        return self.fixed_s * len(works) + self.per_work_s * sum(works)


def speed_of(works: Sequence[float], seconds: Sequence[float]) -> Speed:
    """The line through what was measured; neither of its parts may be negative."""
    count = len(works)
    mean_work, mean_seconds = sum(works) / count, sum(seconds) / count
    spread = sum((work - mean_work) ** 2 for work in works)
    if spread > (0.05 * mean_work) ** 2 * count:
        together = zip(works, seconds, strict=True)
        slope = sum((w - mean_work) * (s - mean_seconds) for w, s in together) / spread
        fixed = mean_seconds - slope * mean_work
        if slope > 0 and fixed >= 0:
            return Speed(fixed, slope)
    return Speed(0.0, mean_seconds / mean_work)


@dataclass(frozen=True)
class Month:
    """What a month is taken to be where nobody counted yet: 200 replies, and replay beside them."""

    examples: int = 300
    tokens: int = 250
    taught: int = 100
    epochs: int = 3


def rough_seconds(shape: BaseShape, rank: int, peak_per_s: float, month: Month) -> float:
    """The time of a month at a machine's best speed for 16-bit products, roughly."""
    one = work_of(shape, rank, (month.tokens,), month.taught)
    return month.epochs * month.examples * one.lesson / (peak_per_s * ROUGH_SHARE)
