"""Rating, picking, deleting and taking it all back, by keyboard and mouse."""

from __future__ import annotations

from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QListView,
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
from app.store import Persona, Rating, Store
from replay.meaning import MEANINGS
from tests.gui import homes
from tests.gui.conftest import Model, Opener
from tests.gui.waiting import activate, wait_until

W = TypeVar("W", bound=QWidget)
LEFT = Qt.MouseButton.LeftButton
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def find(parent: QWidget, kind: type[W], name: str) -> W:
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


def opened(open_window: Opener, qtbot: QtBot, rows: int = 4) -> MainWindow:
    """The window with the conversation of `homes` on the screen."""
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, f"message_{rows - 1}") is not None)
    activate(window, qtbot)
    return window


def word(store: Store, message_id: int) -> Rating | None:
    return store.ratings.of([message_id]).get(message_id)


def value(store: Store, message_id: int) -> str | None:
    said = word(store, message_id)
    return said.value if said else None


def told(window: MainWindow) -> str:
    return find(window, QLabel, "done_words").text()


def undo_by_key(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Z, CONTROL)


def listed(store: Store, persona: Persona) -> list[str]:
    return [each.title for each in chat.conversations(store, persona.id, 50, None)]


def test_one_key_rates_the_reply_that_has_the_keyboard_else_the_last(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    _, good, _, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    messages = find(window, QWidget, "message_list")
    messages.setFocus()
    qtbot.keyClick(messages, Qt.Key.Key_Plus)
    wait_until(qtbot, lambda: value(store, bad) == "up")
    assert value(store, good) == "up"
    first = find(find(window, QWidget, "message_1"), QToolButton, "copy_reply")
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Minus)
    wait_until(qtbot, lambda: value(store, good) == "down")
    assert value(store, bad) == "up"


