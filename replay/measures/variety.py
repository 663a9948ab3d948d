"""How varied replies are: how few of their words come again when the same is asked again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

_WORD = re.compile(r"\w+")


def variety(replies: Sequence[str]) -> float:
    """From 0, all the same words, to 1, none twice: the mean over all pairs of replies.

    Words, not their order: what follows what differs between any two replies that differ at all.
    """
    said = [frozenset(_WORD.findall(reply.casefold())) for reply in replies]
    pairs = list(combinations(said, 2))
    return fmean(_apart(one, other) for one, other in pairs) if pairs else 0.0


def _apart(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one | other)
    return 1 - len(one & other) / both if both else 0.0
