"""The review as somebody meets it who has nothing but a keyboard."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QListView, QWidget
from pytestqt.qtbot import QtBot

from app.gui.review_card import ReviewCard
from app.gui.review_queue import ReviewQueue
from app.gui.window import MainWindow
from tests.gui.test_chat import find
from tests.gui.waiting import activate, wait_until

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


class Keyboard:
    """The page with nothing but its keys."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot
        activate(window, qtbot)
        qtbot.keyClick(window, KEY.Key_E, CTRL)
        wait_until(qtbot, lambda: window.findChild(QWidget, "review_page") is not None)
        wait_until(qtbot, lambda: self.queue.loaded)
        self.list = find(window, QListView, "review_list")
        self.card = find(window, ReviewCard, "review_card")

    @property
    def queue(self) -> ReviewQueue:
        return self.window.review.queue

    @property
    def current(self) -> int | None:
        return self.queue.current.id if self.queue.current is not None else None

    def press(self, *keys: Any) -> None:
        """Keys go where the keyboard is."""
        for key in keys:
            if QApplication.focusWidget() is None:  # offscreen, nobody gives it back
                activate(self.window, self.qtbot)
            place = QApplication.activePopupWidget() or QApplication.focusWidget()
            assert place is not None
            if isinstance(key, str):
                self.qtbot.keyClicks(place, key)
            else:
                self.qtbot.keyClick(place, key)

    def settle(self) -> None:
        """Everything that was asked of the store has come back."""
        answered: list[bool] = []
        self.queue.run(lambda _store: True, answered.append, lambda _error: None)
        wait_until(self.qtbot, lambda: bool(answered))

    def told(self) -> str:
        page = find(self.window, QWidget, "review_page")
        return find(page, QLabel, "done_words").text()
