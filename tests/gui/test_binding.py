"""PySide6 6.12.0 on Python 3.11 loses a reference to None with each call that returns nothing."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication, QWidget

CALLS = 500


def test_calls_into_qt_do_not_use_none_up(qapp: QApplication) -> None:
    """With such a binding the window's process dies after some minutes of use."""
    widget = QWidget()
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        widget.setEnabled(True)
    assert sys.getrefcount(None) > before - CALLS // 2
