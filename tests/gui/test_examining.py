"""What nobody looked at is never seen: replies with faults would be learned."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.errors import StoreError
from app.gui import examining
from app.gui.answering import FLUSH_EVERY_MS
from app.gui.search_dialog import SearchDialog
from app.operations.examining import examine
from app.store import Persona, Store
from tests.gui import homes, review_home
from tests.gui.conftest import Model, Opener
from tests.gui.review_keyboard import KEY, Keyboard
from tests.gui.test_chat import answered, find, say
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
    examiner = examining.Examiner(home, lambda *_: None, examining.Pace())
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


def test_looking_rests_for_as_long_as_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 0.1
        return now[0]

    monkeypatch.setattr(examining, "REST_S", 0.0)
    monkeypatch.setattr(examining, "time", SimpleNamespace(monotonic=clock))
    pace = examining.Pace()
    assert not pace.rest() and now == [0.1], "nobody waits"
    pace.give_way()
    assert not pace.rest() and now[0] >= 0.2 + examining.GIVE_WAY_S
    pace.give_way()
    pace.stop()
    assert pace.rest(), "who closes the window waits for nothing"


def test_looking_gives_way_to_a_search_and_to_a_reply(
    open_window: Opener,
    sunny: Persona,
    model: Model,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gave_way: list[bool] = []
    monkeypatch.setattr(examining.Pace, "give_way", lambda _pace: gave_way.append(True))
    window = open_window()
    assert not gave_way
    window.open_search("basil")
    wait_until(qtbot, lambda: bool(gave_way))
    find(window, SearchDialog, "search_dialog").reject()
    gave_way.clear()
    model.go_on.clear()
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: len(gave_way) > 3)
    model.go_on.set()
    wait_until(qtbot, lambda: answered(window, 2))
    gave_way.clear()
    qtbot.wait(3 * FLUSH_EVERY_MS)
    assert not gave_way, "nobody waits any more"
