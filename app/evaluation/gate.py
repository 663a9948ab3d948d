"""The gate: a candidate goes live only if it is measurably better and has forgotten nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.evaluation.exam import CaseResult
from app.evaluation.statistics import chance_of_losing, chance_of_no_gain

Outcome = Literal["passed", "refused", "undecided"]

_TROUBLES = {"empty": "empty", "echo": "repeating the question", "loop": "loops"}


@dataclass(frozen=True)
class Thresholds:
    """What the gate asks for; a change is a new version, never made to let a run pass."""

    version: int = 1
    least_gain_over_base: float = 0.05
    chance: float = 0.05
    most_forgotten: float = 0.05
    least_test: int = 8
    least_replay_test: int = 10


@dataclass(frozen=True)
class Loss:
    """The loss of one held-out conversation, summed over its taught tokens."""

    id: str
    total: float
    tokens: int


@dataclass(frozen=True)
class GateInput:
    """Everything that the verdict rests on; subjects are base, parent (if any), candidate."""

    test: Mapping[str, Sequence[Loss]]
    replay_test: Mapping[str, Mapping[str, Sequence[Loss]]]
    base_cases: Sequence[CaseResult]
    candidate_cases: Sequence[CaseResult]


@dataclass(frozen=True)
class Reason:
    """One rule, in words; `values` are what the words are made of, for other languages."""

    kind: str
    text: str
    passed: bool
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The outcome with its reasons, the deciding ones first."""

    verdict: Outcome
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if self.verdict == "passed":
            return "Passed: it answers more like the persona and has forgotten nothing."
        failed = " ".join(reason.text for reason in self.reasons if not reason.passed)
        start = "Refused" if self.verdict == "refused" else "Undecided"
        return f"{start}: {failed}"


def mean(losses: Iterable[Loss]) -> float:
    """Loss per token over conversations."""
    rows = list(losses)
    tokens = sum(row.tokens for row in rows)
    return sum(row.total for row in rows) / tokens if tokens else float("nan")


def judge(found: GateInput, thresholds: Thresholds | None = None) -> Verdict:
    """Apply every rule; all reasons are given, also those that hold."""
    rules = thresholds or Thresholds()
    small = list(_too_little(found, rules))
    if small:
        return Verdict("undecided", tuple(small))
    reasons = [
        *_better(found, rules),
        *_retention(found, rules),
        *_checks(found, rules),
    ]
    refused = any(not reason.passed for reason in reasons)
    reasons.sort(key=lambda reason: reason.passed)
    return Verdict("refused" if refused else "passed", tuple(reasons))


def _too_little(found: GateInput, rules: Thresholds) -> Iterable[Reason]:
    count = len(found.test["candidate"])
    if count < rules.least_test:
        yield Reason(
            "too_little",
            f"Only {count} held-out conversations to judge by; {rules.least_test} are needed."
            " Rate more replies.",
            False,
            {"of": "conversations", "count": count, "needed": rules.least_test},
        )
    for group, subjects in found.replay_test.items():
        count = len(subjects["candidate"])
        if count < rules.least_replay_test:
            yield Reason(
                "too_little",
                f"Only {count} held-out {group} questions to see what was forgotten;"
                f" {rules.least_replay_test} are needed.",
                False,
                {"of": group, "count": count, "needed": rules.least_replay_test},
            )
    if not found.replay_test:
        text = "Nothing is held out to see what was forgotten."
        yield Reason("too_little", text, False, {"of": "replay", "count": 0})


def _better(found: GateInput, rules: Thresholds) -> Iterable[Reason]:
    candidate = found.test["candidate"]
    base, now = mean(found.test["base"]), mean(candidate)
    gain = 1 - now / base
    passed = gain >= rules.least_gain_over_base and _surely(found.test["base"], candidate, rules)
    yield Reason(
        "better_than_base",
        f"It predicts your approved replies {'better' if gain > 0 else 'worse'} than the base:"
        f" loss {base:.2f} to {now:.2f} ({-gain:+.0%}; at least"
        f" {-rules.least_gain_over_base:.0%} is asked for).",
        passed,
        {"before": base, "now": now, "change": -gain, "asked": -rules.least_gain_over_base},
    )
    parent = found.test.get("parent")
    if parent is not None:
        change = now / mean(parent) - 1
        passed = change < 0 and _surely(parent, candidate, rules)
        text = (
            "It is better than the adapter in use"
            if passed
            else "It is not surely better than the adapter in use"
        )
        yield Reason(
            "better_than_parent", f"{text}: loss {mean(parent):.2f} to {now:.2f} ({change:+.0%}).",
            passed,
            {"before": mean(parent), "now": now, "change": change},
        )  # fmt: skip


def _surely(before: Sequence[Loss], after: Sequence[Loss], rules: Thresholds) -> bool:
    old = {loss.id: (loss.total, loss.tokens) for loss in before}
    pairs = [(old[loss.id], (loss.total, loss.tokens)) for loss in after]
    chance = chance_of_no_gain([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return chance < rules.chance


def _retention(found: GateInput, rules: Thresholds) -> Iterable[Reason]:
    for group, subjects in found.replay_test.items():
        change = mean(subjects["candidate"]) / mean(subjects["base"]) - 1
        passed = change <= rules.most_forgotten
        text = "It kept" if passed else "It forgot"
        yield Reason(
            f"retention_{group}",
            f"{text}: {group} {change:+.0%} loss on held-out answers (at most"
            f" {rules.most_forgotten:+.0%}).",
            passed,
            {"of": group, "change": change, "most": rules.most_forgotten},
        )


def _checks(found: GateInput, rules: Thresholds) -> Iterable[Reason]:
    before = {case.id: case for case in found.base_cases}
    for group in dict.fromkeys(case.group for case in found.candidate_cases):
        cases = [case for case in found.candidate_cases if case.group == group]
        lost = sum(before[case.id].passed and not case.passed for case in cases)
        won = sum(case.passed and not before[case.id].passed for case in cases)
        passed = chance_of_losing(lost, won) >= rules.chance
        right = sum(case.passed for case in cases)
        had = sum(before[case.id].passed for case in cases)
        troubles = _troubles(cases)
        text = "It can still do" if passed else "It forgot"
        yield Reason(
            f"checks_{group}",
            f"{text}: {group} checks {had} of {len(cases)} before, {right} now"
            f" ({lost} lost, {won} gained).{_trouble_words(troubles)}",
            passed,
            {
                "of": group, "had": had, "count": len(cases), "right": right, "lost": lost,
                "gained": won, "troubles": troubles,
            },
        )  # fmt: skip


def _troubles(cases: Sequence[CaseResult]) -> dict[str, int]:
    counts = {kind: sum(case.trouble == kind for case in cases) for kind in _TROUBLES}
    return {kind: count for kind, count in counts.items() if count}


def _trouble_words(troubles: Mapping[str, int]) -> str:
    parts = [f"{count} {_TROUBLES[kind]}" for kind, count in troubles.items()]
    return f" Failed replies among them: {', '.join(parts)}." if parts else ""
