"""How numbers read: one place for the report, the window and the terminal."""

from __future__ import annotations

import math

from app.words import Words

NOTHING = "–"
_ENGLISH = Words("en")
# From here on digits behind the point say nothing, and a line would not hold them all.
_LARGE = 1e9


def shown(value: float | None, unit: str, words: Words = _ENGLISH) -> str:
    """A number as people read it; units are loss, share, change, seconds, tokens_per_s, number."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit == "share":
        return f"{_percent(value)} %"
    if unit == "change":
        return _change(value)
    if unit == "seconds":
        return _seconds(value, words)
    if unit == "tokens_per_s":
        return words("{count} tokens/s", count=_fixed(value, 0 if value >= 100 else 1))
    if unit == "loss":
        return _fixed(value, 3)
    return _fixed(value, 0 if float(value).is_integer() else 2)


def _fixed(value: float, digits: int) -> str:
    if abs(value) >= _LARGE:
        return f"{value:.3g}"
    # Adding zero makes a zero of "-0".
    return f"{round(value, digits) + 0.0:,.{digits}f}"


def _percent(value: float) -> str:
    percent = value * 100
    whole = round(percent)
    # One lost check of 300 is not "100 %", and one that is passed is not "0 %".
    missed = whole in (0, 100) and abs(percent - whole) >= 0.05
    return _fixed(percent, 1 if missed else 0)


def _change(value: float) -> str:
    percent = _fixed(value * 100, 1)
    return f"{percent} %" if percent.startswith(("-", "0.0")) else f"+{percent} %"


def _seconds(value: float, words: Words) -> str:
    if round(value, 1) < 10:
        return words("{seconds} s", seconds=_fixed(value, 1))
    minutes, seconds = divmod(round(value), 60)
    if not minutes:
        return words("{seconds} s", seconds=seconds)
    if minutes < 60:
        return words("{minutes} min {seconds} s", minutes=minutes, seconds=seconds)
    hours, minutes = divmod(minutes, 60)
    return words("{hours} h {minutes} min", hours=hours, minutes=minutes)
