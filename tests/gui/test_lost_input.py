"""What somebody wrote is theirs: nothing that the window does may throw it away."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.errors import StoreError
from app.gui.window import MainWindow
from app.operations import chat, rating
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Model, Opener
from tests.gui.test_chat import find, rating_of, say
from tests.gui.waiting import activate, wait_until

LEFT = Qt.MouseButton.LeftButton


def _reply(window: MainWindow, qtbot: QtBot) -> QWidget:
    """The last reply of the conversation of these tests."""
    wait_until(qtbot, lambda: window.centralWidget().findChild(QWidget, "message_3") is not None)
    return find(window.centralWidget(), QWidget, "message_3")


def test_a_comment_is_kept_when_the_keyboard_goes_elsewhere(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    given: list[str] = []
    give = rating.give_reasons

    def count(opened: Store, message_id: int, reasons: Any, comment: str = "") -> object:
        given.append(comment)
        return give(opened, message_id, reasons, comment)

    monkeypatch.setattr(rating, "give_reasons", count)
    window = open_window()
    activate(window, qtbot)
    comment = find(_reply(window, qtbot), QLineEdit, "comment")
    comment.setFocus()
    comment.setText("measured it")
    find(window, QTextEdit, "composer_text").setFocus()
    wait_until(qtbot, lambda: _comment(store, bad) == "measured it")
    comment.setFocus()
    qtbot.keyClick(comment, Qt.Key.Key_Return)
    find(window, QTextEdit, "composer_text").setFocus()
    assert given == ["measured it"]
    comment.setFocus()
    comment.setText("measured it twice")
    window.chat.begin_anew()
    wait_until(qtbot, lambda: _comment(store, bad) == "measured it twice")


def _comment(store: Store, message_id: int) -> str:
    said = rating_of(store, message_id)
    return said.comment if said else ""


def test_an_open_correction_outlives_theme_language_and_other_conversations(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    *_, bad = homes.add_conversation(store, sunny)
    window = open_window()
    reply = _reply(window, qtbot)
    qtbot.mouseClick(find(reply, QToolButton, "correct"), LEFT)
    find(reply, QPlainTextEdit, "correction_editor").setPlainText("Half a corr")

    def open_text() -> str:
        return find(_reply(window, qtbot), QPlainTextEdit, "correction_editor").toPlainText()

    window.session.choose_theme("dark")
    assert open_text() == "Half a corr"
    window.session.choose_language("ko")
    assert open_text() == "Half a corr"
    window.chat.begin_anew()
    assert not window.chat.model.rows
    window.session.switch(technical.id)
    wait_until(qtbot, lambda: window.session.household.current_id == technical.id)
    window.session.switch(sunny.id)
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 4)
    assert open_text() == "Half a corr"
    qtbot.mouseClick(find(_reply(window, qtbot), QPushButton, "save_correction"), LEFT)
    wait_until(qtbot, lambda: getattr(rating_of(store, bad), "correction", None) == "Half a corr")
    window.session.choose_theme("light")
    assert _reply(window, qtbot).findChild(QPlainTextEdit, "correction_editor") is None


def test_a_correction_that_was_left_is_not_opened_again(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = open_window()
    reply = _reply(window, qtbot)
    qtbot.mouseClick(find(reply, QToolButton, "correct"), LEFT)
    editor = find(reply, QPlainTextEdit, "correction_editor")
    editor.setPlainText("Half a corr")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    window.session.choose_theme("dark")
    assert _reply(window, qtbot).findChild(QPlainTextEdit, "correction_editor") is None


def test_off_the_record_a_message_that_failed_is_given_back(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    window.chat.set_off_record(True)
    model.breaks_after = 0
    say(window, qtbot, "A secret")
    editor = find(window, QTextEdit, "composer_text")
    wait_until(qtbot, lambda: editor.toPlainText() == "A secret")
    assert not window.chat.model.rows and not window.chat.answering
    model.breaks_after = None
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: not window.chat.answering and len(window.chat.model.rows) == 2)
    said = [row["content"] for row in model.asked[-1][0]]
    assert said.count("A secret") == 1


def test_a_message_that_found_no_room_stands_before_the_next_one(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()

    def refuse(*_arguments: object, **_options: object) -> None:
        raise StoreError("The disk is full.", "Free some space.", kind="disk_full")

    monkeypatch.setattr(chat, "ask", refuse)
    editor = find(window, QTextEdit, "composer_text")
    say(window, qtbot, "First")
    editor.setPlainText("Second")
    wait_until(qtbot, lambda: editor.toPlainText() == "First\n\nSecond")
    assert editor.textCursor().atEnd()
