"""Shorter examples where memory does not bear long ones: cut at the end of a reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trainer.batches import Example


@dataclass(frozen=True)
class Shortened:
    """Examples in their old places, with how many of them lost something."""

    examples: tuple[Example | None, ...]
    cut: int
    left_out: int

    @property
    def words(self) -> str:
        """What it cost, for people."""
        return f"{self.cut} cut at a turn, {self.left_out} left out"


def shorten(examples: Sequence[Example], max_length: int) -> Shortened:
    """Cut what is too long; what ends nowhere before that is None, and keeps its place.

    The places stay, so that the order of an epoch and the plan of the steps stay as they are.
    """
    made = tuple(_cut(example, max_length) for example in examples)
    left_out = sum(each is None for each in made)
    changed = sum(new is not old for new, old in zip(made, examples, strict=True))
    return Shortened(made, changed - left_out, left_out)


def _cut(example: Example, max_length: int) -> Example | None:
    """Up to the last taught reply that ends within the length: half a reply has no end to learn."""
    if len(example.tokens) <= max_length:
        return example
    ends = [
        place + 1
        for place in range(max_length)
        if example.weights[place] > 0 and example.weights[place + 1] == 0
    ]
    if not ends:
        return None
    end = ends[-1]
    return replace(example, tokens=example.tokens[:end], weights=example.weights[:end])
