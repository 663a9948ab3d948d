"""Work outside the window's thread, and those who are gone when it ends."""

from __future__ import annotations

import threading
from typing import Any

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from app.errors import PerennialError
from app.gui.background import Background, NoTools, threads_left
from app.gui.long_work import LongWork
from app.gui.trouble import Trouble
from app.store import Store
from tests.gui.conftest import Opener
from tests.gui.waiting import wait_until


class Asker(QObject):
    """Asks, and may be gone before it is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.heard: list[Any] = []

    def work(self, _tools: object) -> str:
        self.go_on.wait(10)
        return "done"

    def refused(self, _tools: object) -> str:
        self.go_on.wait(10)
        raise PerennialError("It was refused.", "Ask again.")

    def on_done(self, result: object) -> None:
        self.heard.append(result)


def _gone(asker: Asker) -> None:
    delete(asker)
    asker.go_on.set()


def test_who_is_gone_hears_nothing_and_who_comes_after_is_heard(
    open_window: Opener, qtbot: QtBot
) -> None:
    session = open_window().session
    asker, done = Asker(), []
    session.ask(asker.work, asker.on_done, after=lambda: done.append("after"))
    session.ask(asker.work, lambda found: asker.heard.append(found) if asker else None)
    _gone(asker)
    session.ask(lambda _store: None, lambda _none: done.append("next"))
    wait_until(qtbot, lambda: done == ["after", "next"])
    assert asker.heard == ["done"]


def test_an_error_that_nobody_is_left_for_is_told_over_the_page(
    open_window: Opener, qtbot: QtBot
) -> None:
    session, asker = open_window().session, Asker()
    told: list[Trouble] = []
    session.trouble_raised.connect(told.append)
    session.ask(asker.refused, asker.on_done, asker.on_done)
    _gone(asker)
    wait_until(qtbot, lambda: bool(told))
    assert told[0].text == "It was refused." and not asker.heard


def test_long_work_of_who_is_gone_ends_quietly(open_window: Opener, qtbot: QtBot) -> None:
    work, asker = LongWork(open_window().session, "long"), Asker()
    work.start(asker.work, asker.on_done, asker.on_done)
    _gone(asker)
    wait_until(qtbot, lambda: not work.busy)
    assert not asker.heard


def test_leaving_waits_for_nobody(qtbot: QtBot) -> None:
    """A dialog closes at once; what its thread still holds dies after the thread."""
    asker, parent = Asker(), QObject()
    background = Background("left", NoTools, parent)
    background.run(asker.work, asker.on_done, asker.on_done)
    background.leave()
    assert background.working and threads_left()
    asker.go_on.set()
    wait_until(qtbot, lambda: not background.working)
    assert not threads_left()
    assert not asker.heard


def test_quitting_finishes_what_is_queued(store: Store) -> None:
    """Nothing that was asked for is left out when the window closes."""
    asker, parent, written = Asker(), QObject(), []
    asker.go_on.set()
    background = Background("quits", NoTools, parent)
    for number in range(3):
        background.run(lambda _tools, number=number: written.append(number), asker.on_done,
                       asker.on_done)  # fmt: skip
    background.quit()
    assert written == [0, 1, 2] and not background.working
