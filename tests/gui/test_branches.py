"""A question can be asked otherwise, and what was said before stays where it was."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.operations.attaching import Attachment, attach
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Model, Opener, Picture
from tests.gui.test_chat import answered, find
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton


def change(window: MainWindow, qtbot: QtBot, row: int, text: str) -> None:
    question = find(window, QWidget, f"message_{row}")
    qtbot.mouseClick(find(question, QToolButton, "change_question"), LEFT)
    find(question, QPlainTextEdit, "correction_editor").setPlainText(text)
    qtbot.mouseClick(find(question, QPushButton, "save_correction"), LEFT)


def texts(window: MainWindow) -> list[str]:
    return [row.text for row in window.chat.model.rows]


def test_the_former_branch_is_still_there_with_all_that_followed(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    model.words = ["Sing it."]
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_3") is not None)
    before = texts(window)
    change(window, qtbot, 2, "And how would a bird do it?")
    wait_until(qtbot, lambda: answered(window, 4))
    assert texts(window) == [*before[:2], "And how would a bird do it?", "Sing it."]
    question = find(window, QWidget, "message_2")
    wait_until(qtbot, lambda: find(question, QLabel, "alternative_place").text() == "2/2")
    qtbot.mouseClick(find(question, QToolButton, "alternative_back"), LEFT)
    wait_until(qtbot, lambda: texts(window) == before)


def test_what_is_attached_goes_with_the_changed_question(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    talk = store.conversations.add(sunny.id, homes.SUNNY, "Notes")
    notes = (Attachment("notes.txt", "Buy milk."),)
    asked = store.messages.add(talk.id, None, "user", attach("What is in it?", notes))
    store.messages.add(talk.id, asked.id, "assistant", "Milk.", finish="stop")
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_1") is not None)
    change(window, qtbot, 0, "What should I buy?")
    wait_until(qtbot, lambda: answered(window, 2))
    first = store.messages.path(talk.id)[0]
    assert first.content == attach("What should I buy?", notes)
    assert store.messages.get(asked.id).content == attach("What is in it?", notes)


def test_a_change_that_is_left_asks_nothing(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_3") is not None)
    before = texts(window)
    question = find(window, QWidget, "message_2")
    qtbot.mouseClick(find(question, QToolButton, "change_question"), LEFT)
    editor = find(question, QPlainTextEdit, "correction_editor")
    editor.setPlainText("Never mind")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert texts(window) == before and not window.chat.answering
    assert find(question, QToolButton, "change_question").hasFocus()


def test_changing_a_question_in_pictures(
    open_window: Opener,
    store: Store,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = open_window(*shade)
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_3") is not None)
    question = find(window, QWidget, "message_2")
    qtbot.mouseClick(find(question, QToolButton, "change_question"), LEFT)
    picture(window, f"chat-change-question-{'-'.join(shade)}")
