"""The gate decides what goes live: a wrong verdict costs a person their persona."""

from __future__ import annotations

import pytest

from app.evaluation.exam import CaseResult
from app.evaluation.gate import GateInput, Loss, Thresholds, judge
from app.evaluation.statistics import chance_of_losing, chance_of_no_gain


def losses(mean: float, count: int = 12, spread: float = 0.0) -> list[Loss]:
    return [Loss(f"c{i}", (mean + spread * (i % 3 - 1)) * 20, 20) for i in range(count)]


def cases(passed: int, total: int = 50, group: str = "coding") -> list[CaseResult]:
    return [CaseResult(f"{group}-{i}", group, i < passed, "", None, "reply") for i in range(total)]


def month(
    *,
    base: float = 4.0,
    candidate: float = 3.0,
    parent: float | None = None,
    retention: float = 2.0,
    passed: int = 28,
    count: int = 12,
) -> GateInput:
    test = {"base": losses(base, count), "candidate": losses(candidate, count)}
    if parent is not None:
        test["parent"] = losses(parent, count)
    replay = {"base": losses(2.0), "candidate": losses(retention)}
    return GateInput(test, {"coding": replay}, cases(28), cases(passed))


def failed(found: GateInput) -> set[str]:
    return {reason.kind for reason in judge(found).reasons if not reason.passed}


def test_a_better_candidate_that_forgot_nothing_passes() -> None:
    verdict = judge(month())
    assert verdict.verdict == "passed" and all(reason.passed for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (month(candidate=3.9), "better_than_base"),
        (month(candidate=4.4), "better_than_base"),
        (month(parent=3.0), "better_than_parent"),
        (month(parent=2.8), "better_than_parent"),
        (month(retention=2.11), "retention_coding"),
        (month(passed=17), "checks_coding"),
    ],
)
def test_each_rule_can_refuse_alone(found: GateInput, kind: str) -> None:
    assert judge(found).verdict == "refused"
    assert failed(found) == {kind}


def test_small_losses_of_retention_and_luck_in_checks_do_not_refuse() -> None:
    assert judge(month(retention=2.09, passed=26)).verdict == "passed"


def test_forgetting_is_named_first_and_in_words() -> None:
    sentence = judge(month(retention=2.46)).sentence
    assert sentence.startswith("Refused: It forgot: coding +23%")


def test_too_little_to_judge_by_is_undecided_not_passed() -> None:
    assert judge(month(count=7)).verdict == "undecided"
    found = month()
    few = {"coding": {name: list(rows)[:9] for name, rows in found.replay_test["coding"].items()}}
    assert judge(GateInput(found.test, few, [], [])).verdict == "undecided"
    assert judge(GateInput(found.test, {}, [], [])).verdict == "undecided"


def test_a_mean_that_one_conversation_made_is_no_gain() -> None:
    """One lucky conversation must not carry a month."""
    before = [Loss(f"c{i}", 80.0, 20) for i in range(10)]
    after = [Loss(f"c{i}", 81.0, 20) for i in range(9)] + [Loss("c9", 1.0, 20)]
    found = month()
    verdict = judge(
        GateInput({"base": before, "candidate": after}, found.replay_test, cases(28), cases(28))
    )
    assert verdict.verdict == "refused"


def test_the_two_tests_are_exact_and_repeatable() -> None:
    assert chance_of_losing(0, 0) == 1.0
    assert chance_of_losing(5, 0) == pytest.approx(1 / 32)
    assert chance_of_losing(10, 8) > 0.3
    pairs = [(80.0 + i, 20) for i in range(10)]
    better = [(total - 5, tokens) for total, tokens in pairs]
    assert chance_of_no_gain(pairs, better) == 0.0
    assert chance_of_no_gain(better, pairs) == 1.0


def test_the_thresholds_are_what_they_were() -> None:
    """They are fixed before the work they judge."""
    assert Thresholds() == Thresholds(1, 0.05, 0.05, 0.05, 8, 10)
