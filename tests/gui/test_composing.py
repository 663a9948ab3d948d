"""A syllable that is still being composed would be lost, sent in halves or said twice."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui.composer import Composer
from app.gui.composing import composing
from app.gui.message_list import MessageList
from app.gui.palette_dialog import PaletteDialog
from app.gui.search_dialog import SearchDialog
from app.gui.window import MainWindow
from app.home import Home
from app.store import Store
from tests.gui import homes, review_home
from tests.gui.conftest import Opener
from tests.gui.review_keyboard import CTRL, KEY, Keyboard
from tests.gui.test_chat import LEFT, answered, find, rating_of
from tests.gui.waiting import activate, wait_until


def compose(field: QWidget, syllable: str) -> None:
    """What an input method tells while a syllable is not whole yet."""
    assert QApplication.focusWidget() is field
    QApplication.sendEvent(field, QInputMethodEvent(syllable, []))


def commit(field: QWidget, syllable: str) -> None:
    """What an input method tells once it is whole."""
    event = QInputMethodEvent()
    event.setCommitString(syllable)
    QApplication.sendEvent(field, event)


def opened(open_window: Opener, store: Store, qtbot: QtBot, *names: str) -> MainWindow:
    if not store.personas.all():
        homes.add_personas(store, *(names or ("Sunny",)))
    window = open_window()
    activate(window, qtbot)
    return window


def the_editor(window: MainWindow) -> QTextEdit:
    found = find(window.centralWidget(), QTextEdit, "composer_text")
    found.setFocus()
    return found


def last_reply(window: MainWindow, qtbot: QtBot) -> QWidget:
    wait_until(qtbot, lambda: window.centralWidget().findChild(QWidget, "message_3") is not None)
    found = find(window.centralWidget(), QWidget, "message_3")
    wait_until(qtbot, found.isVisible)
    return found


def said(window: MainWindow) -> list[str]:
    return [row.text for row in window.chat.model.rows if row.role == "user"]


def test_enter_ends_the_syllable_and_the_next_one_sends_all_of_it_once(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    window = opened(open_window, store, qtbot)
    editor = the_editor(window)
    commit(editor, "안")
    compose(editor, "녀")
    compose(editor, "녕")
    qtbot.keyClick(editor, KEY.Key_Return)
    assert editor.toPlainText() == "안녕" and not window.chat.model.rows
    qtbot.keyClick(editor, KEY.Key_Return)
    wait_until(qtbot, lambda: answered(window, 2))
    assert said(window) == ["안녕"] and editor.toPlainText() == ""


def test_the_mouse_sends_the_open_syllable_with_the_rest_once(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    window = opened(open_window, store, qtbot)
    editor = the_editor(window)
    commit(editor, "잘 지")
    compose(editor, "내")
    qtbot.mouseClick(find(window.centralWidget(), QToolButton, "send"), LEFT)
    wait_until(qtbot, lambda: answered(window, 2))
    assert said(window) == ["잘 지내"] and editor.toPlainText() == ""
    compose(editor, "네")
    assert find(window.centralWidget(), QToolButton, "send").isEnabled()
    find(window.centralWidget(), QToolButton, "send").click()  # as a screen reader does
    wait_until(qtbot, lambda: answered(window, 4))
    assert said(window) == ["잘 지내", "네"] and editor.toPlainText() == ""


def test_an_input_method_that_commits_by_itself_is_not_doubled(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toolkit asks it to; some do, some do when they are reset, some never do."""
    window = opened(open_window, store, qtbot)
    editor = the_editor(window)
    asked: list[str] = []

    class Method:
        commits_at = ""

        def commit(self) -> None:
            self.told("commit")

        def reset(self) -> None:
            self.told("reset")

        def told(self, what: str) -> None:
            asked.append(what)
            if what == self.commits_at:
                commit(editor, "녕")

    method = Method()
    monkeypatch.setattr(
        "app.gui.composing.QGuiApplication.inputMethod", staticmethod(lambda: method)
    )
    for at, expected in (("commit", ["commit"]), ("reset", ["commit", "reset"]),
                         ("", ["commit", "reset"])):  # fmt: skip
        asked.clear()
        method.commits_at = at
        editor.clear()
        commit(editor, "안")
        compose(editor, "녕")
        composing().finish()
        assert (editor.toPlainText(), asked) == ("안녕", expected)


