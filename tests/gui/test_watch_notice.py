"""A month that made replies worse would go on unnoticed, or a word on it would never end."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.errors import StoreError
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import rating, training
from app.store import Adapter, Persona, Store
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.test_chat import answered, find, say
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton
NOW = "2026-11-sunny-1"


def speak(store: Store, persona: Persona, adapter: Adapter | None, replies: int, bad: int) -> None:
    """Replies of an adapter, some of them voted down."""
    with store.transaction():
        for number in range(replies):
            talk = store.conversations.add(persona.id, homes.SUNNY, f"Question {number}")
            asked = store.messages.add(talk.id, None, "user", f"What of matter {number}?")
            reply = store.messages.add(
                talk.id, asked.id, "assistant", f"Matter {number} is fine.", finish="stop",
                base_id=persona.base_id, adapter_id=adapter.id if adapter else None,
            )  # fmt: skip
            if number < bad:
                rating.thumb_down(store, reply.id)


def add_worse_month(store: Store, home: Home, replies: int = 30) -> Persona:
    (sunny,) = homes.add_personas(store, "Sunny")
    speak(store, sunny, None, 60, 4)
    homes.put_live(store, home, sunny, NOW)
    speak(store, sunny, store.adapters.of_run(NOW), replies, replies // 2)
    homes.wait_a_moment()
    homes.add_conversation(store, sunny)
    return sunny


def noticed(window: MainWindow, qtbot: QtBot) -> QWidget:
    notice = find(window, QWidget, "watch_notice")
    wait_until(qtbot, notice.isVisible)
    return notice


def test_a_worse_adapter_is_told_above_the_chat_and_gone_back_from(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot
) -> None:
    sunny = add_worse_month(store, home)
    window = open_window()
    notice = noticed(window, qtbot)
    words = find(notice, QLabel, "watch_words").text()
    assert "15 of 30 now, 4 of 60 with the base alone." in words
    qtbot.mouseClick(find(notice, QPushButton, "watch_back"), LEFT)
    wait_until(qtbot, lambda: store.personas.get(sunny.id).active_adapter_id is None)
    wait_until(qtbot, notice.isHidden)


def test_not_now_holds_until_many_more_replies(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot
) -> None:
    sunny = add_worse_month(store, home)
    notice = noticed(open_window(), qtbot)
    qtbot.mouseClick(find(notice, QPushButton, "watch_not_now"), LEFT)
    wait_until(qtbot, notice.isHidden)
    speak(store, sunny, store.adapters.of_run(NOW), 20, 10)
    again = open_window()
    read: list[object] = []
    again.session.ask(lambda _store: None, read.append)
    wait_until(qtbot, lambda: bool(read))
    assert find(again, QWidget, "watch_notice").isHidden()
    speak(store, sunny, store.adapters.of_run(NOW), 30, 15)
    noticed(open_window(), qtbot)


def test_it_comes_with_the_reply_that_makes_it_sure(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot
) -> None:
    """Nobody has to open the window anew to be told."""
    add_worse_month(store, home, replies=19)
    window = open_window()
    assert find(window, QWidget, "watch_notice").isHidden()
    window.chat.begin_anew()
    say(window, qtbot, "And now?")
    wait_until(qtbot, lambda: answered(window, 2))
    noticed(window, qtbot)


def test_a_way_back_that_failed_can_be_tried_again(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_worse_month(store, home)
    window = open_window()
    notice = noticed(window, qtbot)

    def refuse(*_arguments: object) -> None:
        raise StoreError("Another program holds the database.", "Try again.", kind="locked")

    monkeypatch.setattr(training, "roll_back", refuse)
    back = find(notice, QPushButton, "watch_back")
    qtbot.mouseClick(back, LEFT)
    wait_until(qtbot, find(window, QWidget, "trouble_bar").isVisible)
    assert notice.isVisible() and back.isEnabled()


def test_another_persona_is_not_told_of(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot
) -> None:
    add_worse_month(store, home)
    rain = store.personas.add("Rain", "Be calm.", base_id=1)
    window = open_window()
    notice = noticed(window, qtbot)
    window.session.switch(rain.id)
    wait_until(qtbot, notice.isHidden)


def test_pictures(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
) -> None:
    add_worse_month(store, home)
    window = open_window(*shade)
    noticed(window, qtbot)
    picture(window, f"watch-notice-{'-'.join(shade)}")
