"""Talking, rating and correcting by mouse and keyboard."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui.window import MainWindow
from app.home import Home
from app.store import Rating, Store
from tests.gui import homes
from tests.gui.conftest import Model, Opener
from tests.gui.waiting import activate, wait_until

W = TypeVar("W", bound=QWidget)
LEFT = Qt.MouseButton.LeftButton


def find(parent: QWidget, kind: type[W], name: str) -> W:
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


def say(window: MainWindow, qtbot: QtBot, text: str) -> None:
    editor = find(window, QTextEdit, "composer_text")
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def answered(window: MainWindow, messages: int) -> bool:
    rows = window.chat.model.rows
    return not window.chat.answering and len(rows) == messages and rows[-1].message_id is not None


def rating_of(store: Store, message_id: int) -> Rating | None:
    return store.ratings.of([message_id]).get(message_id)


def test_reply_streams_in_and_is_stored(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    model.go_on.clear()
    say(window, qtbot, "Hello there")
    wait_until(qtbot, lambda: any(row.text == "A short " for row in window.chat.model.rows))
    assert find(window, QToolButton, "send").toolTip() == "Stop (Esc)"
    model.go_on.set()
    wait_until(qtbot, lambda: answered(window, 2))
    talk = store.conversations.page(sunny.id)[0]
    assert [message.content for message in store.messages.path(talk.id)] == [
        "Hello there",
        "A short reply.\n\nNext: smile.",
    ]
    assert model.asked[0][0][0] == {"role": "system", "content": homes.SUNNY}


def test_shift_enter_breaks_the_line_and_a_composed_word_is_not_sent(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    editor = find(window, QTextEdit, "composer_text")
    qtbot.keyClicks(editor, "one")
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert editor.toPlainText() == "one\n"
    QApplication.sendEvent(editor, QInputMethodEvent("안녕", []))
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert not window.chat.answering and not window.chat.model.rows


def test_a_broken_stream_keeps_its_part_and_offers_to_ask_again(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    model.breaks_after = 2
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: find(window, QWidget, "trouble_bar").isVisible())
    wait_until(qtbot, lambda: answered(window, 2))
    talk = store.conversations.page(sunny.id)[0]
    broken = store.messages.path(talk.id)[-1]
    assert (broken.content, broken.finish) == ("A short reply.\n\n", "error")
    assert find(window, QLabel, "trouble_more").text().startswith("What was written so far is kept")
    model.breaks_after = None
    find(window, QPushButton, "trouble_action").click()
    wait_until(qtbot, lambda: "smile" in window.chat.model.rows[-1].text)
    wait_until(qtbot, lambda: answered(window, 2))
    assert len(store.messages.siblings(broken.id)) == 2


def test_a_reply_that_never_came_leaves_the_question_and_no_empty_reply(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    model.breaks_after = 0
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: answered(window, 1))
    talk = store.conversations.page(sunny.id)[0]
    assert [message.role for message in store.messages.path(talk.id)] == ["user"]
    model.breaks_after = None
    qtbot.mouseClick(find(window, QPushButton, "answer"), LEFT)
    wait_until(qtbot, lambda: answered(window, 2))


def test_stopping_keeps_what_arrived(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    model.go_on.clear()
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: any(row.text == "A short " for row in window.chat.model.rows))
    qtbot.mouseClick(find(window, QToolButton, "send"), LEFT)
    model.go_on.set()
    wait_until(qtbot, lambda: answered(window, 2))
    message = store.messages.path(store.conversations.page(sunny.id)[0].id)[-1]
    assert (message.content, message.finish) == ("A short ", "stopped")


def test_thumbs_reasons_comment_and_undo(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    _, good, _, bad = homes.add_conversation(store, sunny)
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_3") is not None)
    reply = find(window, QWidget, "message_3")
    qtbot.mouseClick(find(reply, QPushButton, "reason_bad_code"), LEFT)

    def reasons() -> tuple[str, ...]:
        said = rating_of(store, bad)
        return said.reasons if said else ()

    wait_until(qtbot, lambda: reasons() == ("too_long", "wrong_fact", "bad_code"))
    comment = find(reply, QLineEdit, "comment")
    comment.clear()
    qtbot.keyClicks(comment, "measured it")
    qtbot.keyClick(comment, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: (rating_of(store, bad) or _NONE).comment == "measured it")
    qtbot.mouseClick(find(reply, QToolButton, "thumb_up"), LEFT)
    wait_until(qtbot, lambda: (rating_of(store, bad) or _NONE).value == "up")
    qtbot.mouseClick(find(reply, QToolButton, "undo_rating"), LEFT)
    wait_until(qtbot, lambda: (rating_of(store, bad) or _NONE).value == "down")
    assert (rating_of(store, good) or _NONE).value == "up"


_NONE = Rating(0, 0, None, (), "", None, "")


def test_correcting_in_place_and_looking_at_the_original(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, bad = homes.add_conversation(store, sunny)
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_3") is not None)
    reply = find(window, QWidget, "message_3")
    qtbot.mouseClick(find(reply, QToolButton, "correct"), LEFT)
    editor = find(reply, QPlainTextEdit, "correction_editor")
    editor.setPlainText("reverse() is faster. Next: time it.")
    qtbot.mouseClick(find(reply, QPushButton, "save_correction"), LEFT)
    wait_until(qtbot, lambda: (rating_of(store, bad) or _NONE).correction is not None)
    wait_until(qtbot, lambda: find(reply, QLabel, "message_note").text() == "Corrected by you")
    assert store.messages.get(bad).content == "It is hard to say, in general."
    find(reply, QPushButton, "show_original").click()
    find(reply, QToolButton, "copy_reply").click()
    assert QApplication.clipboard().text() == "It is hard to say, in general."


def test_alternatives_side_by_side(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_conversation(store, sunny)
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_3") is not None)
    qtbot.mouseClick(find(find(window, QWidget, "message_3"), QToolButton, "again"), LEFT)
    wait_until(qtbot, lambda: answered(window, 4))
    reply = find(window, QWidget, "message_3")
    wait_until(qtbot, lambda: find(reply, QLabel, "alternative_place").text() == "2/2")
    qtbot.mouseClick(find(reply, QToolButton, "alternative_back"), LEFT)
    wait_until(qtbot, lambda: find(reply, QLabel, "alternative_place").text() == "1/2")
    assert "hard to say" in window.chat.model.rows[-1].text


def test_off_the_record_stores_nothing(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    qtbot.mouseClick(find(window, QToolButton, "off_record"), LEFT)
    assert find(window, QWidget, "off_record_notice").isVisible()
    say(window, qtbot, "A secret")
    wait_until(qtbot, lambda: not window.chat.answering and len(window.chat.model.rows) == 2)
    say(window, qtbot, "More of it")
    wait_until(qtbot, lambda: not window.chat.answering and len(window.chat.model.rows) == 4)
    assert [row["content"] for row in model.asked[1][0]][1:3] == [
        "A secret",
        "A short reply.\n\nNext: smile.",
    ]
    assert store.conversations.page(sunny.id) == []


def test_never_train_is_kept_with_the_conversation(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    qtbot.mouseClick(find(window, QToolButton, "never_train"), LEFT)
    say(window, qtbot, "Keep this from training")
    wait_until(qtbot, lambda: answered(window, 2))
    talk = store.conversations.page(sunny.id)[0]
    assert talk.never_train
    qtbot.mouseClick(find(window, QToolButton, "never_train"), LEFT)
    wait_until(qtbot, lambda: not store.conversations.get(talk.id).never_train)


def test_never_train_does_not_go_over_to_the_next_persona(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _, technical = homes.add_personas(store, "Sunny", "Technical")
    window = open_window()
    qtbot.mouseClick(find(window, QToolButton, "never_train"), LEFT)
    window.session.switch(technical.id)
    wait_until(qtbot, lambda: window.session.household.current_id == technical.id)
    wait_until(qtbot, lambda: not find(window, QToolButton, "never_train").isChecked())
    say(window, qtbot, "Learn from this")
    wait_until(qtbot, lambda: answered(window, 2))
    assert not store.conversations.page(technical.id)[0].never_train


def test_switching_speaks_through_the_other_adapter(
    open_window: Opener, store: Store, home: Home, model: Model, qtbot: QtBot
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    homes.put_live(store, home, technical, "2026-10-technical-1")
    window = open_window()
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: answered(window, 2))
    activate(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    wait_until(
        qtbot, lambda: window.session.household.current_id == technical.id
        and not window.chat.model.rows
    )  # fmt: skip
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: answered(window, 2))
    assert [adapter for _, adapter in model.asked] == [None, "2026-10-technical-1"]
    assert [served.name for served in model.served[-1][1]] == ["2026-10-technical-1"]
    assert store.conversations.page(sunny.id) and store.conversations.page(technical.id)


def test_search_finds_korean_inside_words(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    talk = store.conversations.add(sunny.id, "", "school")
    asked = store.messages.add(talk.id, None, "user", "오늘 학교에서 무엇을 배웠나요?")
    store.messages.add(talk.id, asked.id, "assistant", "파이썬을 배웠어요.", finish="stop")
    homes.add_usable(store, sunny, 4)
    window = open_window()
    qtbot.mouseClick(find(window, QToolButton, "history"), LEFT)
    find(window, QLineEdit, "history_search").setText("학교")
    entries = find(window, QWidget, "history_list").model()  # type: ignore[attr-defined]
    wait_until(qtbot, lambda: entries.rowCount() == 1 and "학교에서" in entries.index(0, 0).data())


def test_first_persona_by_a_template(open_window: Opener, store: Store, qtbot: QtBot) -> None:
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "welcome_page") is not None)
    assert not find(window, QPushButton, "persona_create").isEnabled()
    qtbot.mouseClick(find(window, QPushButton, "template_0"), LEFT)
    qtbot.mouseClick(find(window, QPushButton, "persona_create"), LEFT)
    wait_until(qtbot, lambda: bool(store.personas.all()))
    wait_until(qtbot, lambda: find(window, QWidget, "chat_page").isVisible())
    assert store.personas.all()[0].name == "Sunny"
    wait_until(qtbot, lambda: not window.session.household.lacks_base)


def test_theme_and_language_change_under_a_draft(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    qtbot.keyClicks(find(window, QTextEdit, "composer_text"), "half a thought")
    window.session.choose_language("ko")
    window.session.choose_theme("dark")
    editor = find(window.centralWidget(), QTextEdit, "composer_text")
    assert editor.toPlainText() == "half a thought"
    assert editor.placeholderText() == "Sunny에게 쓰기…"
    wait_until(qtbot, lambda: store.settings.get("language") == "ko")
    wait_until(qtbot, lambda: store.settings.get("theme") == "dark")


def test_what_is_said_before_a_talk_is_read_goes_there_and_is_seen(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    """Who switches to another persona may press Enter before its talk is on the screen."""
    _, technical = homes.add_personas(store, "Sunny", "Technical")
    stood = len(homes.add_conversation(store, technical))
    (before,) = store.conversations.page(technical.id)
    window = open_window()
    window.session.persona_changed.connect(lambda: window.chat.say("Go on with it"))
    window.session.switch(technical.id)
    wait_until(qtbot, lambda: answered(window, stood + 2))
    assert [each.id for each in store.conversations.page(technical.id)] == [before.id]
    assert [row.text for row in window.chat.model.rows][stood] == "Go on with it"
