"""What nobody looked at is never seen: replies with faults would be learned."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.errors import StoreError
from app.gui import examining
from app.operations.examining import examine
from app.store import Persona, Store
from tests.gui import homes, review_home
from tests.gui.conftest import Opener
from tests.gui.review_keyboard import KEY, Keyboard
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def sunny(store: Store) -> Persona:
    (made,) = homes.add_personas(store, "Sunny")
    return made


@pytest.fixture(autouse=True)
def _look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "FIRST_AFTER_MS", 0)
    monkeypatch.setattr(examining, "LOOK_EVERY_MS", 100)


def test_what_comes_in_is_looked_at_by_itself_and_counted_in_the_sidebar(
    open_window: Opener, store: Store, sunny: Persona, qtbot: QtBot
) -> None:
    window = open_window()
    review_home.say(store, sunny, "Whom?", "Write to anna@firma.com today, my friend.")
    page = find(window, QPushButton, "page_review")
    wait_until(qtbot, lambda: page.accessibleName() == "Review, 1 left")
    keys = Keyboard(window, qtbot)
    keys.press(KEY.Key_3)
    wait_until(qtbot, lambda: page.accessibleName() == "Review")


def test_looking_waits_while_a_training_has_the_machine(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    training = [True]
    monkeypatch.setattr(
        "app.cycle.device.device_use", lambda _home: object() if training[0] else None
    )
    window = open_window()
    review_home.say(store, sunny, "Whom?", "Write to anna@firma.com today, my friend.")
    Keyboard(window, qtbot)
    line = find(window, QLabel, "review_examining_words")
    wait_until(qtbot, lambda: line.isVisible() and "once the training is done" in line.text())
    assert review_home.flag_kinds(store) == {}
    training[0] = False
    wait_until(qtbot, lambda: review_home.flag_kinds(store) == {"personal_data": 1})
    wait_until(qtbot, lambda: not line.isVisible())


def test_looking_that_failed_is_told_and_tried_again(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = [True]
    real = examine

    def sometimes(*arguments: Any, **options: Any) -> Any:
        if broken[0]:
            raise StoreError("The disk is full.", "Free some space.", kind="disk_full")
        return real(*arguments, **options)

    monkeypatch.setattr("app.operations.examining.examine", sometimes)
    review_home.say(store, sunny, "Whom?", "Write to anna@firma.com today, my friend.")
    window = open_window()
    keys = Keyboard(window, qtbot)
    line = find(window, QLabel, "review_examining_words")
    wait_until(qtbot, lambda: line.isVisible() and "disk is full" in line.text())
    broken[0] = False
    qtbot.mouseClick(find(window, QPushButton, "review_examine_again"), LEFT)
    wait_until(qtbot, lambda: keys.current is not None)


def test_a_reply_that_streams_in_is_looked_at_when_it_has_ended(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half a reply is cut off by its nature: it must not be counted as such meanwhile."""
    looked: list[int] = []

    def count(*_arguments: Any, **_options: Any) -> Any:
        looked.append(1)
        return examine(*_arguments, **_options)

    monkeypatch.setattr("app.operations.examining.examine", count)
    home = open_window().session.home
    examiner = examining.Examiner(home, lambda *_: None, threading.Event())
    try:
        ids = (sunny.id,)
        assert examiner.look(ids, soon=True) is not None
        looked.clear()
        for part in range(4):
            review_home.say(store, sunny, "Whom?", f"And then {part} of them went into the")
            assert examiner.look(ids, soon=False) is not None
        assert not looked
        found = examiner.look(ids, soon=False)
        assert looked and found is not None and found.flagged == 4
        assert examiner.look(ids, soon=False) is None, "nothing was written since"
    finally:
        examiner.close()
