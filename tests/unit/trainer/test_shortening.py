"""Conversations that are too long for a machine lose their end, never half of a reply."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from trainer.batches import Example
from trainer.shortening import shorten


def example(name: str, *parts: tuple[int, float]) -> Example:
    """Parts of so many tokens, each with its weight."""
    marks = tuple(weight for size, weight in parts for _ in range(size))
    return Example(name, "new", tuple(range(len(marks))), marks)


TWO_TURNS = example("two", (10, 0.0), (5, 1.0), (10, 0.0), (5, 2.0))


@pytest.mark.parametrize(
    ("max_length", "kept"), [(30, 30), (29, 15), (16, 15), (15, 15), (14, None)]
)
def test_it_is_cut_behind_the_last_whole_reply(max_length: int, kept: int | None) -> None:
    """Half a reply has no end: the persona would learn to stop anywhere."""
    (cut,) = shorten([TWO_TURNS], max_length).examples
    assert (cut and len(cut.tokens)) == kept
    if cut is not None:
        assert cut.weights == TWO_TURNS.weights[: len(cut.tokens)]
        assert cut.weights[-1] > 0


def test_the_places_stay_and_what_it_cost_is_counted() -> None:
    """Else the order of an epoch would change, and a resumed run would learn something else."""
    short, silent = example("short", (3, 0.0), (3, 1.0)), example("long", (40, 0.0), (5, 1.0))
    shorter = shorten([TWO_TURNS, silent, short], 20)
    assert [each and each.id for each in shorter.examples] == ["two", None, "short"]
    assert shorter.examples[2] is short
    assert (shorter.cut, shorter.left_out) == (1, 1)
    assert shorter.words == "1 cut at a turn, 1 left out"
