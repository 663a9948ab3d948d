"""A click on everything while everything runs: nothing breaks, and no error that nobody knows.

One minute in the suite; `PERENNIAL_WALK_S=3600` walks for an hour, `PERENNIAL_WALK_SEED` repeats.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from app import training_environment
from app.gui.bug_reports import BugReports
from app.home import Home
from app.operations import training
from app.store import Store
from tests.gui import homes, report_home
from tests.gui.conftest import Model, Opener
from tests.gui.ollama_home import scripted
from tests.gui.random_walk import RandomWalk
from tests.gui.waiting import wait_until

WALKS = 2
SECONDS = float(os.environ.get("PERENNIAL_WALK_S", "60")) / WALKS
SEED = os.environ.get("PERENNIAL_WALK_SEED")


@pytest.fixture
def harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would begin a process, fetch gigabytes or open a browser only seems to."""
    scripted(monkeypatch)
    nothing: Any = lambda *_args, **_words: None  # noqa: E731
    for module, name in (
        (training, "start_training"), (training, "resume_training"), (training, "use_candidate"),
        (training, "use_all_the_same"), (training, "send_command"),
        (training_environment, "install"), (QDesktopServices, "openUrl"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, nothing)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What nobody caught, in whatever thread, and what is told of as a bug."""
    found: list[str] = []

    def caught(
        _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        found.append("".join(traceback.format_exception(error)))

    def kept(_reports: BugReports, error: BaseException) -> None:
        caught(type(error), error, None)

    monkeypatch.setattr(BugReports, "keep", kept)
    monkeypatch.setattr(sys, "excepthook", caught)
    monkeypatch.setattr(threading, "excepthook", lambda told: caught(*told[:3]))
    return found


@pytest.mark.qt_log_ignore("does not support", "not accepted by receiving widget")
@pytest.mark.parametrize("number", range(WALKS))
def test_a_walk_at_random_breaks_nothing(
    open_window: Opener,
    store: Store,
    home: Home,
    model: Model,
    qtbot: QtBot,
    harmless: None,
    broken: list[str],
    number: int,
) -> None:
    seed = int(SEED) + number if SEED else random.SystemRandom().randrange(10**9)
    sys.stderr.write(f"PERENNIAL_WALK_SEED={seed}\n")
    sunny, _ = homes.add_personas(store, "Sunny", "Technical")
    homes.add_usable(store, sunny, 40, corrected=6)
    homes.add_conversation(store, sunny)
    homes.add_replay(store, 30)
    report_home.add_result(store, home, sunny, "passed")
    window = open_window("light", "ko" if number % 2 else "en")
    model.words = ["word "] * 40
    walk = RandomWalk(window, seed)

    def look() -> None:
        last = "\n".join(walk.steps[-12:])
        assert not broken, f"seed {seed}: {broken[0]}\n{last}"
        assert window.isVisible(), f"seed {seed}: the window is gone\n{last}"

    walk.walk(SECONDS, look)
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible():
            dialog.reject()
    wait_until(qtbot, lambda: not window.chat.answering)
    wait_until(qtbot, lambda: not window.findChildren(QDialog))
    look()
