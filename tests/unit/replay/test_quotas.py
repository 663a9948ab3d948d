"""Numbers that must add up, or the bar of the mix lies."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from replay.quotas import largest_remainder

WEIGHTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.integers(0, 500))


def test_the_design_s_proportion_is_kept() -> None:
    targets = {"persona": 200, "korean": 300, "coding": 300, "general": 200}
    assert largest_remainder(215, targets) == {
        "persona": 43,
        "korean": 64,
        "coding": 65,
        "general": 43,
    }


def test_what_a_short_group_lacks_goes_to_the_others_in_their_proportion() -> None:
    assert largest_remainder(100, {"a": 1, "b": 1, "c": 2}, {"a": 5, "b": 99, "c": 99}) == {
        "a": 5,
        "b": 32,
        "c": 63,
    }


@given(st.integers(0, 2000), WEIGHTS, st.data())
def test_the_parts_add_up_and_stay_within_their_limits(
    total: int, weights: dict[str, int], data: st.DataObject
) -> None:
    limits = {name: data.draw(st.integers(0, 300)) for name in weights}
    parts = largest_remainder(total, weights, limits)
    assert all(0 <= parts[name] <= limits[name] for name in weights)
    reachable = sum(limit for name, limit in limits.items() if weights[name])
    assert sum(parts.values()) == min(total, reachable)


@given(st.integers(0, 2000), WEIGHTS)
def test_no_part_is_a_whole_one_off_its_exact_share(total: int, weights: dict[str, int]) -> None:
    parts = largest_remainder(total, weights)
    whole = sum(weights.values())
    for name, weight in weights.items():
        if whole:
            assert abs(parts[name] - total * weight / whole) < 1
