"""report.json: the verdict with everything that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.evaluation.exam import CaseResult
from app.evaluation.gate import GateInput, Verdict, mean
from replay.measures.style import distance, style_of


class Report(BaseModel):
    """What a person, the window and `--json` read."""

    model_config = ConfigDict(frozen=True)

    version: int = 1
    verdict: str
    sentence: str
    reasons: tuple[dict[str, Any], ...]
    scores: dict[str, Any]
    replies: tuple[dict[str, str], ...]
    mix: dict[str, Any]
    seconds: dict[str, float]


def scores_of(found: GateInput) -> dict[str, Any]:
    """Losses, passed checks and manner of base, parent and candidate side by side."""
    subjects = {}
    checks = {"base": found.base_cases, "candidate": found.candidate_cases}
    for subject, test in found.test.items():
        retention = {}
        for group, losses in found.replay_test.items():
            loss, base = mean(losses[subject]), mean(losses["base"])
            cases = [case for case in checks.get(subject, ()) if case.group == group]
            retention[group] = {
                "loss": round(loss, 4),
                "relative": round(loss / base - 1, 4),
                "checks_passed": sum(case.passed for case in cases) if cases else None,
                "checks_total": len(cases) if cases else None,
            }
        subjects[subject] = {
            "test_loss": round(mean(test), 4),
            "retention": retention,
            "style": _style(checks.get(subject, ()), found.base_cases),
        }
    return {"base": None, "parent": None, "candidate": None, **subjects}


def _style(cases: Sequence[CaseResult], base: Sequence[CaseResult]) -> dict[str, float] | None:
    """How the replies to the checks sound, and how far that is from the base."""
    if not cases:
        return None
    style = style_of([case.reply for case in cases])
    apart = distance(style, style_of([case.reply for case in base]))
    return {**style.numbers(), "distance_from_base": apart}


def make_report(
    verdict: Verdict,
    found: GateInput,
    replies: tuple[dict[str, str], ...],
    mix: dict[str, Any],
    seconds: dict[str, float],
) -> Report:
    """Put the report together."""
    return Report(
        verdict=verdict.verdict,
        sentence=verdict.sentence,
        reasons=tuple(vars(reason) for reason in verdict.reasons),
        scores=scores_of(found),
        replies=replies,
        mix=mix,
        seconds=seconds,
    )
