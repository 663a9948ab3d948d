"""When a training goes back and when not: a false alarm costs a rate, a missed one a run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from trainer.guarding import LASTING, WINDOW, Trouble, Watch, judge, step_to_go_back_to


def watched(losses: Sequence[float], norms: Sequence[float] | None = None) -> Trouble | None:
    watch = Watch()
    for loss, norm in zip(losses, norms or [1.0] * len(losses), strict=True):
        watch, trouble = judge(watch, loss, norm, 1.0)
        if trouble is not None:
            return trouble
    return None


CALM = [2.0, 1.8, 2.4, 1.1, 1.7, 2.2, 1.5, 1.9, 2.1, 1.6]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_trouble_at_once(value: float) -> None:
    assert watched([2.0, value]) == "not_a_number"
    assert watched([2.0, 2.0], [1.0, value]) == "not_a_number"


def test_a_loss_that_stays_high_is_a_spike() -> None:
    assert watched([*CALM, *[8.0] * LASTING]) == "loss_spike"
    assert watched([*CALM, *[8.0] * (LASTING - 1)]) is None


def test_one_odd_conversation_is_no_reason_to_go_back() -> None:
    """Else each month with a strange example in it would train at an eighth of its rate."""
    assert watched([*CALM, 9.0, *CALM, 9.0, 9.0, *CALM]) is None


def test_what_is_learned_by_heart_may_vary() -> None:
    assert watched([0.05, 0.1, 0.02, 0.4, 0.05, 0.9, 0.1, 0.05, 0.02, 1.2, 1.1, 1.3]) is None


def test_a_gradient_that_explodes_is_seen_and_one_that_grows_is_not() -> None:
    grown = [0.01 * 1.3**step for step in range(40)]
    assert watched([2.0] * 40, grown) is None
    assert watched([2.0] * 15, [1.0] * 12 + [400.0] * LASTING) == "gradient_explosion"


def test_the_memory_of_steps_is_bounded() -> None:
    watch = Watch()
    for _ in range(100):
        watch, _trouble = judge(watch, 2.0, 1.0, 1.0)
    assert len(watch.losses) == len(watch.norms) == WINDOW


def test_it_goes_back_to_before_the_first_suspect_step() -> None:
    """A state that was saved while things went wrong would bring them back."""
    assert step_to_go_back_to([0, 10, 18, 19, 20], 20, LASTING) == 10
    assert step_to_go_back_to([0, 10, 20], 20, 0) == 10
    assert step_to_go_back_to([19, 20], 20, LASTING) == 19
    assert step_to_go_back_to([], 20, 0) is None
