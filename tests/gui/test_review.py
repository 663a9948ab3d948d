"""Decisions would be lost, made by nobody, or not be undone if these failed."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.errors import StoreError
from app.gui import examining
from app.gui.review_card import ReviewCard
from app.gui.review_marks import MOST_CHARACTERS
from app.gui.review_text import MarkedText
from app.gui.why import WhyDialog
from app.gui.window import MainWindow
from app.home import Home
from app.operations import reviewing
from app.operations.examining import examine
from app.store import Persona, Store
from app.store.review import ReviewFilter
from tests.gui import homes, review_home
from tests.gui.conftest import Opener
from tests.gui.review_keyboard import CTRL, KEY, Keyboard
from tests.gui.test_chat import find
from tests.gui.waiting import activate, wait_until

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def sunny(store: Store) -> Persona:
    (made,) = homes.add_personas(store, "Sunny")
    return made


@pytest.fixture(autouse=True)
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "FIRST_AFTER_MS", 0)
    monkeypatch.setattr(examining, "LOOK_EVERY_MS", 100)


def _opened(open_window: Opener, qtbot: QtBot) -> Keyboard:
    return Keyboard(open_window(), qtbot)


def _state(store: Store, message_id: int) -> tuple[str, str, str]:
    (item,) = store.review.items([message_id])
    return item.state, item.reply, item.topic


def test_a_hundred_flagged_replies_by_keyboard_alone_and_every_decision_back(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    ids = review_home.add_flagged(store, home, sunny, 100)
    said = review_home.tables(store, *review_home.SAID, *review_home.WORDS)
    found = review_home.found(store)
    keys = _opened(open_window, qtbot)
    assert keys.queue.left == 100
    actions, decided = 0, []
    for turn in range(100):
        wait_until(qtbot, lambda: keys.current is not None)
        assert keys.current is not None and keys.current not in decided
        decided.append(keys.current)
        if turn % 5 == 0:
            keys.press(KEY.Key_1)
        elif turn % 5 == 1:
            keys.press(KEY.Key_2)
            editor = find(keys.card, QPlainTextEdit, "correction_editor")
            assert QApplication.focusWidget() is editor
            editor.selectAll()
            qtbot.keyClicks(editor, f"Better {turn}, and J K 1 2 3 too")
            qtbot.keyClick(editor, KEY.Key_Return, CTRL)
        elif turn % 5 == 2:
            keys.press(KEY.Key_3)
        elif turn % 5 == 3:
            keys.press("t")
            keys.press("p")
            keys.press(KEY.Key_1)
            actions += 1
        else:
            keys.press("m")
            keys.press(KEY.Key_3)
            keys.settle()
        actions += 1
    keys.settle()
    wait_until(qtbot, lambda: keys.queue.current is None and keys.queue.left == 0)
    assert sorted(decided) == sorted(ids)
    assert _state(store, decided[0])[0] == "approved"
    assert _state(store, decided[1])[:2] == ("approved", "Better 1, and J K 1 2 3 too")
    assert _state(store, decided[2])[0] == "rejected"
    assert _state(store, decided[3])[::2] == ("approved", "persona")
    masks = [row for row in review_home.tables(store, "actions")["actions"] if row[2] == "mask"]
    assert masks, "nothing personal was masked"
    actions += len(masks)
    assert len(review_home.tables(store, "actions")["actions"]) == actions
    for _ in range(actions):
        keys.press("u")
    keys.settle()
    wait_until(qtbot, lambda: review_home.tables(store, "actions")["actions"] == [])
    assert review_home.tables(store, *review_home.SAID, *review_home.WORDS) == said
    keys.press("u")
    wait_until(qtbot, lambda: keys.told() == "There is nothing to take back.")
    keys.window.leave()
    while examine(home, store, sunny.id).looked:
        pass
    assert review_home.found(store) == found


def test_what_was_taken_back_is_looked_at_again_at_once(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    ids = review_home.add_flagged(store, home, sunny, 5)
    keys = _opened(open_window, qtbot)
    keys.press("j", KEY.Key_1)
    assert keys.current == ids[2]
    keys.press(KEY.Key_2, "x")
    keys.qtbot.keyClick(QApplication.focusWidget(), KEY.Key_Return, CTRL)
    assert keys.current == ids[3]
    wait_until(qtbot, lambda: keys.told() == "Correction kept.")
    keys.press("u")
    wait_until(qtbot, lambda: keys.current == ids[2])
    assert [row.id for row in keys.queue.model.rows] == [ids[0], *ids[2:]]
    keys.press("u")
    wait_until(qtbot, lambda: keys.current == ids[1])
    wait_until(qtbot, lambda: keys.queue.left == 5)


def test_a_look_that_was_asked_for_before_an_undo_does_not_take_its_reply_away(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    ids = review_home.add_flagged(store, home, sunny, 3)
    keys = _opened(open_window, qtbot)
    keys.press(KEY.Key_2, "x")
    qtbot.keyClick(find(keys.card, QPlainTextEdit, "correction_editor"), KEY.Key_Return, CTRL)
    wait_until(qtbot, lambda: keys.told() == "Correction kept.")
    keys.window.session.examining.quit()  # else it would find the reply again, sooner or later
    keys.press("u")
    keys.queue.refresh()
    keys.settle()
    keys.settle()
    assert keys.told() == "Undone: correction"
    assert keys.current == ids[0]


def test_moving_stops_at_both_ends_and_the_last_decision_leaves_what_to_do_next(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    ids = review_home.add_flagged(store, home, sunny, 3)
    plain = review_home.add_plain(store, sunny, 1)
    examine(home, store, sunny.id)
    keys = _opened(open_window, qtbot)
    keys.press("k", "k")
    assert keys.current == ids[0]
    keys.press("j", "j", "j", "j")
    assert keys.current == ids[2]
    keys.press(KEY.Key_1)
    assert keys.current == ids[1], "the one before, when there is none after"
    keys.press(KEY.Key_3, KEY.Key_3)
    wait_until(qtbot, lambda: find(keys.window, QWidget, "review_nothing").isVisible())
    assert find(keys.window, QLabel, "review_nothing_title").text() == "Nothing is flagged."
    wait_until(qtbot, lambda: keys.window.findChild(QPushButton, "review_way_unrated") is not None)
    keys.press("u")
    wait_until(qtbot, lambda: keys.current == ids[0])
    keys.press(KEY.Key_3)
    wait_until(qtbot, lambda: keys.current is None)
    qtbot.mouseClick(find(keys.window, QPushButton, "review_way_unrated"), LEFT)
    wait_until(qtbot, lambda: keys.current == plain[0])


def test_letters_of_a_korean_keyboard_are_the_same_keys(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    ids = review_home.add_flagged(store, home, sunny, 3)
    keys = _opened(open_window, qtbot)

    def typed(letter: str) -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            place = QApplication.activePopupWidget() or keys.list
            event = QKeyEvent(kind, ord(letter), Qt.KeyboardModifier.NoModifier, letter)
            QApplication.sendEvent(place, event)

    typed("ㅓ")
    assert keys.current == ids[1]
    typed("ㅏ")
    assert keys.current == ids[0]
    typed("ㅅ")
    typed("ㅔ")
    wait_until(qtbot, lambda: _state(store, ids[0])[2] == "persona")


def test_a_key_held_down_decides_once_and_only_moving_goes_on(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    """A finger that rests on 1 would approve a screenful that nobody has read."""
    ids = review_home.add_flagged(store, home, sunny, 8)
    keys = _opened(open_window, qtbot)

    def hold(key: Qt.Key, letter: str) -> None:
        for number in range(4):
            place = QApplication.activePopupWidget() or keys.list
            event = QKeyEvent(
                QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, letter, number > 0
            )
            QApplication.sendEvent(place, event)

    hold(KEY.Key_1, "1")
    keys.settle()
    assert keys.queue.left == 7 and keys.current == ids[1]
    hold(KEY.Key_T, "t")
    keys.settle()
    assert store.review.items([ids[1]])[0].topic_by_user is False, "T chose from its own menu"
    menu = QApplication.activePopupWidget()
    assert menu is not None
    menu.close()
    hold(KEY.Key_J, "j")
    assert keys.current == ids[5]


def test_the_keyboard_stays_at_the_queue_when_the_button_under_it_goes(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    review_home.add_flagged(store, home, sunny, 3)
    keys = _opened(open_window, qtbot)
    keys.press(KEY.Key_1)
    wait_until(qtbot, lambda: keys.told() == "Kept.")
    page = find(keys.window, QWidget, "review_page")
    undo = find(page, QPushButton, "undo_done")
    for words in ("Undone: kept", "There is nothing to take back."):
        undo.setFocus()
        qtbot.mouseClick(undo, LEFT)
        wait_until(qtbot, lambda words=words: keys.told() == words)
        assert QApplication.focusWidget() is keys.list


def test_another_look_leaves_the_keyboard_at_the_button_that_says_what_to_do_next(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    review_home.add_plain(store, sunny, 1)
    examine(home, store, sunny.id)
    keys = _opened(open_window, qtbot)
    wait_until(qtbot, lambda: keys.window.findChild(QPushButton, "review_way_unrated") is not None)
    way = find(keys.window, QPushButton, "review_way_unrated")
    way.setFocus()
    keys.window.review.changed.emit()
    assert QApplication.focusWidget() is way
    keys.press(KEY.Key_Space)
    wait_until(qtbot, lambda: keys.current is not None)
    assert QApplication.focusWidget() is keys.list


def test_letters_are_the_pages_keys_while_the_keyboard_is_at_the_filter(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    ids = review_home.add_flagged(store, home, sunny, 16)
    keys = _opened(open_window, qtbot)
    wait_until(qtbot, lambda: keys.window.review.numbers is not None)
    find(keys.window, QComboBox, "review_filter").setFocus()
    keys.press("d", "j", KEY.Key_1)
    assert keys.current == ids[2]
    assert keys.queue.chosen == ReviewFilter(), "D had chosen the decided ones"


def test_a_correction_that_changes_nothing_keeps(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    """An editor makes other line ends and spaces; they would teach as if somebody had corrected."""
    said = "Write to\u00a0: anna@firma.com,\r\nor to\u2028berta@firma.com."
    reply = review_home.say(store, sunny, "Whom do I ask?", said)
    examine(home, store, sunny.id)
    keys = _opened(open_window, qtbot)
    keys.press(KEY.Key_2)
    qtbot.keyClick(find(keys.card, QPlainTextEdit, "correction_editor"), KEY.Key_Return, CTRL)
    wait_until(qtbot, lambda: keys.told() == "Kept.")
    (item,) = store.review.items([reply])
    assert (item.state, item.corrected, item.reply) == ("approved", False, said)


def test_masking_shows_the_words_that_would_be_learned_and_leaves_the_decision(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    reply = review_home.say(store, sunny, "I am at 010-2345-6789.", "Ask 😀 anna@firma.com then.")
    examine(home, store, sunny.id)
    keys = _opened(open_window, qtbot)
    shown = find(keys.card, MarkedText, "review_reply")
    assert [each.cursor.selectedText() for each in shown.extraSelections()] == ["anna@firma.com"]
    question = find(keys.card, MarkedText, "review_question")
    assert [each.cursor.selectedText() for each in question.extraSelections()] == ["010-2345-6789"]
    assert all(each.format.fontUnderline() or each.format.underlineStyle().value
               for each in shown.extraSelections())  # fmt: skip
    keys.press("m")
    wait_until(qtbot, lambda: shown.toPlainText() == "Ask 😀 [email] then.")
    assert question.toPlainText() == "I am at [phone]."
    assert _state(store, reply)[0] == "open" and keys.current == reply
    wait_until(qtbot, lambda: review_home.flag_kinds(store) == {})
    keys.settle()
    assert keys.current == reply, "what is looked at must not go away by itself"
    keys.press(KEY.Key_1)
    wait_until(qtbot, lambda: _state(store, reply)[:2] == ("approved", "Ask 😀 [email] then."))


def test_all_of_a_filter_is_asked_for_with_the_number_and_undone_at_once(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    review_home.add_flagged(store, home, sunny, 160)
    before = review_home.tables(store, *review_home.SAID)
    keys = _opened(open_window, qtbot)
    flagged = keys.queue.left
    keys.press("a", KEY.Key_3)
    wait_until(qtbot, lambda: keys.window.findChild(QWidget, "review_bulk_dialog") is not None)
    dialog = find(keys.window, QWidget, "review_bulk_dialog")
    assert f"Drop {flagged} replies?" in [each.text() for each in dialog.findChildren(QLabel)]
    qtbot.keyClick(dialog, KEY.Key_Escape)
    assert review_home.tables(store, *review_home.SAID) == before, "nobody had said yes"
    assert not dialog.isVisible()
    keys.press("a", "t", "c")
    wait_until(qtbot, lambda: _visible(keys.window, "review_bulk_yes") is not None)
    qtbot.mouseClick(_visible(keys.window, "review_bulk_yes"), LEFT)
    wait_until(qtbot, lambda: keys.told() == f"Topic of {flagged} replies set.")
    topics = ReviewFilter("topic", "coding")
    assert reviewing.count(store, sunny.id, topics) == flagged
    keys.press("a", KEY.Key_1)
    wait_until(qtbot, lambda: _visible(keys.window, "review_bulk_yes") is not None)
    qtbot.keyClick(_visible(keys.window, "review_bulk_yes"), KEY.Key_Return)
    wait_until(qtbot, lambda: keys.told() == f"{flagged} replies kept.")
    wait_until(qtbot, lambda: keys.current is None)
    keys.press("u")
    wait_until(qtbot, lambda: keys.queue.left == flagged and keys.current is not None)
    keys.press("u")
    wait_until(qtbot, lambda: review_home.tables(store, *review_home.SAID) == before)


def _visible(window: MainWindow, name: str) -> Any:
    found = [each for each in window.findChildren(QPushButton, name) if each.isVisible()]
    return found[0] if found else None


def test_a_filter_is_chosen_by_keyboard_and_shows_what_it_has_left(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    review_home.add_flagged(store, home, sunny, 16)
    keys = _opened(open_window, qtbot)
    wait_until(qtbot, lambda: keys.window.review.numbers is not None)
    box = find(keys.window, QComboBox, "review_filter")
    names = [box.itemText(place) for place in range(box.count())]
    assert names[0] == "Flagged (16)" and "Flag: Refusal (2)" in names
    assert not any("archive" in name for name in names), "there is no archive"
    keys.press("/")
    place = names.index("Flag: Refusal (2)")
    view = box.view()
    for _ in range(place):
        qtbot.keyClick(view, KEY.Key_Down)
    qtbot.keyClick(view, KEY.Key_Return)
    wait_until(qtbot, lambda: keys.queue.chosen == ReviewFilter("flagged", "refusal"))
    wait_until(qtbot, lambda: keys.queue.left == 2)
    activate(keys.window, qtbot)
    assert QApplication.focusWidget() is keys.list
    assert find(keys.window, QLabel, "flag_refusal").text().startswith("Refusal")
    find(keys.window, QToolButton, "review_why").click()
    why = find(keys.window, WhyDialog, "why_dialog")
    assert "will not answer" in find(why, QLabel, "why_words").text()
    why.close()


def test_decided_replies_are_shown_again_and_can_be_decided_anew(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    ids = review_home.add_plain(store, sunny, 3)
    reviewing.keep(store, sunny.id, ids)
    window = open_window()
    window.show_review(ReviewFilter("all", decided=True))
    keys = Keyboard(window, qtbot)
    wait_until(qtbot, lambda: keys.current == ids[0])
    keys.press(KEY.Key_3)
    assert keys.current == ids[1]
    wait_until(qtbot, lambda: keys.queue.model.rows[0].item.state == "rejected")
    assert len(keys.queue.model.rows) == 3


def test_an_archive_is_offered_as_a_sample(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    """The import's button leads here; thousands of old replies are nobody's evening."""
    review_home.add_plain(store, sunny, 130, source="export.json")
    window = open_window()
    window.show_review(ReviewFilter("sample"))
    keys = Keyboard(window, qtbot)
    wait_until(qtbot, lambda: keys.queue.left == 100)
    assert "export.json" in find(keys.card, QLabel, "review_where").text()
    for _ in range(100):
        wait_until(qtbot, lambda: keys.current is not None)
        keys.press(KEY.Key_1)
    wait_until(qtbot, lambda: keys.queue.left == 0 and keys.current is None)
    keys.settle()
    assert reviewing.count(store, sunny.id, ReviewFilter("archive")) == 30


def test_the_conversation_around_a_reply_opens_and_closes_with_the_space_bar(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    talk = store.conversations.add(sunny.id, "", "Bread")
    parent: int | None = None
    for number in range(4):
        asked = store.messages.add(talk.id, parent, "user", f"Question {number}?")
        text = "Ask anna@firma.com please." if number == 1 else f"Answer <b>{number}</b>, friend."
        parent = store.messages.add(talk.id, asked.id, "assistant", text).id
    examine(home, store, sunny.id)
    keys = _opened(open_window, qtbot)
    keys.press(KEY.Key_Space)
    wait_until(qtbot, lambda: keys.window.findChild(QPlainTextEdit, "review_around") is not None)
    text = find(keys.window, QPlainTextEdit, "review_around")
    shown = text.toPlainText()
    assert shown.index("Question 0?") < shown.index("Answer <b>0</b>") < shown.index("Question 3?")
    assert "Sunny, this reply\nAsk anna@firma.com please." in shown
    wait_until(qtbot, lambda: QApplication.focusWidget() is text)
    keys.press(KEY.Key_Space)
    assert not text.isVisible()


def test_the_keys_are_told_with_a_question_mark(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    review_home.add_plain(store, sunny, 1)
    keys = _opened(open_window, qtbot)
    keys.press(KEY.Key_Question)
    dialog = find(keys.window, QWidget, "review_keys_dialog")
    told = {each.text() for each in dialog.findChildren(QLabel)}
    assert {"J", "K", "1", "2", "3", "T", "M", "U, Ctrl+Z", "Space", "/", "?"} <= told
    qtbot.keyClick(dialog, KEY.Key_Question)
    assert not dialog.isVisible()


def test_a_half_written_correction_outlives_another_look_and_another_reply(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    ids = review_home.add_flagged(store, home, sunny, 3)
    keys = _opened(open_window, qtbot)
    keys.press(KEY.Key_2, "Half a corr ")
    keys.window.session.choose_theme("dark")
    keys.window.session.examining.looked_at.emit(sunny.id)
    keys.settle()

    def open_text() -> str:
        card = keys.window.findChild(ReviewCard, "review_card")
        editor = card.findChild(QPlainTextEdit, "correction_editor") if card else None
        return editor.toPlainText() if editor else ""

    assert keys.current == ids[0] and open_text().endswith("Half a corr ")
    keys.queue.go_to(1)
    wait_until(qtbot, lambda: open_text() == "")
    find(keys.window, MarkedText, "review_reply").setFocus()
    keys.press("k")
    assert open_text().endswith("Half a corr ")
    keys.press("j", "j")
    assert keys.current == ids[2], "the keyboard went with the text that it was in"
    assert _state(store, ids[0])[0] == "open"


def test_a_reply_that_could_not_be_stored_comes_back(
    open_window: Opener,
    store: Store,
    home: Home,
    sunny: Persona,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = review_home.add_flagged(store, home, sunny, 3)
    keys = _opened(open_window, qtbot)

    def full(*_arguments: object) -> None:
        raise StoreError("The disk is full.", "Free some space.", kind="disk_full")

    monkeypatch.setattr(reviewing, "keep", full)
    keys.press(KEY.Key_1)
    wait_until(qtbot, lambda: find(keys.window, QWidget, "trouble_bar").isVisible())
    wait_until(qtbot, lambda: [row.id for row in keys.queue.model.rows] == ids)
    assert keys.queue.left == 3
    again = find(keys.window, QPushButton, "trouble_action")
    again.setFocus()
    keys.press(KEY.Key_Space)
    assert QApplication.focusWidget() is keys.list, "the keys would do nothing"


def test_what_it_nearly_is_the_same_as_is_shown_beside(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    review_home.say(store, sunny, "How do I keep bread?", review_home.BREAD)
    review_home.say(store, sunny, "How do I keep my bread?", f"{review_home.BREAD} Buy a bag.")
    examine(home, store, sunny.id)
    keys = _opened(open_window, qtbot)
    twin = find(keys.card, MarkedText, "review_twin")
    wait_until(qtbot, lambda: twin.isVisible() and review_home.BREAD in twin.toPlainText())


def test_nothing_in_a_reply_its_title_or_its_speaker_is_markup(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    bold = "<b>bold</b> <img src='file:///etc/passwd'> anna@firma.com"
    review_home.say(store, sunny, bold, bold, title="<h1>title</h1>")
    examine(home, store, sunny.id)
    keys = _opened(open_window, qtbot)
    assert find(keys.card, MarkedText, "review_reply").toPlainText() == bold
    labels = keys.card.findChildren(QLabel)
    assert any("<h1>title</h1>" in each.text() for each in labels)
    assert all(each.textFormat() == Qt.TextFormat.PlainText for each in labels if each.text())


def test_of_very_many_only_pages_are_read(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    """A hundred thousand replies in memory would freeze the window."""
    ids = review_home.add_plain(store, sunny, 3_000)
    window = open_window()
    window.show_review(ReviewFilter("unrated"))
    keys = Keyboard(window, qtbot)
    wait_until(qtbot, lambda: keys.queue.left == 3_000)
    assert len(keys.queue.model.rows) == reviewing.PAGE
    keys.press(*["j"] * 120)
    wait_until(qtbot, lambda: len(keys.queue.model.rows) > reviewing.PAGE)
    while keys.current != ids[120]:
        keys.press("j")
        keys.settle()
    assert len(keys.queue.model.rows) <= 4 * reviewing.PAGE
    assert [row.id for row in keys.queue.model.rows] == ids[: len(keys.queue.model.rows)]


def test_another_persona_has_its_own_queue(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    review_home.add_flagged(store, home, sunny, 3)
    keys = _opened(open_window, qtbot)
    assert keys.queue.left == 3
    qtbot.keySequence(keys.window, QKeySequence("Ctrl+2"))
    wait_until(qtbot, lambda: keys.window.session.household.current_id == technical.id)
    wait_until(qtbot, lambda: keys.queue.loaded and keys.queue.left == 0)
    assert keys.current is None


def test_what_was_asked_of_one_persona_is_not_done_to_another(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot
) -> None:
    """Another window may switch the persona while the question is open."""
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    ids = review_home.add_flagged(store, home, sunny, 3)
    reviewing.keep(store, technical.id, review_home.add_plain(store, technical, 2))
    keys = _opened(open_window, qtbot)
    keys.press(KEY.Key_1)
    wait_until(qtbot, lambda: keys.told() == "Kept.")
    keys.press("a", KEY.Key_3)
    wait_until(qtbot, lambda: _visible(keys.window, "review_bulk_yes") is not None)
    keys.window.session.switch(technical.id)
    wait_until(qtbot, lambda: keys.queue.persona_id == technical.id)
    assert keys.told() == "", "an undo would take back what the other persona was told"
    qtbot.mouseClick(_visible(keys.window, "review_bulk_yes"), LEFT)
    keys.settle()
    assert [item.state for item in store.review.items(ids)] == ["approved", "open", "open"]
    verbs = [row[1:3] for row in review_home.tables(store, "actions")["actions"]]
    assert verbs == [(technical.id, "keep"), (sunny.id, "keep")]


def test_of_a_reply_that_is_too_long_to_edit_only_the_beginning_is_kept_and_that_is_told(
    open_window: Opener, store: Store, home: Home, sunny: Persona, qtbot: QtBot
) -> None:
    review_home.say(store, sunny, "Whom?", "Write to anna@firma.com. " * 4_000)
    examine(home, store, sunny.id)
    keys = _opened(open_window, qtbot)
    keys.press(KEY.Key_2)
    assert keys.told().startswith("Only its beginning is here")
    editor = find(keys.card, QPlainTextEdit, "correction_editor")
    assert len(editor.toPlainText()) == MOST_CHARACTERS
