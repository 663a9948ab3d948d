"""Somebody who never trained a model gets values that fit their base, and hears why."""

from __future__ import annotations

import pytest

from trainer.contract.auto import RANGES, choose_recipe
from trainer.contract.recipe import Recipe

STARTER = Recipe(name="starter", learning_rate=3e-3)


def test_a_small_base_takes_the_starters_recipe() -> None:
    assert choose_recipe(STARTER, 0.135, 60).recipe is STARTER


@pytest.mark.parametrize("billions", [1.5, 8.2, 14.8, 32.5])
@pytest.mark.parametrize("examples", [60, 1_000, 7_000, 40_000])
def test_values_stay_in_the_range_of_their_size(billions: float, examples: int) -> None:
    chosen = choose_recipe(STARTER, billions, examples)
    within = next(each for each in RANGES if billions <= each.up_to_b)
    recipe = chosen.recipe
    assert within.ranks[0] <= recipe.rank <= within.ranks[1]
    assert within.rates[0] <= recipe.learning_rate <= within.rates[1]
    assert within.epochs[0] <= recipe.epochs <= within.epochs[1]
    assert recipe.alpha == 2 * recipe.rank
    assert str(recipe.rank) in chosen.reasons[0]


def test_more_examples_take_more_rank_and_epochs_and_a_lower_rate() -> None:
    few, many = (choose_recipe(STARTER, 14.8, n).recipe for n in (500, 15_000))
    assert (few.rank, many.rank) == (16, 32)
    assert few.epochs < many.epochs and few.learning_rate > many.learning_rate
