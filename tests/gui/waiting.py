"""Waiting for the window's threads, also on a machine that is busy with other things."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

TIMEOUT_MS = 30_000


def wait_until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Let the window live until the condition holds, and what it threw away meanwhile is gone."""
    qtbot.waitUntil(condition, timeout=TIMEOUT_MS)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def is_open(dialog: QWidget) -> bool:
    """Whether a dialog is still to be seen; a closed one is soon gone."""
    return isValid(dialog) and dialog.isVisible()


def activate(window: QWidget, qtbot: QtBot) -> None:
    """Have the keyboard at the window: its shortcuts listen only then."""

    def active() -> bool:
        window.activateWindow()
        return window.isActiveWindow()

    wait_until(qtbot, active)
