"""What a recipe that was written for large bases changes for a very small one."""

from __future__ import annotations

from trainer.contract.auto import SMALL_B
from trainer.contract.recipe import Recipe, Stage


def fitted_to_base(recipe: Recipe, base_billions: float) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe with the rates that a base of this size learns with, and what differs, in words.

    A small base needs larger steps: those that suit a large one hardly move it in as few of them.
    """
    factor = recipe.small_base_factor
    if base_billions > SMALL_B or factor == 1:
        return recipe, ()
    told = (
        f"Rates {factor:g} times as large, so {_times(recipe.learning_rate, factor):g} instead of"
        f" {recipe.learning_rate:g}: a base of {base_billions:.2g} billion parameters.",
    )
    values = {
        "learning_rate": _times(recipe.learning_rate, factor),
        "stages": tuple(_stage(each, factor) for each in recipe.stages),
        "small_base_factor": 1.0,
    }
    return recipe.model_copy(update=values), told


def _stage(stage: Stage, factor: float) -> Stage:
    if stage.learning_rate is None:
        return stage
    return stage.model_copy(update={"learning_rate": _times(stage.learning_rate, factor)})


def _times(rate: float, factor: float) -> float:
    """A rate as people write it: without the tail that multiplying leaves behind."""
    return float(f"{rate * factor:.6g}")
