"""The terminal shows the numbers of the report, not numbers of its own."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from app.cli_report import show_report
from app.store import Score
from tests.unit.app.evaluation.example_report import example_report


def shown(report: dict[str, Any], scores: tuple[Score, ...] = ()) -> str:
    out = Console(width=200, highlight=False)
    with out.capture() as captured:
        show_report(out, report, scores, str(report.get("verdict", "")))
    return captured.get()


def test_every_reason_says_how_it_stands() -> None:
    report = example_report()
    report["reasons"].append(
        {"kind": "variety", "text": "Its [b]replies.", "passed": False, "unsure": True}
    )
    told = shown(report)
    assert "holds   It is closer" in told and "FAILS   It forgot: coding" in told
    assert "shown   It answers at" in told and "unclear Its [b]replies." in told


def test_scores_are_those_of_the_report_with_their_ranges() -> None:
    told = shown(example_report())
    assert (
        "2.914" in told and "2.720 to 3.110" in told and "61.4 tokens/s" in told and "65 %" in told
    )
    assert "No: the adapter does better than examples in the prompt can." in told
    assert "Warning: It begins to learn" in told and "17 more are in the run's report." in told


def test_an_earlier_report_shows_what_the_store_keeps() -> None:
    report = {
        "verdict": "refused", "scores": {"base": {}}, "reasons": [],
        "replies": [{"prompt": "Tea?", "base": "No.", "candidate": "[b]Yes."}],
    }  # fmt: skip
    stored = (
        Score("r", "base", "test_loss", "", 2.71, 16),
        Score("r", "candidate", "test_loss", "", 1.52, 16),
        Score("r", "candidate", "checks", "coding", 0.4, 40),
    )
    told = shown(report, stored)
    assert "2.710" in told and "1.520" in told and "40 %" in told and "better" in told
    assert "“Tea?”" in told and "[b]Yes." in told


def test_an_overruled_verdict_says_why() -> None:
    told = shown(example_report() | {"overruled": {"because": "Its tone [x]", "at": ""}})
    assert "you used it all the same, because: Its tone [x]" in told
    assert shown({}) != ""
