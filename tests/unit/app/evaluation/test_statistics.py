"""The numbers behind a verdict are exact or seeded: the same month is judged the same again."""

from __future__ import annotations

import pytest

from app.evaluation.statistics import (
    chance_of_losing,
    chance_of_so_few,
    change_of,
    mean_interval,
    share_of,
    surely,
)


def test_the_sign_test_is_exact() -> None:
    assert chance_of_losing(0, 0) == 1.0
    assert chance_of_losing(5, 0) == pytest.approx(1 / 32)
    assert chance_of_losing(10, 8) > 0.3


def test_a_change_is_found_with_its_interval_and_again_the_same() -> None:
    before = [(80.0 + i, 20.0) for i in range(10)]
    after = [(total - 8 + (place % 3), tokens) for place, (total, tokens) in enumerate(before)]
    change = change_of(before, after)
    assert change.low < change.value < change.high < 0
    assert change.chance == 0.0
    assert change_of(before, after) == change
    assert change_of(after, before).chance == 1.0


def test_no_change_and_too_little_are_no_gain() -> None:
    before = [(80.0 + i, 20.0) for i in range(10)]
    assert change_of(before, before).chance == 1.0
    assert change_of(before[:1], before[:1]).chance == 1.0
    assert change_of([], []).value == 0.0
    assert change_of([(4.0, 1.0)], [(3.0, 1.0)]).value == pytest.approx(-0.25)


def test_shares_keep_within_none_and_all() -> None:
    none, every = share_of(0, 20), share_of(20, 20)
    assert none.low == 0.0 and 0.1 < none.high < 0.25
    assert every.high == 1.0 and 0.75 < every.low < 0.9
    assert share_of(0, 0).value == 0.0


def test_holm_asks_more_the_more_was_looked_at() -> None:
    assert surely({"a": 0.04}) == {"a"}
    assert surely({"a": 0.04, "b": 0.9}) == set()
    assert surely({"a": 0.01, "b": 0.03, "c": 0.9}) == {"a"}


def test_so_few_of_so_many() -> None:
    assert chance_of_so_few(0, 1, 0.95) == pytest.approx(0.05)
    assert chance_of_so_few(40, 40, 0.95) == pytest.approx(1.0)


def test_a_mean_lies_in_its_interval() -> None:
    low, high = mean_interval([(value, 1.0) for value in (1, 2, 3, 4, 5)])
    assert 1 <= low < 3 < high <= 5
    assert mean_interval([(4.0, 2.0)]) == (2.0, 2.0)
