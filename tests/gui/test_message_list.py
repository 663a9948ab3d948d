"""A conversation of a year must scroll as lightly as one of a day."""

from __future__ import annotations

import time

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.gui.message_list import MOST_ROWS, MessageList
from app.gui.message_widget import MessageWidget
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.waiting import wait_until

MESSAGES = 400


def _long_talk(store: Store) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    talk = store.conversations.add(sunny.id, homes.SUNNY, "Long")
    parent: int | None = None
    with store.transaction():
        for number in range(MESSAGES):
            role = "assistant" if number % 2 else "user"
            text = f"Message {number}, with some words after it. " * (1 + number % 7)
            parent = store.messages.add(talk.id, parent, role, text, finish="stop").id  # type: ignore[arg-type]


def _widgets(view: MessageList) -> list[MessageWidget]:
    return [each for each in view.findChildren(MessageWidget) if each.isVisible()]


def test_only_messages_near_the_view_have_widgets(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _long_talk(store)
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, f"message_{MESSAGES - 1}") is not None)
    view = window.findChild(MessageList, "message_list")
    assert view is not None
    bar = view.verticalScrollBar()
    wait_until(qtbot, lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    until = time.monotonic() + 60
    while window.findChild(QWidget, "message_0") is None and time.monotonic() < until:
        bar.setValue(bar.minimum())
        qtbot.wait(10)
        assert len(_widgets(view)) <= MOST_ROWS + 6
    assert window.findChild(QWidget, "message_0") is not None
    view.scroll_to_end()
    wait_until(qtbot, lambda: window.findChild(QWidget, f"message_{MESSAGES - 1}") is not None)


def test_scrolling_up_leaves_what_one_reads_in_its_place(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    _long_talk(store)
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QWidget, f"message_{MESSAGES - 1}") is not None)
    view = window.findChild(MessageList, "message_list")
    assert view is not None
    bar = view.verticalScrollBar()
    wait_until(qtbot, lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    first = min(_widgets(view), key=lambda each: each.y())
    bar.setValue(bar.minimum())
    before = first.mapTo(view, first.rect().topLeft()).y()
    wait_until(qtbot, lambda: first.y() > 0 and bar.value() > 0)
    wait_until(qtbot, lambda: abs(first.mapTo(view, first.rect().topLeft()).y() - before) <= 24)
