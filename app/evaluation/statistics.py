"""The two tests behind the gate, exact or seeded, so that a verdict can be repeated."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from random import Random

DRAWS = 2_000


def chance_of_losing(lost: int, won: int) -> float:
    """Exact one-sided sign test on cases that changed: how likely so many were lost by chance."""
    changed = lost + won
    if changed == 0:
        return 1.0
    return float(sum(comb(changed, i) for i in range(lost, changed + 1)) / 2**changed)


def chance_of_no_gain(
    before: Sequence[tuple[float, int]], after: Sequence[tuple[float, int]], seed: int = 0
) -> float:
    """Paired bootstrap over conversations: how often the loss per token did not fall."""
    pairs = list(zip(before, after, strict=True))
    random = Random(seed)
    worse = 0
    for _ in range(DRAWS):
        drawn = random.choices(pairs, k=len(pairs))
        gain = sum(old[0] for old, _ in drawn) / sum(old[1] for old, _ in drawn)
        gain -= sum(new[0] for _, new in drawn) / sum(new[1] for _, new in drawn)
        worse += gain <= 0
    return worse / DRAWS