def test_while_writing_plus_is_a_plus_and_alt_with_an_arrow_rates(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    editor = find(window, QTextEdit, "composer_text")
    editor.setFocus()
    qtbot.keyClicks(editor, "+1 -a?")
    assert editor.toPlainText() == "+1 -a?"
    assert value(store, bad) == "down"
    qtbot.keyClick(editor, Qt.Key.Key_Up, ALT)
    wait_until(qtbot, lambda: value(store, bad) == "up")
    qtbot.keyClick(editor, Qt.Key.Key_Down, ALT)
    wait_until(qtbot, lambda: value(store, bad) == "down")


def test_c_corrects_and_a_asks_again(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    messages = find(window, QWidget, "message_list")
    messages.setFocus()
    qtbot.keyClick(messages, Qt.Key.Key_C)
    editor = find(find(window, QWidget, "message_3"), QPlainTextEdit, "correction_editor")
    assert editor.hasFocus()
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    messages.setFocus()
    qtbot.keyClick(messages, Qt.Key.Key_A)
    wait_until(qtbot, lambda: len(store.messages.siblings(bad)) == 2)
    wait_until(qtbot, lambda: not window.chat.answering)


def test_every_key_stands_in_a_tooltip(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    reply = find(window, QWidget, "message_1")
    tips = " ".join(
        find(reply, QToolButton, name).toolTip()
        for name in ("thumb_up", "thumb_down", "correct", "again")
    )
    for key in ("(+, Alt+Up)", "(-, Alt+Down)", "(C)", "(A)", "What counts (?)"):
        assert key in tips
    assert "(B)" in find(reply, QPushButton, "better").toolTip()


def test_ctrl_z_takes_back_the_newest_deed_first(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    before = word(store, bad)
    judging = window.chat.judging
    judging.thumb(bad, True)
    judging.correct(bad, "reverse() is faster. Next: time it.")
    judging.give_reasons(bad, ["too_short"], "")
    wait_until(qtbot, lambda: told(window) == "Reasons kept.")
    find(window, QWidget, "message_list").setFocus()
    undo_by_key(window, qtbot)
    wait_until(qtbot, lambda: told(window) == "Undone: reasons")
    assert word(store, bad).reasons == ()  # type: ignore[union-attr]
    undo_by_key(window, qtbot)
    wait_until(qtbot, lambda: told(window) == "Undone: correction")
    assert word(store, bad).correction is None  # type: ignore[union-attr]
    qtbot.mouseClick(find(window, QToolButton, "thumb_down"), LEFT)
    wait_until(qtbot, lambda: find(window, QPushButton, "undo_done").isVisible())
    qtbot.mouseClick(find(window, QPushButton, "undo_done"), LEFT)
    wait_until(qtbot, lambda: told(window) == "Undone: rated bad")
    undo_by_key(window, qtbot)
    wait_until(qtbot, lambda: told(window) == "Undone: rated good")
    assert word(store, bad) == before
    undo_by_key(window, qtbot)
    wait_until(qtbot, lambda: told(window) == "Nothing to undo.")
    assert word(store, bad) == before, "what was said before this window opened was undone"


def test_ctrl_z_is_the_drafts_while_there_is_something_to_undo_in_it(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    window.chat.judging.thumb(bad, True)
    wait_until(qtbot, lambda: value(store, bad) == "up")
    editor = find(window, QTextEdit, "composer_text")
    editor.setFocus()
    qtbot.keyClicks(editor, "half a thought")
    undo_by_key(window, qtbot)
    assert editor.toPlainText() != "half a thought"
    assert value(store, bad) == "up"
    editor.clear()
    undo_by_key(window, qtbot)
    wait_until(qtbot, lambda: value(store, bad) == "down")


def test_an_undo_elsewhere_says_where(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    window.chat.judging.thumb(bad, True)
    wait_until(qtbot, lambda: value(store, bad) == "up")
    window.chat.begin_anew()
    window.chat.judging.undo()
    wait_until(qtbot, lambda: value(store, bad) == "down")
    wait_until(qtbot, lambda: "in “How do I reverse a list in Python?”" in told(window))


def test_a_rating_that_was_not_stored_does_not_look_stored(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)

    def fail(_store: Store, _message_id: int) -> Rating:
        raise StoreError("The disk is full.", "Make room.", kind="disk_full")

    with monkeypatch.context() as patch:
        patch.setattr(rating, "thumb_up", fail)
        up = find(find(window, QWidget, "message_3"), QToolButton, "thumb_up")
        qtbot.mouseClick(up, LEFT)
        wait_until(qtbot, lambda: find(window, QWidget, "trouble_bar").isVisible())
        assert not up.isChecked()
    window.chat.judging.undo()
    wait_until(qtbot, lambda: told(window) == "Nothing to undo.")
    find(window, QPushButton, "trouble_action").click()
    wait_until(qtbot, lambda: value(store, bad) == "up")


def test_picking_among_alternatives_shows_and_is_taken_back(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    first, good, *_ = homes.add_conversation(store, sunny)
    other = min(each.id for each in store.messages.siblings(good))
    window = opened(open_window, qtbot)
    assert not find(find(window, QWidget, "message_3"), QPushButton, "better").isVisible()
    better = find(find(window, QWidget, "message_1"), QPushButton, "better")
    assert better.isVisible() and better.text() == "Better"
    qtbot.mouseClick(better, LEFT)
    wait_until(qtbot, lambda: better.text() == "Picked" and better.isChecked())
    assert store.preferences.choices(sunny.id) == [(good, other)]
    find(window, QWidget, "message_list").setFocus()
    undo_by_key(window, qtbot)
    wait_until(qtbot, lambda: better.text() == "Better" and not better.isChecked())
    assert store.preferences.choices(sunny.id) == []
    for pressed, choices in ((1, [(good, other)]), (2, []), (3, [(good, other)])):
        find(window, QToolButton, "thumb_up").setFocus()
        qtbot.keyClick(find(window, QToolButton, "thumb_up"), Qt.Key.Key_B)
        wait_until(qtbot, lambda wanted=choices: store.preferences.choices(sunny.id) == wanted)
        wait_until(qtbot, lambda odd=pressed % 2: better.isChecked() == bool(odd))
    assert store.preferences.picked([first])[first].message_id == good


def test_what_was_rated_there_shows_as_such_and_one_press_makes_it_count(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    talk = store.conversations.add(sunny.id, "", "Garden", source="import")
    asked = store.messages.add(talk.id, None, "user", "When do beans go out into the garden?")
    reply = store.messages.add(talk.id, asked.id, "assistant", "In the middle of May, I think.")
    store.ratings.rate(reply.id, "up", correction="Mid-May.", origin="import")
    window = opened(open_window, qtbot, rows=2)
    shown = find(window, QWidget, "message_1")
    up = find(shown, QToolButton, "thumb_up")
    assert not up.isChecked() and up.property("there")
    assert find(shown, QWidget, "rated_there").isVisible()
    assert find(shown, QLabel, "message_note").text() == "Corrected there"
    assert not find(shown, QToolButton, "undo_rating").isVisible()
    assert find(window, QLabel, "month_count").text() == "0 / 50"
    qtbot.mouseClick(find(shown, QPushButton, "accept_rating"), LEFT)
    wait_until(qtbot, lambda: up.isChecked() and not up.property("there"))
    assert not find(shown, QWidget, "rated_there").isVisible()
    said = word(store, reply.id)
    assert said is not None and (said.origin, said.correction) == ("user", "Mid-May.")
    wait_until(qtbot, lambda: find(window, QLabel, "month_count").text() == "1 / 50")
    window.chat.judging.undo()
    wait_until(qtbot, lambda: find(shown, QWidget, "rated_there").isVisible())


def test_a_deleted_conversation_is_gone_at_once_and_undo_opens_it_again(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    find(window.centralWidget(), QToolButton, "history").click()
    rows = find(window, QListView, "history_list").model()
    wait_until(qtbot, lambda: rows.rowCount() == 1)
    found = window.findChild(QAction, "delete_conversation")
    assert found is not None
    found.trigger()
    wait_until(qtbot, lambda: rows.rowCount() == 0)
    assert find(window, QWidget, "empty_chat").isVisible()
    assert listed(store, sunny) == [] and chat.find(store, sunny.id, "reverse") == []
    assert told(window) == "“How do I reverse a list in Python?” deleted."
    wait_until(qtbot, lambda: find(window, QLabel, "month_count").text() == "0 / 50")
    find(window, QPushButton, "undo_done").click()
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 4 and rows.rowCount() == 1)
    wait_until(qtbot, lambda: find(window, QLabel, "month_count").text() == "1 / 50")


def test_del_on_the_list_deletes_and_what_was_deleted_comes_back_days_later(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 3)
    window = opened(open_window, qtbot, rows=2)
    find(window, QToolButton, "history").click()
    view = find(window, QListView, "history_list")
    wait_until(qtbot, lambda: view.model().rowCount() == 3)
    view.setFocus()
    view.setCurrentIndex(view.model().index(1, 0))
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    wait_until(qtbot, lambda: view.model().rowCount() == 2)
    assert listed(store, sunny) == ["Question 2", "Question 0"]
    later = open_window()
    find(later, QToolButton, "history").click()
    find(later, QToolButton, "history_deleted").click()
    view = find(later, QListView, "history_list")
    wait_until(qtbot, lambda: [view.model().index(0, 0).data()] == ["Question 1"])
    view.clicked.emit(view.model().index(0, 0))
    wait_until(qtbot, lambda: len(listed(store, sunny)) == 3)
    wait_until(qtbot, lambda: "matter 1" in later.chat.model.rows[0].text)
    wait_until(qtbot, lambda: view.model().rowCount() == 0)


def test_a_small_window_shows_the_list_or_the_conversation(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    window.resize(800, 560)
    messages = find(window, QWidget, "message_list")
    wait_until(qtbot, messages.isVisible)
    find(window, QToolButton, "history").click()
    view = find(window, QListView, "history_list")
    wait_until(qtbot, lambda: view.model().rowCount() == 1 and not messages.isVisible())
    view.clicked.emit(view.model().index(0, 0))
    wait_until(qtbot, lambda: messages.isVisible() and not view.isVisible())
    find(window, QToolButton, "history").click()
    window.chat.judging.delete(store.conversations.page(sunny.id)[0].id)
    find(window, QToolButton, "history_deleted").click()
    wait_until(qtbot, lambda: view.model().rowCount() == 1)
    view.clicked.emit(view.model().index(0, 0))
    wait_until(qtbot, lambda: messages.isVisible() and len(window.chat.model.rows) == 4)
    find(window, QToolButton, "history").click()
    assert not find(window, QToolButton, "history_deleted").isChecked()
    window.resize(1160, 760)
    wait_until(qtbot, lambda: messages.isVisible() and view.isVisible())


def test_a_deletion_taken_back_elsewhere_or_forgotten_is_passed_over(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 3)
    window = opened(open_window, qtbot, rows=2)
    talks = {each.title: each.id for each in store.conversations.page(sunny.id)}
    judging = window.chat.judging
    for title in talks:
        judging.delete(talks[title])
    wait_until(qtbot, lambda: listed(store, sunny) == [])
    store.actions.undo(sunny.id)
    store.conversations.delete(talks["Question 1"])
    judging.undo()
    wait_until(qtbot, lambda: told(window) == "Undone: “Question 2” is back")
    assert sorted(listed(store, sunny)) == ["Question 0", "Question 2"]
    judging.undo()
    wait_until(qtbot, lambda: told(window) == "Nothing to undo.")


def test_another_title_by_f2_and_back(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    find(window, QToolButton, "history").click()
    view = find(window, QListView, "history_list")
    wait_until(qtbot, lambda: view.model().rowCount() == 1)
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    qtbot.keyClick(view, Qt.Key.Key_F2)
    dialog = find(window, QDialog, "title_dialog")
    line = find(dialog, QLineEdit, "title_line")
    line.setText("   ")
    assert not find(dialog, QPushButton, "title_save").isEnabled()
    line.setText("<b>Lists</b>")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: listed(store, sunny) == ["<b>Lists</b>"])
    wait_until(qtbot, lambda: view.model().index(0, 0).data() == "<b>Lists</b>")
    window.chat.judging.undo()
    wait_until(qtbot, lambda: listed(store, sunny) == ["How do I reverse a list in Python?"])
    wait_until(qtbot, lambda: view.model().index(0, 0).data().startswith("How do I"))


def test_an_untitled_conversation_is_not_called_untitled_for_good(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    talk = store.conversations.add(sunny.id, "", "")
    store.messages.add(talk.id, None, "user", "Hello")
    window = opened(open_window, qtbot, rows=1)
    find(window, QToolButton, "history").click()
    view = find(window, QListView, "history_list")
    wait_until(qtbot, lambda: view.model().rowCount() == 1)
    assert view.model().index(0, 0).data() == "Untitled"
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    qtbot.keyClick(view, Qt.Key.Key_F2)
    dialog = find(window, QDialog, "title_dialog")
    assert find(dialog, QLineEdit, "title_line").text() == ""
    dialog.close()


def test_a_key_rates_no_earlier_reply_while_one_is_being_written(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    model.go_on.clear()
    window.chat.say("And for tuples?")
    wait_until(qtbot, lambda: any(row.text == "A short " for row in window.chat.model.rows))
    editor = find(window, QTextEdit, "composer_text")
    editor.setFocus()
    qtbot.keyClick(editor, Qt.Key.Key_Up, ALT)
    model.go_on.set()
    wait_until(qtbot, lambda: not window.chat.answering)
    wait_until(qtbot, lambda: len(window.chat.talk.lines) == 6)
    assert value(store, bad) == "down"
    qtbot.keyClick(editor, Qt.Key.Key_Up, ALT)
    wait_until(qtbot, lambda: told(window) == "Rated good.")
    assert value(store, window.chat.talk.lines[-1].message.id) == "up"


def test_another_language_leaves_the_way_back(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    window.chat.judging.thumb(bad, True)
    wait_until(qtbot, lambda: value(store, bad) == "up")
    window.session.choose_language("ko")
    wait_until(qtbot, lambda: len(window.findChildren(QWidget, "chat_page")) == 1)
    page = window.centralWidget()
    find(page, QWidget, "message_list").setFocus()
    undo_by_key(window, qtbot)
    wait_until(qtbot, lambda: value(store, bad) == "down")
    wait_until(qtbot, lambda: find(page, QLabel, "done_words").text() == "되돌림: 좋은 답변 평가")


def test_another_personas_deeds_are_left_alone(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    *_, bad = homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    window.chat.judging.thumb(bad, True)
    wait_until(qtbot, lambda: value(store, bad) == "up")
    window.session.switch(technical.id)
    wait_until(qtbot, lambda: window.session.household.current_id == technical.id)
    window.chat.judging.undo()
    wait_until(qtbot, lambda: told(window) == "Nothing to undo.")
    assert value(store, bad) == "up"


def test_what_counts_is_shown_as_training_takes_it(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = opened(open_window, qtbot)
    messages = find(window, QWidget, "message_list")
    messages.setFocus()
    qtbot.keyClick(messages, Qt.Key.Key_Question)
    dialog = find(window, QDialog, "what_counts_dialog")
    for meaning in MEANINGS:
        assert find(dialog, QLabel, f"weight_{meaning.name}").text() == f"× {meaning.weight:g}"
    assert {each.why for each in MEANINGS} <= {each.text() for each in dialog.findChildren(QLabel)}
    dialog.close()
    find(window, QToolButton, "what_counts").click()
    wait_until(qtbot, lambda: any(each.isVisible() for each in window.findChildren(QDialog)))
    for each in window.findChildren(QDialog):
        each.close()


def test_masked_reply_shows_and_corrects_what_would_be_learned(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    """Else a correction would bring the number back that was masked."""
    (sunny,) = homes.add_personas(store, "Sunny")
    _, good, _, _ = homes.add_conversation(store, sunny)
    store.actions.edit(good, "Call [phone].")
    window = opened(open_window, qtbot)
    reply = find(window, QWidget, "message_1")
    assert reply.accessibleName() == "Sunny: Call [phone]."
    assert find(reply, QLabel, "message_note").text() == "Personal data masked"
    switch = find(reply, QPushButton, "show_original")
    switch.click()
    assert switch.text() == "Show masked"
    assert reply.accessibleName() == f"Sunny: {store.messages.get(good).content}"
    find(reply, QToolButton, "correct").click()
    assert find(reply, QPlainTextEdit, "correction_editor").toPlainText() == "Call [phone]."
