"""A buffer of past examples that stays a fair sample however many months go by."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from replay.splits import rank

RESERVOIR_SALT = "reservoir"


def reservoir(ids: Iterable[str], size: int) -> set[str]:
    """As many of the ids as fit, each with the same chance, and the same ones whenever asked.

    Every id draws its rank once and for all and the lowest stay. That is reservoir sampling
    whose memory is the ids themselves: an old month keeps its part while new ones come in.
    """
    return set(heapq.nsmallest(size, set(ids), key=lambda each: rank(RESERVOIR_SALT, each)))
