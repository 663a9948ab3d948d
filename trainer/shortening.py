"""Shorter examples where memory does not bear long ones: cut at the end of a reply."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainer.batches import Example, cut_at_turn, lengths_of


@dataclass(frozen=True)
class Shortened:
    """Examples in their old places, with how many of them lost something.

    `left` are those of which something is left.
    """

    examples: Sequence[Example | None]
    left: Sequence[Example]
    cut: int
    left_out: int

    @property
    def words(self) -> str:
        """What it cost, for people."""
        return f"{self.cut} cut at a turn, {self.left_out} left out"


def shorten(examples: Sequence[Example], max_length: int) -> Shortened:
    """Cut what is too long; what ends nowhere before that is None, and keeps its place.

    The places stay, so that the order of an epoch and the plan of the steps stay as they are.
    Nothing is held in memory: an example is cut each time that it is asked for.
    """
    places, lengths, cut = array("I"), array("I"), 0
    for place, length in enumerate(lengths_of(examples)):
        if length > max_length:
            shorter = cut_at_turn(examples[place], max_length)
            if shorter is None:
                continue
            cut, length = cut + 1, len(shorter.tokens)
        places.append(place)
        lengths.append(length)
    return Shortened(
        _Cut(examples, max_length),
        _Left(examples, max_length, places, lengths),
        cut,
        len(examples) - len(places),
    )


class _Cut(Sequence[Any]):
    """Each example cut, or None."""

    def __init__(self, whole: Sequence[Example], max_length: int) -> None:
        self._whole, self._max_length = whole, max_length

    def __len__(self) -> int:
        return len(self._whole)

    def __getitem__(self, place: Any) -> Any:
        found = self._whole[place]
        if isinstance(place, slice):
            return [cut_at_turn(each, self._max_length) for each in found]
        return cut_at_turn(found, self._max_length)


class _Left(Sequence[Any]):
    """The examples of which something is left, without gaps."""

    def __init__(
        self, whole: Sequence[Example], max_length: int, places: array[int], lengths: array[int]
    ) -> None:
        self._whole, self._max_length = whole, max_length
        self._places, self.lengths = places, lengths

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return cut_at_turn(self._whole[self._places[place]], self._max_length)
