"""Days and durations in words."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDate, QLocale

from app.gui.translation import current_language, tr

_LOCALES = {"en": QLocale(QLocale.Language.English), "ko": QLocale(QLocale.Language.Korean)}


def day(moment: str) -> str:
    """The local day of a stored time, like 14 Nov or 11월 14일; of another year, with the year."""
    then = datetime.fromisoformat(moment).astimezone().date()
    shape = "M월 d일" if current_language() == "ko" else "d MMM"
    if then.year != datetime.now().year:
        shape = f"yyyy년 {shape}" if current_language() == "ko" else f"{shape} yyyy"
    date = QDate(then.year, then.month, then.day)
    return _LOCALES[current_language()].toString(date, shape)


def duration(seconds: float) -> str:
    """Time left, in the unit that one can use."""
    if seconds < 60:
        return tr("under a minute")
    minutes = round(seconds / 60)
    if minutes < 60:
        return tr("{minutes} min", minutes=minutes)
    return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
