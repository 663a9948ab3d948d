"""Report, window and terminal would show different digits if these failed."""

from __future__ import annotations

import math

import pytest

from app.evaluation.numbers import NOTHING, shown
from app.words import Words


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (3.7123, "loss", "3.712"),
        (-0.0001, "loss", "0.000"),
        (0.87, "share", "87 %"),
        (1, "share", "100 %"),
        (0.0, "share", "0 %"),
        (0.041, "change", "+4.1 %"),
        (-0.215, "change", "-21.5 %"),
        (0.0, "change", "0.0 %"),
        (-0.0001, "change", "0.0 %"),
        (0.0006, "change", "+0.1 %"),
        (4.21, "seconds", "4.2 s"),
        (9.97, "seconds", "10 s"),
        (42.4, "seconds", "42 s"),
        (59.7, "seconds", "1 min 0 s"),
        (270.1, "seconds", "4 min 30 s"),
        (7_260, "seconds", "2 h 1 min"),
        (61.42, "tokens_per_s", "61.4 tokens/s"),
        (1234.5, "tokens_per_s", "1,234 tokens/s"),
        (203, "number", "203"),
        (12_345, "number", "12,345"),
        (0.814, "number", "0.81"),
        (0.814, "a unit of tomorrow", "0.81"),
    ],
)
def test_numbers_read_as_people_write_them(value: float, unit: str, told: str) -> None:
    assert shown(value, unit) == told


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("unit", ["loss", "share", "change", "seconds", "tokens_per_s", "number"])
def test_what_was_not_measured_is_no_number(value: float | None, unit: str) -> None:
    assert shown(value, unit) == NOTHING


def test_one_lost_case_of_many_never_reads_as_all() -> None:
    assert shown(299 / 300, "share") == "99.7 %"
    assert shown(1 / 300, "share") == "0.3 %"
    assert shown(1.0, "share") == "100 %"


def test_a_number_out_of_all_proportion_stays_short() -> None:
    units = ["loss", "share", "change", "seconds", "tokens_per_s", "number"]
    assert all(len(shown(1e300, unit)) < 350 for unit in units)
    assert shown(1e300, "loss") == "1e+300"


def test_times_are_told_in_the_language_of_the_reader() -> None:
    words = Words("ko", {"{minutes} min {seconds} s": "{minutes}분 {seconds}초"})
    assert shown(270.1, "seconds", words) == "4분 30초"
