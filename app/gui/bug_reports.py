"""Bugs that the window meets: each is written into the home once, and goes nowhere from there."""

from __future__ import annotations

import traceback
from pathlib import Path

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QApplication

from app.gui.recent_steps import recent_steps
from app.home import Home

MOST_REPORTS = 20  # of one process: something that is drawn anew may fail at every moment


class BugReports:
    """What was written since the window opened."""

    def __init__(self) -> None:
        self.home: Home | None = None
        self.page = "chat"
        self._written: dict[str, Path] = {}

    def keep(self, error: BaseException) -> Path | None:
        """Write a report, unless the same bug has one; None where that does not go."""
        # It would delay a window that opens.
        from app.operations.crash_reports import report_text, write_report

        if self.home is None:
            return None
        places = traceback.extract_tb(error.__traceback__)
        same = f"{type(error).__name__} {[(each.filename, each.lineno) for each in places]}"
        if same not in self._written and len(self._written) < MOST_REPORTS:
            trace = "".join(traceback.format_exception(error))
            path = write_report([self.home.logs], report_text(trace, self._facts()))
            if path is not None:
                self._written[same] = path
        return self._written.get(same)

    def _facts(self) -> dict[str, str]:
        on_top = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        writing = QApplication.focusWidget()
        return {
            "qt": qVersion(),
            "page": self.page,
            "dialog": type(on_top).__name__ if on_top else "",
            "keyboard in": type(writing).__name__ if writing else "",
            "done last": "".join(f"\n  {each}" for each in recent_steps()),
        }


_REPORTS: list[BugReports] = []


def bug_reports() -> BugReports:
    """The reports of this process."""
    if not _REPORTS:
        _REPORTS.append(BugReports())
    return _REPORTS[0]
