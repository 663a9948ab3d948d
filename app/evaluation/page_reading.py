"""Reading a report that may lack parts, or hold what does not belong there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.evaluation.evidence import SUBJECTS

Part = Mapping[str, Any]
_LONGEST_NAME = 200


def part(value: object, name: str) -> Part:
    """A part of a report; an empty one if it is not there."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def parts(value: object, name: str) -> list[Part]:
    """The rows of a part; what is no row is left out."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def number(value: object) -> float | None:
    """A number that can be shown and drawn."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def text(value: object) -> str:
    """A short text of a report; nothing for what is none."""
    return value[:_LONGEST_NAME] if isinstance(value, str) else ""


def moment(value: object) -> str:
    """A time in UTC to the minute; as it stands where it is no time."""
    try:
        at = datetime.fromisoformat(text(value))
        at = at.astimezone(UTC) if at.tzinfo else at
    except (ValueError, OverflowError):
        return text(value)
    return f"{at:%Y-%m-%d %H:%M} UTC"


def points(value: object) -> list[tuple[float, float]]:
    """The points of a curve by step; those that cannot be drawn are left out."""
    found = []
    for row in value if isinstance(value, list) else ():
        if isinstance(row, list | tuple) and len(row) == 2:
            step, loss = number(row[0]), number(row[1])
            if step is not None and loss is not None:
                found.append((step, loss))
    return sorted(found)


def scores_of(report: Part, measure: str) -> list[Part]:
    """The rows of one measure, a group each."""
    return [row for row in parts(report, "scores") if row.get("measure") == measure]


def value_of(row: Part, subject: str) -> float | None:
    """What a subject reached in a row."""
    return number(part(part(row, "values"), subject).get("value"))


def subjects_in(rows: Iterable[Part]) -> list[str]:
    """The subjects that were measured at all, in their order."""
    told = list(rows)
    return [name for name in SUBJECTS if any(value_of(row, name) is not None for row in told)]
