"""How sure a share is, and whether two answers to the same questions differ by chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Standard deviations that 95 % of a normal distribution lie within.
SURE = 1.959964


@dataclass(frozen=True)
class Share:
    """So many of so many, with the bounds that the true share lies within, 95 times in 100."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None


def share(hits: int, of: int) -> Share:
    """Wilson's interval: it stays sound for few questions, and never leaves 0 to 1."""
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of}")
    if of == 0:
        return Share(0, 0, 0.0, 1.0)
    p, spread = hits / of, SURE**2 / of
    middle = (p + spread / 2) / (1 + spread)
    reach = SURE / (1 + spread) * math.sqrt(p * (1 - p) / of + spread / (4 * of))
    low = 0.0 if hits == 0 else max(0.0, middle - reach)
    high = 1.0 if hits == of else min(1.0, middle + reach)
    return Share(hits, of, low, high)


def paired_p(gained: int, lost: int) -> float:
    """How often chance alone would tell two answerers apart at least as clearly (two-sided).

    Only questions that one of them got right and the other wrong say anything; without a
    difference each of those falls to either side like a coin (McNemar's exact test).
    """
    tossed = gained + lost
    tail = sum(math.comb(tossed, k) for k in range(min(gained, lost) + 1))
    chance: float = 2 * tail / 2**tossed
    return min(1.0, chance)
