"""Keys that cannot be found, chosen or typed in Hangul would leave people with the mouse alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.gui.key_field import KeyField, pressed_key
from app.gui.keys import PLACES, VERBS, BoundKey, keys, on_any_layout, with_keys
from app.gui.session import Session
from app.gui.settings_keys import KeysSection
from app.gui.theme import Choice
from app.gui.translation import Language
from app.home import Home
from app.store import Store
from tests.gui.conftest import Picture
from tests.gui.test_chat import find
from tests.gui.waiting import activate, wait_until


@pytest.fixture
def section(qtbot: QtBot, home: Home, look: Callable[..., object]) -> Iterator[KeysSection]:
    look()
    session = Session(home)
    made = KeysSection(session, None)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.show()
    yield made
    session.quit()


def press(widget: QWidget, key: Qt.Key, text: str = "", *, ctrl: bool = False) -> None:
    modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    event = QKeyEvent(QEvent.Type.KeyPress, key, modifier, text)
    QApplication.sendEvent(widget, event)


def test_every_key_is_there_once_in_its_place() -> None:
    for verb in VERBS:
        for key in verb.usual:
            assert keys().clash(verb.id, key) is None, (verb.id, key)
            assert QKeySequence(key).toString() == key
    assert {verb.place for verb in VERBS} == set(PLACES)


def test_a_key_works_where_the_keyboard_writes_hangul(qtbot: QtBot, look: object) -> None:
    assert on_any_layout("Ctrl+T") == ("Ctrl+T", "Ctrl+ㅅ")
    assert on_any_layout("Ctrl+Shift+E") == ("Ctrl+Shift+E", "Ctrl+Shift+ㄸ")
    assert on_any_layout("C") == ("C", "ㅊ")
    assert on_any_layout("F1") == ("F1",) and on_any_layout("Alt+Up") == ("Alt+Up",)
    place, done = QWidget(), []
    qtbot.addWidget(place)
    BoundKey(place, "page.train", lambda: done.append("train"))
    place.show()
    activate(place, qtbot)
    QTest.keyClick(place, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    QTest.sendKeyEvent(
        QTest.KeyAction.Click, place, Qt.Key(ord("ㅅ")), "ㅅ", Qt.KeyboardModifier.ControlModifier
    )
    assert done == ["train", "train"]


def test_another_key_is_taken_kept_and_given_back(
    section: KeysSection, store: Store, qtbot: QtBot
) -> None:
    field = find(section, KeyField, "key_page.train")
    field.click()
    press(field, Qt.Key.Key_J, "\n", ctrl=True)
    assert keys().of("page.train") == ("Ctrl+J",)
    assert field.text() == "Ctrl+J"
    wait_until(qtbot, lambda: store.settings.get("keys") == {"page.train": ["Ctrl+J"]})
    section._give_back(next(verb for verb in VERBS if verb.id == "page.train"))
    wait_until(qtbot, lambda: store.settings.get("keys") == {})
    assert with_keys("Train", "page.train") == "Train (Ctrl+T)"


def test_a_key_that_something_else_had_is_taken_from_it_and_said(section: KeysSection) -> None:
    field = find(section, KeyField, "key_page.train")
    field.click()
    press(field, Qt.Key.Key_N, ctrl=True)
    assert keys().of("page.train") == ("Ctrl+N",)
    assert keys().of("chat.new") == ()
    assert "Begin a new conversation" in section._told.text()
    # A key of a page that is never open beside it stays.
    assert keys().clash("replay.new", "C") is None


def test_escape_leaves_a_key_and_backspace_takes_it_away(section: KeysSection) -> None:
    field = find(section, KeyField, "key_correct")
    for key, left in ((Qt.Key.Key_Escape, ("C",)), (Qt.Key.Key_Backspace, ())):
        field.click()
        press(field, key)
        assert keys().of("correct") == left


def test_a_jamo_is_kept_as_the_latin_letter_of_its_key() -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, ord("ㅊ"), Qt.KeyboardModifier.NoModifier, "ㅊ")
    assert pressed_key(event) == "C"
    shifted = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Question,
                        Qt.KeyboardModifier.ShiftModifier, "?")  # fmt: skip
    assert pressed_key(shifted) == "?"


def test_what_was_kept_by_hand_and_is_no_key_is_left_out() -> None:
    keys().use({"page.train": ["Ctrl+J", "nonsense+", 5], "gone": ["X"], "search": "Ctrl+Q"})
    assert keys().chosen == {"page.train": ("Ctrl+J",)}
    keys().use(["garbage"])
    assert keys().chosen == {}


def test_keys_are_found_by_what_they_do_and_by_their_letters(section: KeysSection) -> None:
    find(section, QLineEdit, "keys_filter").setText("replay")
    assert not section._rows["page.replay"][1].isHidden()
    assert section._rows["page.train"][1].isHidden()
    find(section, QLineEdit, "keys_filter").setText("ctrl+t")
    assert not section._rows["page.train"][1].isHidden()


def test_every_key_with_its_words(
    look: Callable[..., object],
    qtbot: QtBot,
    home: Home,
    picture: Picture,
    shade: tuple[Choice, Language],
) -> None:
    look(*shade)
    session = Session(home)
    made = KeysSection(session, None)  # type: ignore[arg-type]
    made.setProperty("kind", "page")
    made.setFixedWidth(760)
    qtbot.addWidget(made)
    made.show()
    picture(made, f"settings-keys-{'-'.join(shade)}")
    session.quit()