def test_another_persona_or_conversation_meanwhile_loses_nothing(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    homes.add_conversation(store, sunny)
    window = opened(open_window, store, qtbot)
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 4)
    editor = the_editor(window)
    commit(editor, "하")
    compose(editor, "늘")
    qtbot.mouseClick(find(window.centralWidget(), QPushButton, f"persona_{technical.slug}"), LEFT)
    wait_until(qtbot, lambda: not window.chat.model.rows)
    assert editor.toPlainText() == "하늘"
    editor.setFocus()
    compose(editor, "은")
    window.session.switch(sunny.id)
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 4)
    window.chat.begin_anew()
    window.session.choose_language("ko")
    window.session.choose_theme("dark")
    assert the_editor(window).toPlainText() == "하늘은"
    qtbot.keyClick(the_editor(window), KEY.Key_Return)
    wait_until(qtbot, lambda: answered(window, 2))
    assert said(window) == ["하늘은"]


def test_the_keyboard_going_elsewhere_takes_the_syllable_along(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    window = opened(open_window, store, qtbot)
    editor = the_editor(window)
    compose(editor, "밤")
    window.show_page("settings")
    assert editor.toPlainText() == "밤"


def test_a_correction_keeps_the_syllable_by_keyboard_and_by_mouse(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, store, qtbot)
    reply = last_reply(window, qtbot)

    def correction() -> str | None:
        return getattr(rating_of(store, bad), "correction", None)

    def begun() -> QPlainTextEdit:
        qtbot.mouseClick(find(reply, QToolButton, "correct"), LEFT)
        editor = find(reply, QPlainTextEdit, "correction_editor")
        wait_until(qtbot, editor.isVisible)
        editor.setFocus()
        editor.clear()
        return editor

    editor = begun()
    commit(editor, "둘 ")
    compose(editor, "다")
    qtbot.keyClick(editor, KEY.Key_Return, CTRL)
    compose(editor, "!")
    qtbot.keyClick(editor, KEY.Key_Escape)
    assert editor.isVisible() and editor.toPlainText() == "둘 다!" and correction() is None
    qtbot.keyClick(editor, KEY.Key_Return, CTRL)
    wait_until(qtbot, lambda: correction() == "둘 다!")
    wait_until(qtbot, lambda: reply.findChild(QPlainTextEdit, "correction_editor") is None)
    editor = begun()
    compose(editor, "셋")
    qtbot.mouseClick(find(reply, QPushButton, "save_correction"), LEFT)
    wait_until(qtbot, lambda: correction() == "셋")


def test_a_comment_is_kept_whole(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, store, qtbot)
    line = find(last_reply(window, qtbot), QLineEdit, "comment")
    line.setFocus()
    line.clear()
    commit(line, "너무 ")
    compose(line, "김")
    the_editor(window)
    wait_until(qtbot, lambda: getattr(rating_of(store, bad), "comment", "") == "너무 김")


def test_searching_waits_for_the_syllable(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    talk = store.conversations.add(sunny.id, "", "school")
    store.messages.add(talk.id, None, "user", "오늘 학교에서 무엇을 배웠나요?")
    window = opened(open_window, store, qtbot)
    window.open_search()
    dialog = find(window, SearchDialog, "search_dialog")
    field = find(dialog, QLineEdit, "search_text")
    activate(dialog, qtbot)
    field.setFocus()
    commit(field, "학")
    compose(field, "교")
    qtbot.keyClick(field, KEY.Key_Return)
    assert field.text() == "학교" and dialog.isVisible()
    compose(field, "에")
    qtbot.keyClick(field, KEY.Key_Escape)
    assert field.text() == "학교에" and dialog.isVisible()
    wait_until(qtbot, lambda: dialog._model.query == "학교에" and bool(dialog._model.hits))
    dialog.close()


def test_the_palette_runs_nothing_before_the_word_is_whole(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny", "하늘이")
    window = opened(open_window, store, qtbot)
    QTest.keyClick(window, KEY.Key_K, CTRL)
    wait_until(qtbot, lambda: bool(window.findChildren(PaletteDialog)))
    palette = window.findChildren(PaletteDialog)[-1]
    field = find(palette, QLineEdit, "palette_text")
    field.setFocus()
    commit(field, "하늘")
    compose(field, "이")
    qtbot.keyClick(field, KEY.Key_Return)
    assert palette.isVisible() and field.text() == "하늘이"
    qtbot.keyClick(field, KEY.Key_Return)
    wait_until(qtbot, lambda: window.session.card.persona.name == "하늘이")


def test_keys_of_the_window_are_not_heard_while_composing(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    window = opened(open_window, store, qtbot)
    editor = the_editor(window)
    compose(editor, "글")
    qtbot.keyClick(editor, KEY.Key_2, CTRL)
    qtbot.keyClick(editor, KEY.Key_Backspace)
    assert editor.toPlainText() == "", "the keyboard is the editor's"
    compose(editor, "글")
    qtbot.keyClick(editor, KEY.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert editor.toPlainText() == "글"
    assert window.session.household.current_id == sunny.id
    qtbot.keyClick(editor, KEY.Key_2, CTRL)
    wait_until(qtbot, lambda: window.session.household.current_id == technical.id)


def press_jamo(place: QWidget, jamo: str) -> None:
    """As a keyboard that writes Hangul by itself tells a key."""
    nothing = Qt.KeyboardModifier.NoModifier
    QTest.sendKeyEvent(QTest.KeyAction.Click, place, Qt.Key(ord(jamo)), jamo, nothing)


def test_the_keys_of_a_reply_work_in_hangul_and_are_letters_in_a_field(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = opened(open_window, store, qtbot)
    reply = last_reply(window, qtbot)
    editor = the_editor(window)
    press_jamo(editor, "ㅊ")
    assert editor.toPlainText() == "ㅊ"
    assert reply.findChild(QPlainTextEdit, "correction_editor") is None
    (messages,) = window.centralWidget().findChildren(MessageList)
    messages.setFocus()
    assert _takes_plain_keys(messages)
    press_jamo(messages, "ㅊ")
    find(reply, QPlainTextEdit, "correction_editor")


def test_the_keys_of_the_review_work_in_hangul(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    first, second, *_ = review_home.add_flagged(store, home, sunny, 6)
    keys = Keyboard(open_window(), qtbot)
    wait_until(qtbot, lambda: keys.current == first)
    assert isinstance(keys.list, QListView) and _takes_plain_keys(keys.list)
    press_jamo(keys.list, "ㅓ")
    assert keys.current == second
    press_jamo(keys.list, "ㅏ")
    assert keys.current == first
    keys.press(KEY.Key_2)
    editor = find(keys.card, QPlainTextEdit, "correction_editor")
    editor.setFocus()
    editor.clear()
    compose(editor, "빵")
    qtbot.keyClick(editor, KEY.Key_Return, CTRL)
    assert keys.current == first and editor.toPlainText() == "빵"
    qtbot.keyClick(editor, KEY.Key_Return, CTRL)
    wait_until(qtbot, lambda: getattr(rating_of(store, first), "correction", None) == "빵")


def _takes_plain_keys(place: QWidget) -> bool:
    """Else an input method would compose the letters of the keys, and nobody would hear them."""
    return not place.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_a_field_that_is_gone_while_composing_does_no_harm(qtbot: QtBot, look: Any) -> None:
    look()
    composing()
    made = Composer()
    qtbot.addWidget(made)
    made.show()
    activate(made, qtbot)
    made.take_focus()
    compose(made.editor, "글")
    made.editor.setParent(None)
    made.editor.deleteLater()
    wait_until(qtbot, lambda: QApplication.focusWidget() is not made.editor)
    composing().finish()
