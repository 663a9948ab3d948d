"""The counter and the button: what the month holds, and what is missing."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.window import MainWindow
from app.home import Home
from app.operations import rating
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.waiting import wait_until


def _count(window: MainWindow) -> str:
    found = window.findChild(QLabel, "month_count")
    assert found is not None
    return found.text()


def _button(window: MainWindow) -> QPushButton:
    found = window.findChild(QPushButton, "train_month")
    assert found is not None
    return found


def test_button_says_what_is_missing(open_window: Opener, store: Store) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 12)
    window = open_window()
    assert _count(window) == "12 / 50"
    assert not _button(window).isEnabled()
    assert "38 more usable replies" in _button(window).toolTip()


def test_a_name_of_a_persona_is_never_markup_in_the_tip(open_window: Opener, store: Store) -> None:
    """A character card may be called anything."""
    (sunny,) = homes.add_personas(store, "Sunny")
    store.personas.update(sunny.id, name="<img src='file:///x'>")
    window = open_window()
    assert "<img" not in _button(window).toolTip()
    assert "<img" in _button(window).accessibleDescription()


def test_button_opens_the_train_page_once_there_is_enough(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 50)
    window = open_window()
    assert _count(window) == "50 / 500"
    assert _button(window).isEnabled()
    _button(window).click()
    wait_until(qtbot, lambda: window.findChild(QWidget, "month_card") is not None)


def test_counter_adds_up_over_months(open_window: Opener, store: Store, home: Home) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 60)
    learned = [turn.message_id for each in store.learnable(sunny.id) for turn in each.turns]
    homes.put_live(store, home, sunny, "2026-10-sunny-1")
    store.runs.use("2026-10-sunny-1", learned)
    homes.add_usable(store, sunny, 55)
    window = open_window()
    assert _count(window) == "115 / 500"


def test_counter_follows_what_another_program_does(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 3)
    window = open_window()
    reply = next(iter(store.learnable(sunny.id))).turns[1]
    rating.thumb_down(store, reply.message_id)
    wait_until(qtbot, lambda: _count(window) == "2 / 50")


def test_no_second_training_beside_one_under_way(
    open_window: Opener, store: Store, home: Home
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 60)
    homes.add_run(store, home, sunny)
    window = open_window()
    assert not _button(window).isEnabled()
    assert "under way" in _button(window).toolTip()


def test_own_words_that_wait_are_told_and_count_once_some_are_corrected(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    replies = []
    for number in range(4):
        talk = store.conversations.add(sunny.id, homes.SUNNY, f"Question {number}")
        asked = store.messages.add(talk.id, None, "user", f"What of matter {number}?")
        reply = store.messages.add(
            talk.id, asked.id, "assistant", f"Matter {number} is well in hand.",
            base_id=sunny.base_id, finish="stop",
        )  # fmt: skip
        rating.thumb_up(store, reply.id)
        replies.append(reply.id)
    window = open_window()
    own = window.findChild(QLabel, "month_own")
    assert own is not None and own.isVisible()
    assert own.text().startswith("4 more replies in Sunny's own words wait")
    assert "correct what Sunny says" in _button(window).toolTip()
    for each in replies[:2]:
        rating.correct(store, each, f"Number {each} is done. Next: rest a little.")
    wait_until(qtbot, lambda: _count(window) == "4 / 50")
    assert not own.isVisible()
