"""The gate: a candidate goes live only if it is measurably better and has forgotten nothing."""

from __future__ import annotations

from app.evaluation import ability_rules, loss_rules
from app.evaluation.evidence import GateInput, Outcome, Reason, Verdict
from app.evaluation.thresholds import Thresholds


def judge(found: GateInput, thresholds: Thresholds | None = None) -> Verdict:
    """Apply every rule; all reasons are given, also those that hold."""
    rules = thresholds or Thresholds()
    small = tuple(loss_rules.too_little(found, rules))
    if small:
        return Verdict("undecided", small)
    reasons = [
        *loss_rules.better(found, rules),
        *loss_rules.retention(found, rules),
        *ability_rules.checks(found, rules),
        *ability_rules.variety(found, rules),
    ]
    # Sorting keeps the order of the rules among those of one standing.
    reasons.sort(key=_standing)
    return Verdict(_outcome(reasons), tuple(reasons))


def _standing(reason: Reason) -> int:
    if not reason.decides:
        return 3
    if reason.passed:
        return 2
    return 1 if reason.unsure else 0


def _outcome(reasons: list[Reason]) -> Outcome:
    against = [reason for reason in reasons if reason.decides and not reason.passed]
    if not against:
        return "passed"
    return "undecided" if all(reason.unsure for reason in against) else "refused"
