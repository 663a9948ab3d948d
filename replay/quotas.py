"""Whole numbers in given proportions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction


def largest_remainder(
    total: int, weights: Mapping[str, int], limits: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Divide `total` in proportion to `weights`, exactly, and never more than a limit.

    What a limited group cannot take goes to the others in their proportion. The sum is `total`,
    or the sum of the limits where that is less.
    """
    shares = dict.fromkeys(weights, 0)
    open_groups = {name for name, weight in weights.items() if weight > 0}
    left = total
    while left > 0 and open_groups:
        exact = _proportions(left, {name: weights[name] for name in open_groups})
        full = {
            name: limits.get(name, 0)
            for name in open_groups
            if limits is not None and exact[name] >= limits.get(name, 0)
        }
        if not full:
            return shares | _rounded(left, exact)
        shares |= full
        open_groups -= full.keys()
        left -= sum(full.values())
    return shares


def within_shares(available: Mapping[str, int], shares: Mapping[str, float]) -> dict[str, int]:
    """How much of each to take so that none is more than its share of all that is taken.

    What has no share is not limited. Shares that cannot all be kept (the rest is absent, say)
    leave only what can: nothing, where every one of them is limited and one is absent.
    """
    taken = dict(available)
    while True:
        total = sum(taken.values())
        most = {name: int(share * total) for name, share in shares.items() if name in taken}
        over = {name: limit for name, limit in most.items() if taken[name] > limit}
        if not over:
            return taken
        taken |= over


def _proportions(total: int, weights: Mapping[str, int]) -> dict[str, Fraction]:
    whole = sum(weights.values())
    return {name: Fraction(total * weight, whole) for name, weight in weights.items()}


def _rounded(total: int, exact: Mapping[str, Fraction]) -> dict[str, int]:
    floors = {name: int(share) for name, share in exact.items()}
    missing = total - sum(floors.values())
    by_remainder = sorted(exact, key=lambda name: (floors[name] - exact[name], name))
    return {name: floors[name] + (name in by_remainder[:missing]) for name in floors}
