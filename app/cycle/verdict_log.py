"""The gate's part of TRAINING_LOG.md: what was found of the adapter, beside how it was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from app.evaluation.evidence import Verdict
from app.store import Score
from trainer.contract.folder import write_atomically

HEADING = "## Verdict of the gate"


def log_verdict(log: Path, verdict: Verdict, scores: Iterable[Score]) -> None:
    """Append verdict, reasons and scores, in place of those of a gate that was broken off."""
    before = log.read_text("utf-8") if log.is_file() else ""
    # Words of people stand behind a mark there, so no line of theirs can look like the heading.
    kept = before.partition(f"\n{HEADING}\n")[0].rstrip("\n")
    start = f"{kept}\n\n" if kept else "\n"
    write_atomically(log, start + "\n".join([HEADING, "", *_lines(verdict, scores)]) + "\n")


def _lines(verdict: Verdict, scores: Iterable[Score]) -> Iterator[str]:
    yield f"- verdict: {verdict.verdict}"
    for reason in verdict.reasons:
        yield f"- {'holds' if reason.passed else 'does not hold'}: {reason.text}"
    for score in scores:
        name = " ".join(each for each in (score.measure, score.group) if each)
        yield f"- {score.subject}, {name}: {score.value:.6g} (of {score.n})"
