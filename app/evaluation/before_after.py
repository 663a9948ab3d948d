"""Which replies a report shows side by side: the best, the worst, and what changed most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.evaluation.evidence import Loss
from app.evaluation.exam import CaseResult
from replay.measures.variety import variety

SHOWN = 20
EACH = 5


def before_after(
    replies: Sequence[Mapping[str, str]],
    test: Mapping[str, Sequence[Loss]],
    cases: Mapping[str, Sequence[CaseResult]],
    asked: Mapping[str, str],
) -> tuple[dict[str, Any], ...]:
    """Held-out prompts by how the loss of what was wanted changed; then cases of the exam."""
    changes = _changes(test)
    told = [{**reply, "change": changes.get(reply["id"])} for reply in replies]
    told.sort(key=lambda row: row["change"] if row["change"] is not None else 0.0)
    each = min(EACH, len(told) // 3)
    best, middle, worst = told[:each], told[each : len(told) - each], told[len(told) - each :]
    middle = sorted([*middle, *_of_exam(cases, asked)], key=_moved, reverse=True)
    chosen = [
        *({**row, "why": "most_changed"} for row in middle[: SHOWN - 2 * each]),
        *({**row, "why": "best"} for row in best),
        *({**row, "why": "worst"} for row in reversed(worst)),
    ]
    return tuple(chosen)


def _changes(test: Mapping[str, Sequence[Loss]]) -> dict[str, float]:
    before = {row.id: row for row in test["base"] if row.tokens and row.total}
    return {
        row.id: round(
            (row.total / row.tokens) / (before[row.id].total / before[row.id].tokens) - 1, 4
        )
        for row in test["candidate"]
        if row.id in before and row.tokens
    }


def _of_exam(
    cases: Mapping[str, Sequence[CaseResult]], asked: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Questions of the exam that were answered in words."""
    said = {name: {case.id: case.reply for case in results} for name, results in cases.items()}
    return [
        {"id": case.id, "prompt": asked[case.id], "change": None}
        | {name: replies[case.id] for name, replies in said.items() if case.id in replies}
        for case in cases["candidate"]
        if case.reply and case.id in asked
    ]


def _moved(row: Mapping[str, Any]) -> float:
    return variety([str(row.get("base", "")), str(row.get("candidate", ""))])
