"""Whatever was ever said is found while one types, and one click leads to its place."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app.errors import StoreError
from app.gui.message_list import MessageList
from app.gui.search_dialog import SearchDialog
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.operations import chat, conversations, searching
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.test_chat import LEFT, answered, find, say
from tests.gui.waiting import wait_until

SEARCH_KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def _opened(window: MainWindow, qtbot: QtBot, words: str = "") -> SearchDialog:
    window.open_search(words)
    dialog = find(window, SearchDialog, "search_dialog")
    wait_until(qtbot, lambda: dialog.isVisible() and not dialog._model.busy)
    return dialog


def _type(dialog: SearchDialog, qtbot: QtBot, words: str) -> None:
    field = find(dialog, QLineEdit, "search_text")
    field.setText(words)
    wait_until(qtbot, lambda: dialog._model.query == words and not dialog._model.busy)


def _passages(dialog: SearchDialog) -> list[str]:
    return [hit.passage for hit in dialog._model.hits]


def _said(dialog: SearchDialog) -> str:
    return "\n".join(
        each.text() for each in dialog.findChildren(QLabel) if each.isVisibleTo(dialog)
    )


def _two_personas(store: Store) -> tuple[int, int]:
    """A word said to each of two; the second is on a branch that is not the active one."""
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    first = chat.ask(store, sunny, None, "오늘 학교에서 친구를 만났어요.").id
    asked = chat.ask(store, technical, None, "Tell me of schools").id
    talk = store.messages.get(asked).conversation_id
    left = store.messages.add(
        talk, asked, "assistant", "학교는 아홉 시에 열어요.", finish="stop"
    ).id
    store.messages.add(talk, asked, "assistant", "They open at nine.", finish="stop")
    return first, left


def test_enter_leads_to_another_persona_and_the_branch_of_what_was_found(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _, left = _two_personas(store)
    window = open_window()
    assert window.session.card is not None and window.session.card.persona.name == "Sunny"
    dialog = _opened(window, qtbot)
    field = find(dialog, QLineEdit, "search_text")
    assert dialog.focusWidget() is field
    field.setText("아홉")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: not isValid(dialog))
    wait_until(qtbot, lambda: [row.message_id for row in window.chat.model.rows][-1:] == [left])
    assert window.session.card.persona.name == "Technical"
    found = find(window, QWidget, "message_1")
    wait_until(qtbot, lambda: find(found, QLabel, "message_found").isVisible())
    assert store.messages.path(store.messages.get(left).conversation_id)[-1].id == left


def test_parts_of_korean_words_are_found_at_every_persona_and_marked(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _two_personas(store)
    dialog = _opened(open_window(), qtbot)
    _type(dialog, qtbot, "학교")
    hits = dialog._model.hits
    assert {hit.found.persona for hit in hits} == {"Sunny", "Technical"}
    for hit in hits:
        assert [hit.passage[start:end] for start, end in hit.marks] == ["학교"]
    assert find(dialog, QLabel, "search_count").text() == "2 found"
    index = dialog._model.index(0)
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert hits[0].passage in spoken and hits[0].found.persona in spoken
    _type(dialog, qtbot, "교에서")
    assert _passages(dialog) == ["오늘 학교에서 친구를 만났어요."]


def test_a_click_scrolls_to_a_message_far_up(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    talk = store.conversations.add(sunny.id, homes.SUNNY, "Long")
    parent: int | None = None
    with store.transaction():
        for number in range(120):
            text = "The needle is here." if number == 30 else f"Straw {number}. " * 12
            role = "assistant" if number % 2 else "user"
            parent = store.messages.add(talk.id, parent, role, text, finish="stop").id  # type: ignore[arg-type]
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_119") is not None)
    dialog = _opened(window, qtbot, "needle")
    view = find(dialog, QListView, "search_list")
    at = view.visualRect(dialog._model.index(0)).center()
    qtbot.mouseClick(view.viewport(), LEFT, pos=at)
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_30") is not None)
    messages = find(window, MessageList, "message_list")

    def in_view() -> bool:
        found = window.findChild(QWidget, "message_30")
        if found is None or messages._anchor is not None:
            return False
        top = found.mapTo(messages, found.rect().topLeft()).y()
        return 0 <= top < 80

    wait_until(qtbot, in_view)


def test_arrows_choose_while_one_types(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    _two_personas(store)
    window = open_window()
    dialog = _opened(window, qtbot, "학교")
    field, view = find(dialog, QLineEdit, "search_text"), find(dialog, QListView, "search_list")
    assert view.currentIndex().row() == 0
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert view.currentIndex().row() == 1
    qtbot.keyClick(field, Qt.Key.Key_PageUp)
    assert view.currentIndex().row() == 0
    wanted = dialog._model.hits[0].found.message_id
    qtbot.keyClick(field, Qt.Key.Key_Return)
    wait_until(
        qtbot, lambda: wanted in [each.message_id for each in window.chat.model.rows]
    )  # fmt: skip


def test_only_the_last_query_counts(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    _two_personas(store)
    dialog = _opened(open_window(), qtbot)
    dialog._model.search("학교")
    dialog._model.search("schools")
    wait_until(qtbot, lambda: not dialog._model.busy)
    assert _passages(dialog) == ["Tell me of schools"]


def test_pages_are_read_as_one_scrolls(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    with store.transaction():
        for number in range(searching.PAGE_ROWS + 5):
            chat.ask(store, sunny, None, f"Apple {number}")
    dialog = _opened(open_window(), qtbot, "apple")
    model = dialog._model
    wait_until(qtbot, lambda: model.rowCount() >= searching.PAGE_ROWS)
    while model.canFetchMore(QModelIndex()) or model.busy:
        if not model.busy:
            model.fetchMore(QModelIndex())
        wait_until(qtbot, lambda: not model.busy)
    assert model.rowCount() == searching.PAGE_ROWS + 5
    assert find(dialog, QLabel, "search_count").text() == f"{searching.PAGE_ROWS + 5} found"


def test_off_the_record_and_deleted_are_not_found_and_it_says_so(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    gone = chat.ask(store, sunny, None, "a secret wish")
    conversations.delete(store, gone.conversation_id)
    window = open_window()
    window.chat.set_off_record(True)
    say(window, qtbot, "a secret fear")
    wait_until(qtbot, lambda: not window.chat.answering and len(window.chat.model.rows) == 2)
    dialog = _opened(window, qtbot)
    wait_until(qtbot, lambda: "off the record" in _said(dialog))
    _type(dialog, qtbot, "secret")
    assert _passages(dialog) == []
    wait_until(qtbot, lambda: "Nothing found for “secret”" in _said(dialog))
    assert "bring it back" in _said(dialog)


def test_where_nothing_is_found_single_words_lead_on(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _two_personas(store)
    dialog = _opened(open_window(), qtbot, "schools 친구")
    wait_until(qtbot, lambda: "Nothing found" in _said(dialog))
    qtbot.mouseClick(find(dialog, QPushButton, "search_word_0"), LEFT)
    wait_until(qtbot, lambda: _passages(dialog) == ["Tell me of schools"])
    assert find(dialog, QLineEdit, "search_text").text() == "schools"


def test_a_search_that_fails_says_why_and_can_be_tried_again(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _two_personas(store)
    window = open_window()
    with monkeypatch.context() as broken:

        def refuse(*_arguments: object) -> None:
            raise StoreError("The database is locked.", "Try again.", kind="locked")

        broken.setattr(searching, "search", refuse)
        dialog = _opened(window, qtbot, "학교")
        wait_until(qtbot, lambda: "Another program holds the database" in _said(dialog))
    find(dialog, QPushButton, "search_again").click()
    wait_until(qtbot, lambda: len(dialog._model.hits) == 2)


def test_a_dialog_that_was_closed_waits_for_nothing(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _two_personas(store)
    window = open_window()
    dialog = _opened(window, qtbot)
    find(dialog, QLineEdit, "search_text").setText("학교")
    dialog._search()
    dialog.reject()
    wait_until(qtbot, lambda: not isValid(dialog))
    done: list[bool] = []
    window.session.ask(lambda _store: True, done.append)
    wait_until(qtbot, lambda: done == [True])


def test_hostile_words_are_shown_as_they_are(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny<b>" + "x" * 300)
    chat.ask(store, sunny, None, "needle <img src=x> \u202eevil\x00 😀 needle " + "y" * 400)
    dialog = _opened(open_window(), qtbot, "needle")
    (hit,) = dialog._model.hits
    assert "\u202e" not in hit.passage and "\\u202eevil\\u0000" in hit.passage
    units = hit.passage.encode("utf-16-le")
    marked = [units[2 * a : 2 * b].decode("utf-16-le") for a, b in hit.marks]
    assert marked == ["needle", "needle"]
    assert not dialog.grab().isNull()


def test_the_panel_of_conversations_leads_to_the_search(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _two_personas(store)
    window = open_window()
    find(window, QToolButton, "history").click()
    find(window, QLineEdit, "history_search").setText("아홉")
    elsewhere = find(window, QPushButton, "history_elsewhere")
    wait_until(qtbot, elsewhere.isVisible)
    elsewhere.click()
    dialog = find(window, SearchDialog, "search_dialog")
    wait_until(qtbot, lambda: len(dialog._model.hits) == 1)
    dialog.reject()
    wait_until(qtbot, lambda: not isValid(dialog))
    find(window, QToolButton, "history_everywhere").click()
    assert find(window, SearchDialog, "search_dialog").isVisible()


def test_the_keys_open_it_from_any_page(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    _two_personas(store)
    window = open_window()
    window.show_page("replay")
    qtbot.keyClick(window, Qt.Key.Key_F, SEARCH_KEYS)
    dialog = _opened(window, qtbot, "") if window.findChild(SearchDialog) is None else None
    assert dialog is None, "the keys opened it"
    dialog = find(window, SearchDialog, "search_dialog")
    _type(dialog, qtbot, "친구")
    qtbot.keyClick(find(dialog, QLineEdit, "search_text"), Qt.Key.Key_Return)
    wait_until(qtbot, lambda: find(window, QWidget, "chat_page").isVisible())


def test_a_reply_is_sent_where_the_jump_led(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _, left = _two_personas(store)
    window = open_window()
    dialog = _opened(window, qtbot, "아홉")
    qtbot.keyClick(find(dialog, QLineEdit, "search_text"), Qt.Key.Key_Return)
    wait_until(qtbot, lambda: [row.message_id for row in window.chat.model.rows][-1:] == [left])
    say(window, qtbot, "And on Sundays?")
    wait_until(qtbot, lambda: answered(window, 4))
    assert store.messages.get(window.chat.model.rows[2].message_id or 0).parent_id == left


def test_search_looks_as_it_should(
    open_window: Opener,
    store: Store,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    look = "-".join(shade)
    sunny, technical, _ = homes.add_personas(store, "Sunny", "Technical", "P" * 120)
    homes.add_conversation(store, sunny)
    store.conversations.add(technical.id, "", "Untouched")
    chat.ask(
        store,
        technical,
        None,
        "오늘 학교에서 친구를 만나서 파이썬 리스트를 뒤집는 법을 배웠어요. " * 3,
    )
    chat.ask(
        store, technical, None,
        "The list of what to buy is long, and it begins with a list of lists, which somebody has"
        " to reverse before anybody reads it from the top to the very bottom of the page.",
    )  # fmt: skip
    window = open_window(*shade)
    dialog = _opened(window, qtbot)
    picture(dialog, f"search-empty-{look}")
    _type(dialog, qtbot, "list")
    picture(dialog, f"search-filled-{look}")
    _type(dialog, qtbot, "학교")
    picture(dialog, f"search-korean-{look}")
    _type(dialog, qtbot, "reverse the moon")
    picture(dialog, f"search-nothing-{look}")
    _type(dialog, qtbot, "reversed copy")
    qtbot.keyClick(find(dialog, QLineEdit, "search_text"), Qt.Key.Key_Return)
    wait_until(qtbot, lambda: not isValid(dialog))
    wait_until(
        qtbot,
        lambda: any(each.isVisible() for each in window.findChildren(QLabel, "message_found")),
    )
    picture(window, f"search-jumped-{look}")
    find(window, QToolButton, "history").click()
    find(window, QLineEdit, "history_search").setText("moon")
    wait_until(qtbot, find(window, QPushButton, "history_elsewhere").isVisible)
    picture(window, f"search-panel-{look}")
