"""A recipe for large bases hardly moves a very small one, and a silent change would mislead."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.contract.recipe import Recipe, Stage
from trainer.contract.small_base import fitted_to_base

STAGED = Recipe(
    name="staged",
    learning_rate=2e-4,
    small_base_factor=10,
    stages=(
        Stage(name="first", data="styles"),
        Stage(name="second", data="infrastructure", learning_rate=1.5e-4),
    ),
)


def test_a_small_base_takes_larger_steps_in_every_stage_and_is_told() -> None:
    fitted, told = fitted_to_base(STAGED, 0.135)
    assert fitted.learning_rate == 2e-3
    assert [each.learning_rate for each in fitted.stages] == [None, 1.5e-3]
    assert [fitted.for_stage(each).learning_rate for each in fitted.stages] == [2e-3, 1.5e-3]
    assert len(told) == 1
    assert "10 times" in told[0] and "0.002 instead of 0.0002" in told[0]


@pytest.mark.parametrize("billions", [1.5, 8.2])
def test_a_larger_base_learns_as_the_recipe_says(billions: float) -> None:
    assert fitted_to_base(STAGED, billions) == (STAGED, ())


def test_a_recipe_that_says_nothing_of_small_bases_is_as_it_is() -> None:
    plain = Recipe(name="plain")
    assert fitted_to_base(plain, 0.1) == (plain, ())


def test_a_run_on_a_small_base_takes_these_steps(tmp_path: Path) -> None:
    """The steps that were told are the steps that are taken."""
    pytest.importorskip("torch")
    from tests.unit.trainer.tiny_run import TINY_RECIPE, make_run, train

    recipe = TINY_RECIPE.model_copy(
        update={"learning_rate": 1e-3, "small_base_factor": 4.0, "epochs": 1, "evaluations": 1}
    )
    events = train(make_run(tmp_path / "run", recipe=recipe))
    told = next(event for event in events if event["kind"] == "preflight")
    assert any("0.004 instead of 0.001" in words for words in told["differences"])
    assert max(event["lr"] for event in events if event["kind"] == "step") == pytest.approx(4e-3)
