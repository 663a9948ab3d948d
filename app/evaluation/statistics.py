"""The tests behind the gate, exact or seeded, so that a verdict can be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb, sqrt

import numpy as np

DRAWS = 4_000
# One-sided 5 %: the same for every bound.
CHANCE = 0.05
_NORMAL_95 = 1.959964

Pairs = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Change:
    """A relative change, from `low` to `high` with nine chances of ten; `chance` that it is none
    or for the worse, where less is better."""

    value: float
    low: float
    high: float
    chance: float


@dataclass(frozen=True)
class Share:
    """So many of so many, with the interval that 95 of 100 such counts would lie in."""

    right: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.right / self.of if self.of else 0.0


def change_of(before: Pairs, after: Pairs) -> Change:
    """How sums over weights changed, by drawing the pairs anew."""
    if not before:
        return Change(0.0, -1.0, float("inf"), 1.0)
    old, new = np.array(before, dtype=float), np.array(after, dtype=float)
    value = _ratio(old.sum(0), new.sum(0))
    if len(before) < 2:
        return Change(value, -1.0, float("inf"), 1.0)
    weights = _draws(len(old))
    drawn_old, drawn_new = weights @ old, weights @ new
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = (drawn_new[:, 0] / drawn_new[:, 1]) / (drawn_old[:, 0] / drawn_old[:, 1]) - 1
    changes = changes[np.isfinite(changes)]
    if not len(changes):
        return Change(value, -1.0, float("inf"), 1.0)
    low, high = np.quantile(changes, (CHANCE, 1 - CHANCE))
    return Change(value, float(low), float(high), float((changes >= 0).mean()))


def mean_interval(rows: Pairs) -> tuple[float, float]:
    """Between what the mean of sums over weights lies, 95 times of 100."""
    values = np.array(rows, dtype=float)
    if len(values) < 2:
        only = float(values[0, 0] / values[0, 1]) if len(values) else 0.0
        return only, only
    drawn = _draws(len(values)) @ values
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    return float(low), float(high)


def share_of(right: int, of: int) -> Share:
    """A share with Wilson's interval, which stays honest near none and all."""
    if not of:
        return Share(0, 0, 0.0, 1.0)
    share, square = right / of, _NORMAL_95**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = _NORMAL_95 / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of**2))
    return Share(right, of, max(0.0, middle - reach), min(1.0, middle + reach))


def chance_of_losing(lost: int, won: int) -> float:
    """Exact one-sided sign test on cases that changed: how likely so many were lost by chance."""
    changed = lost + won
    if changed == 0:
        return 1.0
    return float(sum(comb(changed, i) for i in range(lost, changed + 1)) / 2**changed)


def chance_of_so_few(right: int, of: int, share: float) -> float:
    """How likely so few are right where each is right with this chance."""
    return float(sum(comb(of, i) * share**i * (1 - share) ** (of - i) for i in range(right + 1)))


def surely(chances: Mapping[str, float], level: float = CHANCE) -> frozenset[str]:
    """Holm: which of several findings are none of chance, however many were looked at."""
    found: set[str] = set()
    for place, (name, chance) in enumerate(sorted(chances.items(), key=lambda each: each[1])):
        if chance > level / (len(chances) - place):
            break
        found.add(name)
    return frozenset(found)


def _ratio(old: np.ndarray, new: np.ndarray) -> float:
    if not (old[0] and old[1] and new[1]):
        return 0.0
    return float((new[0] / new[1]) / (old[0] / old[1]) - 1)


@cache
def _draws(count: int) -> np.ndarray:
    """How often each pair is drawn, draw by draw."""
    chances = np.full(count, 1 / count)
    return np.random.default_rng(0).multinomial(count, chances, DRAWS).astype(float)
