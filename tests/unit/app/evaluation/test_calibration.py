"""Hundreds of months, drawn from recorded ones: how often the gate is wrong about them."""

from __future__ import annotations

from tests.bench.bench_calibration import MONTHS, MOST_WRONG, wrong_verdicts
from tests.spoiling import WAYS


def test_few_good_months_are_refused_and_few_spoilt_ones_pass() -> None:
    wrong, told = wrong_verdicts(MONTHS)
    assert len(WAYS) > 10, "one is good, ten at least are spoilt"
    for good, (errors, months) in wrong.items():
        assert months >= 200 and errors <= MOST_WRONG * months, (good, errors, months, told)
