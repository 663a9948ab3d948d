"""The palette does everything from the keyboard that one would otherwise have to look for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.gui.palette_dialog import Command, PaletteDialog, fitting
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

CTRL = Qt.KeyboardModifier.ControlModifier


def opened(window: MainWindow, qtbot: QtBot) -> PaletteDialog:
    QTest.keyClick(window, Qt.Key.Key_K, CTRL)
    wait_until(qtbot, lambda: bool(window.findChildren(PaletteDialog)))
    return window.findChildren(PaletteDialog)[-1]


def type_into(palette: PaletteDialog, words: str, *keys: Qt.Key) -> None:
    field = find(palette, QLineEdit, "palette_text")
    QTest.keyClicks(field, words)
    for key in keys:
        QTest.keyClick(field, key)


def names(palette: PaletteDialog) -> list[str]:
    return [command.words for command in palette._model.shown]


def test_a_page_is_opened_by_typing_a_part_of_its_name(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    palette = opened(window, qtbot)
    type_into(palette, "replay", Qt.Key.Key_Return)
    wait_until(qtbot, lambda: window._pages.currentWidget().objectName() == "replay_page")
    wait_until(qtbot, lambda: not window.findChildren(PaletteDialog))


def test_another_persona_is_talked_to(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    homes.add_personas(store, "Sunny", "Technical")
    window = open_window()
    window.show_page("replay")
    palette = opened(window, qtbot)
    type_into(palette, "techn", Qt.Key.Key_Return)
    wait_until(qtbot, lambda: window.session.card.persona.name == "Technical")
    wait_until(qtbot, lambda: window._pages.currentWidget() is window._pages.chat)


def test_a_conversation_is_opened_by_a_word_of_its_title(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    sunny, _ = homes.add_personas(store, "Sunny", "Technical")
    homes.add_conversation(store, sunny)
    later = store.conversations.add(sunny.id, homes.SUNNY, "A letter, 100% late")
    store.messages.add(later.id, None, "user", "How do I begin?")
    window = open_window()
    window.session.switch(2)
    wait_until(qtbot, lambda: window.session.card.persona.name == "Technical")
    palette = opened(window, qtbot)
    type_into(palette, "100%")
    wait_until(qtbot, lambda: "A letter, 100% late" in names(palette))
    assert names(palette)[-1].startswith("Search everything")
    type_into(palette, "", Qt.Key.Key_Return)
    wait_until(qtbot, lambda: window.session.card.persona.name == "Sunny")
    wait_until(qtbot, lambda: [row.text for row in window.chat.model.rows] == ["How do I begin?"])


def test_the_arrows_move_while_one_types_and_escape_changes_nothing(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    palette = opened(window, qtbot)
    type_into(palette, "open the", Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up)
    assert palette._list.currentIndex().row() == 1
    assert names(palette)[:2] == ["Open the chat", "Open the review"]
    QTest.keyClick(palette._field, Qt.Key.Key_Escape)
    wait_until(qtbot, lambda: not window.findChildren(PaletteDialog))
    assert window._pages.currentWidget() is window._pages.chat


def test_what_nothing_is_called_can_still_be_searched_for(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    palette = opened(open_window(), qtbot)
    type_into(palette, "zyxquork")
    assert names(palette) == ["Search everything for “zyxquork”"]
    assert find(palette, QLabel, "palette_nothing").isHidden()


def test_every_word_counts_and_beginnings_come_first() -> None:
    made = [
        Command(words, "", lambda: None)
        for words in ("Reopen a talk", "Open the chat", "대화 열기")
    ]
    assert [each.words for each in fitting(made, "open")] == ["Open the chat", "Reopen a talk"]
    assert [each.words for each in fitting(made, "chat open")] == ["Open the chat"]
    assert [each.words for each in fitting(made, "열기")] == ["대화 열기"]
    assert fitting(made, "open sesame") == []


def test_the_palette_in_pictures(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
) -> None:
    homes.add_personas(store, "Sunny", "Technical")
    palette = opened(open_window(*shade), qtbot)
    picture(palette, f"palette-{'-'.join(shade)}")
