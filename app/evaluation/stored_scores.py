"""Scores as the store keeps them, in the shape of a report's: for runs of earlier versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.evaluation.page_reading import Part, parts
from app.store.values import Score

# What a report calls it, its unit, and which way is better; in the order in which it is shown.
_MEASURES = {
    "test_loss": ("test_loss", "loss", "lower"),
    "replay_loss": ("retention", "loss", "lower"),
    "checks": ("checks", "share", "higher"),
}


def score_rows(report: Part, stored: Iterable[Score]) -> list[Part]:
    """The scores of a report; of one that has none, those of the store."""
    found = parts(report, "scores")
    return found or _rows(stored)


def _rows(stored: Iterable[Score]) -> list[Part]:
    order = list(_MEASURES)
    known = [each for each in stored if each.measure in _MEASURES]
    known.sort(key=lambda each: (order.index(each.measure), each.group))
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for score in known:
        measure, unit, better = _MEASURES[score.measure]
        row = rows.setdefault(
            (measure, score.group),
            {
                "measure": measure, "group": score.group, "unit": unit, "better": better,
                "values": {},
            },
        )  # fmt: skip
        row["values"][score.subject] = {"value": score.value, "n": score.n}
    return list(rows.values())
