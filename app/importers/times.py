"""Moments as others write them: seconds, milliseconds, ISO 8601, and SillyTavern's own ways."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_EARLIEST, _LATEST = 0.0, 4_102_444_800.0  # 1970 to 2100: what lies outside is no time of a chat
_TAVERN = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})\s?@\s?(\d{1,2})h\s?(\d{1,2})m\s?(\d{1,2})s(?:\s?(\d{1,3})ms)?"
)
_SPOKEN = re.compile(r"([A-Z][a-z]+) (\d{1,2}), (\d{4}) (\d{1,2}):(\d{2})\s?([ap]m)", re.IGNORECASE)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip


def moment_of(value: Any) -> str:
    """A moment as the store writes it; empty when it is none."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, int | float):
        return _of_number(float(value))
    if not isinstance(value, str) or not value or len(value) > 60:
        return ""
    try:
        return _of_text(value.strip())
    except (ValueError, OverflowError):
        return ""


def _of_number(seconds: float) -> str:
    for _ in range(3):  # milli-, micro-, nanoseconds
        if seconds > _LATEST:
            seconds /= 1000
    if not _EARLIEST < seconds < _LATEST:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def _of_text(text: str) -> str:
    if found := _TAVERN.fullmatch(text):
        year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
        milliseconds = int(found[7] or 0)
        moment = datetime(year, month, day, hour, minute, second, milliseconds * 1000)
    elif found := _SPOKEN.fullmatch(text):
        month = _MONTHS.index(found[1].lower()) + 1
        hour = int(found[4]) % 12 + (12 if found[6].lower() == "pm" else 0)
        moment = datetime(int(found[3]), month, int(found[2]), hour, int(found[5]))
    elif text.replace(".", "", 1).isdecimal():
        return _of_number(float(text))
    else:
        moment = datetime.fromisoformat(text)
    # What names no zone was written on some clock on some wall; it is taken for UTC.
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if not _EARLIEST < moment.timestamp() < _LATEST:
        return ""
    return moment.isoformat(timespec="microseconds")
