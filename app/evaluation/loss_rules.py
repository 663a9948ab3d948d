"""The rules on losses: better where it was taught, and no worse where it was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

from app.evaluation.evidence import GateInput, Loss, Reason, mean
from app.evaluation.reason_words import reason
from app.evaluation.statistics import Change, change_of
from app.evaluation.thresholds import Thresholds


def too_little(found: GateInput, rules: Thresholds) -> Iterator[Reason]:
    """What is too small to judge by at all."""
    count = len(found.test["candidate"])
    if count < rules.least_test:
        yield _short("conversations", count, rules.least_test)
    for group, subjects in found.retention.items():
        count = len(subjects["candidate"])
        if count < rules.least_retention:
            yield _short(group, count, rules.least_retention)
    if not found.retention:
        yield _short("replay", 0, rules.least_retention)


def better(found: GateInput, rules: Thresholds) -> Iterator[Reason]:
    """Better than base and adapter in use on held-out conversations, corrected ones also apart."""
    # Whoever tries again and again passes once by chance: each attempt gets its part of it.
    chance = rules.chance / found.attempts
    candidate = found.test["candidate"]
    for subject in ("base", "parent"):
        before = found.test.get(subject)
        if before is None:
            continue
        change = _change(before, candidate)
        asked = -rules.least_gain_over_base if subject == "base" else 0.0
        gained = change.value < 0 and change.value <= asked
        sure = gained and change.chance < chance
        hopeful = subject == "parent" and change.value < 0
        unsure = not sure and (gained or hopeful) and change.low < -rules.worth_waiting_for
        values = {
            "before": mean(before), "now": mean(candidate), "change": change.value,
            "low": change.low, "high": change.high, "asked": asked, "count": len(candidate),
            "needed": _needed(change, len(candidate)), "attempts": found.attempts,
        }  # fmt: skip
        yield reason(f"better_than_{subject}", sure, values, unsure=unsure)
    yield from _corrected(found, rules)


def retention(found: GateInput, rules: Thresholds) -> Iterator[Reason]:
    """At most so much worse than the base, and than the best adapter this persona ever had."""
    for group, subjects in found.retention.items():
        for other in ("base", "best"):
            before, after = _paired(subjects.get(other, ()), subjects["candidate"])
            if len(before) < rules.least_retention:
                continue
            change = _change(before, after)
            values = {
                "of": group, "than": other, "change": change.value, "low": change.low,
                "high": change.high, "most": rules.most_forgotten, "count": len(before),
            }  # fmt: skip
            # Of few items the bound says more of them than of the adapter.
            worst = change.high if len(before) >= rules.least_for_bound else change.value
            unsure = change.value <= rules.most_forgotten < worst
            held = worst <= rules.most_forgotten
            yield reason(f"retention_{group}", held, values, unsure=unsure)


def _corrected(found: GateInput, rules: Thresholds) -> Iterator[Reason]:
    """Corrected replies on their own; too few of them are shown and do not decide."""
    than = "parent" if "parent" in found.test else "base"
    before, after = (
        [Loss(row.id, row.corrected, row.corrected_tokens) for row in rows if row.corrected_tokens]
        for rows in _paired(found.test[than], found.test["candidate"])
    )
    if not after:
        return
    change = _change(before, after)
    values: dict[str, Any] = {
        "before": mean(before), "now": mean(after), "change": change.value,
        "low": change.low, "high": change.high, "count": len(after), "than": than,
    }  # fmt: skip
    decides = len(after) >= rules.least_corrected
    yield reason("corrected", change.value < 0, values, decides=decides)


def _paired(before: Sequence[Loss], after: Sequence[Loss]) -> tuple[Sequence[Loss], Sequence[Loss]]:
    """The rows of both that are of the same conversation, in one order."""
    old = {row.id: row for row in before}
    shared = [row for row in after if row.id in old]
    return [old[row.id] for row in shared], shared


def _change(before: Sequence[Loss], after: Sequence[Loss]) -> Change:
    old, new = _paired(before, after)
    return change_of(
        [(row.total, row.tokens) for row in old], [(row.total, row.tokens) for row in new]
    )


def _needed(change: Change, count: int) -> int:
    """How many conversations would tell, if what was found goes on."""
    if not change.value:
        return 0
    reach = (change.high - change.low) / 2
    return ceil(count * (reach / abs(change.value)) ** 2) if reach != float("inf") else 2 * count


def _short(of: str, count: int, needed: int) -> Reason:
    return reason("too_little", False, {"of": of, "count": count, "needed": needed}, unsure=True)
