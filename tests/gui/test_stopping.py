"""Stop frees the composer at once, and a question that was never answered stays a question."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QTextEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.window import MainWindow
from app.store import Message, Store
from ollama_bridge.runtime.values import Delta, Served
from tests.gui import homes
from tests.gui.conftest import Model, Opener
from tests.gui.test_chat import answered, find, say
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def loading(model: Model, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A model that loads until the event is set."""
    loaded = threading.Event()
    serve = model.serve

    def slow(base: Path, adapters: Sequence[Served]) -> float:
        loaded.wait(20)
        return serve(base, adapters)

    monkeypatch.setattr(model, "serve", slow)
    yield loaded
    loaded.set()


@pytest.fixture
def silent(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that reads for long before its first word."""
    chat = model.chat

    def slow(messages: Sequence[Mapping[str, str]], **options: Any) -> Iterator[Delta]:
        stream = chat(messages, **options)
        first = next(stream)
        model.go_on.wait(10)
        yield first
        yield from stream

    monkeypatch.setattr(model, "chat", slow)


def _last_talk(store: Store, persona_id: int) -> list[Message]:
    return store.messages.path(store.conversations.page(persona_id)[0].id)


def _stop(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(find(window, QToolButton, "send"), LEFT)


def test_stop_while_the_model_loads_frees_the_composer_at_once(
    open_window: Opener, store: Store, model: Model, loading: threading.Event, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 2)
    _stop(window, qtbot)
    assert not window.chat.answering
    wait_until(qtbot, lambda: answered(window, 1))
    assert find(window, QPushButton, "answer").isVisible()
    loading.set()
    wait_until(qtbot, lambda: window.session.runtime_state in ("ready", "off"))
    say(window, qtbot, "Another thing")
    wait_until(qtbot, lambda: answered(window, 3))
    assert len(model.asked) == 1, "the stopped question was asked all the same"
    assert [message.content for message in _last_talk(store, sunny.id)] == [
        "Hello", "Another thing", "A short reply.\n\nNext: smile.",
    ]  # fmt: skip


def test_another_persona_can_be_spoken_to_while_the_model_loads(
    open_window: Opener, store: Store, model: Model, loading: threading.Event, qtbot: QtBot
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    window = open_window()
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 2)
    window.session.switch(technical.id)
    wait_until(qtbot, lambda: not window.chat.model.rows)
    say(window, qtbot, "Good morning")
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 2)
    loading.set()
    wait_until(qtbot, lambda: answered(window, 2))
    assert [message.role for message in _last_talk(store, technical.id)] == ["user", "assistant"]
    assert [message.role for message in _last_talk(store, sunny.id)] == ["user"]
    assert len(model.asked) == 1


def test_stop_before_the_first_word_stores_no_reply_and_a_late_one_is_not_heard(
    open_window: Opener, store: Store, model: Model, silent: None, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    window = open_window()
    model.go_on.clear()
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: bool(model.asked))
    _stop(window, qtbot)
    say(window, qtbot, "Something else")
    wait_until(qtbot, lambda: len(window.chat.model.rows) == 3)
    model.go_on.set()
    whole = "A short reply.\n\nNext: smile."
    wait_until(qtbot, lambda: answered(window, 3) and window.chat.model.rows[-1].text == whole)
    assert [message.role for message in _last_talk(store, sunny.id)] == [
        "user", "user", "assistant",
    ]  # fmt: skip


def test_a_good_reply_stays_when_another_is_stopped_before_its_first_word(
    open_window: Opener, store: Store, model: Model, silent: None, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    *_, last = homes.add_conversation(store, sunny)
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_3") is not None)
    model.go_on.clear()
    qtbot.mouseClick(find(find(window, QWidget, "message_3"), QToolButton, "again"), LEFT)
    wait_until(qtbot, lambda: bool(model.asked))
    _stop(window, qtbot)
    wait_until(qtbot, lambda: answered(window, 4))
    model.go_on.set()
    say(window, qtbot, "Thanks")
    wait_until(qtbot, lambda: answered(window, 6))
    assert _last_talk(store, sunny.id)[3].id == last
    assert len(store.messages.siblings(last)) == 1


def test_stop_in_the_middle_says_that_it_is_stopping(
    open_window: Opener, store: Store, model: Model, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    model.go_on.clear()
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: any(row.text == "A short " for row in window.chat.model.rows))
    _stop(window, qtbot)
    button = find(window, QToolButton, "send")
    assert (button.toolTip(), button.isEnabled()) == ("Stopping…", False)
    assert find(window, QTextEdit, "composer_text").hasFocus()
    model.go_on.set()
    wait_until(qtbot, lambda: answered(window, 2))
    assert button.toolTip() == "Send (Enter)"


def test_off_the_record_a_question_that_was_stopped_is_given_back(
    open_window: Opener, store: Store, model: Model, silent: None, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    window.chat.set_off_record(True)
    model.go_on.clear()
    say(window, qtbot, "A secret")
    wait_until(qtbot, lambda: bool(model.asked))
    _stop(window, qtbot)
    assert find(window, QTextEdit, "composer_text").toPlainText() == "A secret"
    assert not window.chat.model.rows
    model.go_on.set()
