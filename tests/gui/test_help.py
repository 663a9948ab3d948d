"""A correction helps with the next question like it, and one sees under the reply that it did."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.operations import helping, rating
from app.operations.helping import HelpSwitches
from app.store import Message, Persona, Store
from tests.gui import homes
from tests.gui.conftest import LOOKS, Model, Opener, Picture
from tests.gui.test_chat import answered, find, say
from tests.gui.waiting import is_open, wait_until

LEFT = Qt.MouseButton.LeftButton
ASKED = {
    "en": "How do I reverse a list in R&D's <b>Python</b>?",
    "ko": "파이썬 리스트를 뒤집는 방법 알려줘",
}
NEARLY = {"en": "How can I reverse a Python list?", "ko": "파이썬으로 리스트를 뒤집고 싶어요"}
RIGHT = {
    "en": "Use items[::-1]. Next: try it on three words.",
    "ko": "items[::-1]을 쓰세요. 다음: 세 낱말로 해 보세요.",
}
NOTE = "I live in Busan and never eat peanuts."


def add_correction(store: Store, persona: Persona, language: Language) -> Message:
    """A reply of another day that the user put right."""
    talk = store.conversations.add(persona.id, homes.SUNNY, ASKED[language])
    asked = store.messages.add(talk.id, None, "user", ASKED[language])
    reply = store.messages.add(talk.id, asked.id, "assistant", "No idea.", finish="stop")
    rating.correct(store, reply.id, RIGHT[language])
    return reply


def ask_nearly_the_same(
    window: MainWindow, store: Store, qtbot: QtBot, language: Language
) -> QWidget:
    """A new conversation with the question in other words; the widget of its reply."""
    window.chat.begin_anew()
    window.chat.say(NEARLY[language])
    wait_until(qtbot, lambda: answered(window, 2))
    reply = find(window, QWidget, "message_1")
    wait_until(qtbot, lambda: find(reply, QWidget, "help_line").isVisible())
    return reply


def dialog(window: MainWindow, qtbot: QtBot, name: str) -> QDialog:
    """The dialog that was opened last."""

    def opened() -> list[QDialog]:
        return [each for each in window.findChildren(QDialog, name) if each.isVisible()]

    wait_until(qtbot, lambda: bool(opened()))
    return opened()[-1]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_correction_rides_along_and_stands_under_the_reply(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot, language: Language
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    example = add_correction(store, sunny, language)
    window = open_window("light", language)
    reply = ask_nearly_the_same(window, store, qtbot, language)
    contents = [each["content"] for each in model.asked[-1][0]]
    assert contents == [homes.SUNNY, ASKED[language], RIGHT[language], NEARLY[language]]
    chip = find(reply, QPushButton, f"helped_by_{example.id}")
    assert chip.text().replace("&&", "&").strip("“”").rstrip("…") in ASKED[language]
    assert reply.findChild(QPushButton, "helped_by_note") is None
    qtbot.mouseClick(chip, LEFT)
    shown = dialog(window, qtbot, "example_dialog")
    question = find(shown, QPlainTextEdit, "example_question")
    wait_until(qtbot, lambda: question.toPlainText() == ASKED[language])
    assert find(shown, QPlainTextEdit, "example_reply").toPlainText() == RIGHT[language]
    qtbot.mouseClick(find(shown, QPushButton, "example_open"), LEFT)
    wait_until(qtbot, lambda: window.chat.model.rows[0].text == ASKED[language])


def test_an_example_whose_approval_was_taken_back_says_so(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    example = add_correction(store, sunny, "en")
    window = open_window()
    reply = ask_nearly_the_same(window, store, qtbot, "en")
    rating.undo(store, example.id)
    qtbot.mouseClick(find(reply, QPushButton, f"helped_by_{example.id}"), LEFT)
    shown = dialog(window, qtbot, "example_dialog")
    wait_until(qtbot, lambda: "no longer" in find(shown, QLabel, "example_why").text())
    assert not find(shown, QPushButton, "example_open").isEnabled()


def test_the_note_is_written_in_the_window_and_rides_along(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    qtbot.mouseClick(find(window, QToolButton, "about_me"), LEFT)
    form = dialog(window, qtbot, "about_me_dialog")
    note = find(form, QPlainTextEdit, "about_me_note")
    wait_until(qtbot, note.isEnabled)
    note.setPlainText("n" * 2_001)
    assert not find(form, QPushButton, "about_me_save").isEnabled()
    note.setPlainText(NOTE)
    assert find(form, QLabel, "about_me_count").text() == "38 of 2,000 characters"
    qtbot.mouseClick(find(form, QPushButton, "switch_examples"), LEFT)
    qtbot.mouseClick(find(form, QPushButton, "about_me_save"), LEFT)
    wait_until(qtbot, lambda: not is_open(form))
    assert helping.about_me(store) == NOTE
    assert helping.switches(store, sunny) == HelpSwitches(examples=False, note=True)
    add_correction(store, sunny, "en")
    reply = ask_nearly_the_same(window, store, qtbot, "en")
    messages = model.asked[-1][0]
    assert len(messages) == 2 and messages[0]["content"].endswith(NOTE)
    qtbot.mouseClick(find(reply, QPushButton, "helped_by_note"), LEFT)
    again = dialog(window, qtbot, "about_me_dialog")
    kept = find(again, QPlainTextEdit, "about_me_note")
    wait_until(qtbot, lambda: kept.toPlainText() == NOTE)
    assert not find(again, QPushButton, "switch_examples").isChecked()
    qtbot.mouseClick(find(again, QPushButton, "about_me_cancel"), LEFT)


def test_a_note_that_is_being_written_outlives_the_theme(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    """The evening comes while one writes, and the pages are built anew."""
    homes.add_personas(store, "Sunny")
    window = open_window()
    qtbot.mouseClick(find(window, QToolButton, "about_me"), LEFT)
    form = dialog(window, qtbot, "about_me_dialog")
    note = find(form, QPlainTextEdit, "about_me_note")
    wait_until(qtbot, note.isEnabled)
    note.setPlainText(NOTE)
    window.session.choose_theme("dark")
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert isValid(form) and form.isVisible() and note.toPlainText() == NOTE
    qtbot.mouseClick(find(form, QPushButton, "about_me_save"), LEFT)
    wait_until(qtbot, lambda: helping.about_me(store) == NOTE)


def test_off_the_record_the_note_is_used_and_shown(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    helping.set_about_me(store, NOTE)
    window = open_window()
    qtbot.mouseClick(find(window, QToolButton, "off_record"), LEFT)
    say(window, qtbot, "A secret")
    wait_until(qtbot, lambda: not window.chat.answering and len(window.chat.model.rows) == 2)
    reply = find(window, QWidget, "message_1")
    wait_until(qtbot, lambda: find(reply, QPushButton, "helped_by_note").isVisible())
    assert model.asked[-1][0][0]["content"].endswith(NOTE)
    assert store.conversations.page(sunny.id) == []


@pytest.mark.parametrize("shade", LOOKS, ids="-".join)
def test_pictures(
    open_window: Opener,
    store: Store,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    helping.set_about_me(store, NOTE)
    example = add_correction(store, sunny, shade[1])
    window = open_window(*shade)
    reply = ask_nearly_the_same(window, store, qtbot, shade[1])
    name = "-".join(shade)
    picture(window, f"help-line-{name}")
    find(reply, QPushButton, f"helped_by_{example.id}").click()
    shown = dialog(window, qtbot, "example_dialog")
    picture(shown, f"help-example-{name}")
    shown.close()
    find(window, QToolButton, "about_me").click()
    form = dialog(window, qtbot, "about_me_dialog")
    wait_until(qtbot, find(form, QPlainTextEdit, "about_me_note").isEnabled)
    picture(form, f"help-about-me-{name}")
    form.close()
