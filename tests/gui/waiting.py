"""Waiting for the window's threads, also on a machine that is busy with other things."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

TIMEOUT_MS = 30_000


def wait_until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    """Let the window live until the condition holds."""
    qtbot.waitUntil(condition, timeout=TIMEOUT_MS)
