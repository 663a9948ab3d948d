"""The train page orders what the person clicks, and shows what the run's folder says."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.cycle.errors import CycleError
from app.cycle.stages import DISCARDED, SAVED
from app.errors import StoreError
from app.gui.run_look import look_at
from app.gui.window import MainWindow
from app.home import Home
from app.operations import training
from app.store import Persona, Store
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch, store: Store, home: Home) -> list[tuple[Any, ...]]:
    """What was ordered; the processes themselves are tested where they live."""
    given: list[tuple[Any, ...]] = []

    def order(name: str) -> Any:
        def verb(_home: Home, *arguments: Any) -> str | None:
            given.append((name, *arguments))
            return homes.RUN_ID if name == "start_training" else None

        return verb

    for name in (
        "start_training", "resume_training", "send_command", "use_candidate", "keep_old",
        "roll_back",
    ):  # fmt: skip
        monkeypatch.setattr(training, name, order(name))
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)
    return given


def _sunny(store: Store) -> Persona:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 64, corrected=4)
    homes.add_replay(store, 60)
    return sunny


def _open(window: MainWindow, qtbot: QtBot, face: str) -> QWidget:
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QWidget, face) is not None)
    return find(window, QWidget, face)


def test_start(open_window: Opener, store: Store, qtbot: QtBot, orders: list[Any]) -> None:
    sunny = _sunny(store)
    window = open_window()
    _open(window, qtbot, "month_card")
    assert find(window, QLabel, "number_usable").text() == "64"
    assert find(window, QLabel, "number_corrected").text() == "4"
    assert int(find(window, QLabel, "number_replay").text()) > 10
    qtbot.mouseClick(find(window, QPushButton, "start_training"), LEFT)
    wait_until(qtbot, lambda: orders == [("start_training", sunny.id)])


def test_a_run_that_goes_on_is_found_again_and_can_be_stopped(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, orders: list[Any]
) -> None:
    folder = homes.add_run(store, home, _sunny(store))
    homes.write_making(folder, steps=20, of=90)
    window = open_window()
    _open(window, qtbot, "train_during")
    wait_until(qtbot, lambda: window.train.state.step == 20)
    wait_until(qtbot, lambda: find(window, QLabel, "number_step").text() == "20 / 90")
    qtbot.mouseClick(find(window, QPushButton, "stop_training"), LEFT)
    qtbot.mouseClick(find(window, QPushButton, "stop_save"), LEFT)
    wait_until(qtbot, lambda: orders == [("send_command", homes.RUN_ID, "save-and-stop")])


def test_closing_asks_whether_the_run_goes_on(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, orders: list[Any]
) -> None:
    homes.write_making(homes.add_run(store, home, _sunny(store)), steps=20, of=90)
    window = open_window()
    _open(window, qtbot, "train_during")
    window.close()
    assert window.isVisible()
    qtbot.mouseClick(find(window, QPushButton, "close_leave"), LEFT)
    wait_until(qtbot, lambda: not window.isVisible())
    assert orders == []


def test_use_it(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, orders: list[Any]
) -> None:
    folder = homes.add_run(store, home, _sunny(store))
    homes.write_making(folder, steps=90, of=90, until="gated")
    homes.write_report(store, folder, "passed")
    store.runs.set_state(homes.RUN_ID, "waiting", verdict="passed")
    window = open_window()
    _open(window, qtbot, "replies_card")
    assert find(window, QLabel, "verdict").text() == "The new adapter passed. Use it?"
    qtbot.mouseClick(find(window, QPushButton, "use_it"), LEFT)
    wait_until(qtbot, lambda: orders == [("use_candidate", homes.RUN_ID)])


def test_live_adapter_can_be_rolled_back(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, orders: list[Any]
) -> None:
    sunny = _sunny(store)
    homes.put_live(store, home, sunny, "2026-10-sunny-1")
    window = open_window()
    _open(window, qtbot, "live_card")
    qtbot.mouseClick(find(window, QPushButton, "roll_back"), LEFT)
    wait_until(qtbot, lambda: orders == [("roll_back", sunny.id)])


def test_a_refused_run_says_why_and_can_be_put_away(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, orders: list[Any]
) -> None:
    folder = homes.add_run(store, home, _sunny(store))
    homes.write_making(folder, steps=90, of=90, until="gated")
    homes.write_report(store, folder, "refused")
    store.runs.set_state(homes.RUN_ID, "refused", verdict="refused")
    window = open_window()
    _open(window, qtbot, "replies_card")
    assert "refused" in find(window, QLabel, "verdict").text()
    assert window.findChild(QPushButton, "use_it") is None
    qtbot.mouseClick(find(window, QPushButton, "back_to_month"), LEFT)
    wait_until(qtbot, lambda: window.findChild(QWidget, "month_card") is not None)


def test_a_run_whose_process_is_gone_can_go_on(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    orders: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: False)
    monkeypatch.setattr("app.gui.train_session.DEAD_AFTER_S", 0.1)
    homes.write_making(homes.add_run(store, home, _sunny(store)), steps=20, of=90)
    window = open_window()
    _open(window, qtbot, "train_failed")
    wait_until(qtbot, lambda: "step 20" in find(window, QLabel, "failed_kept").text())
    qtbot.mouseClick(find(window, QPushButton, "try_again"), LEFT)
    wait_until(qtbot, lambda: orders == [("resume_training", homes.RUN_ID)])


def test_a_put_away_run_that_goes_on_comes_back(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, orders: list[Any]
) -> None:
    """Its verdict could not be answered."""
    folder = homes.add_run(store, home, _sunny(store))
    homes.write_making(folder, steps=20, of=90)
    store.runs.set_state(homes.RUN_ID, "stopped", reason=SAVED)
    store.settings.set("train.dismissed", homes.RUN_ID)
    window = open_window()
    _open(window, qtbot, "month_card")
    qtbot.mouseClick(find(window, QPushButton, "start_training"), LEFT)
    _open(window, qtbot, "train_during")
    assert store.settings.get("train.dismissed") == ""
    homes.write_report(store, folder, "passed")
    store.runs.set_state(homes.RUN_ID, "waiting", verdict="passed")
    wait_until(qtbot, lambda: window.findChild(QPushButton, "use_it") is not None)


def test_a_put_away_run_is_shown_while_it_is_at_work(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, orders: list[Any]
) -> None:
    """Somebody went on with it in a terminal."""
    homes.write_making(homes.add_run(store, home, _sunny(store)), steps=20, of=90)
    store.settings.set("train.dismissed", homes.RUN_ID)
    _open(open_window(), qtbot, "train_during")


def test_a_failed_run_is_followed_again_when_it_goes_on(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, orders: list[Any]
) -> None:
    folder = homes.add_run(store, home, _sunny(store))
    homes.write_making(folder, steps=20, of=90)
    homes.wait_a_moment()
    homes.write_failure(folder)
    store.runs.set_state(homes.RUN_ID, "failed", reason="memory")
    window = open_window()
    _open(window, qtbot, "train_failed")
    wait_until(qtbot, lambda: window.train.state.failure is not None)
    qtbot.mouseClick(find(window, QPushButton, "try_again"), LEFT)
    _open(window, qtbot, "train_during")
    store.runs.set_state(homes.RUN_ID, "running")
    homes.write_making(folder, steps=45, of=90)
    wait_until(qtbot, lambda: window.train.state.step == 45)
    assert window.train.state.failure is None
    assert window.train.view == "during"


def test_one_look_that_fails_does_not_end_the_following(
    open_window: Opener,
    store: Store,
    home: Home,
    qtbot: QtBot,
    orders: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    troubles: list[Exception] = []

    def look(*arguments: Any) -> Any:
        found = look_at(*arguments)
        if troubles:
            raise troubles.pop()  # and what was found is lost
        return found

    monkeypatch.setattr("app.gui.train_session.look_at", look)
    folder = homes.add_run(store, home, _sunny(store))
    homes.write_making(folder, steps=20, of=90)
    window = open_window()
    _open(window, qtbot, "train_during")
    wait_until(qtbot, lambda: window.train.state.step == 20)
    told: list[object] = []
    window.session.trouble_raised.connect(told.append)
    troubles += 2 * [StoreError("The database is busy.", "Wait for it.", kind="locked")]
    homes.write_making(folder, steps=45, of=90)
    wait_until(qtbot, lambda: window.train.state.step == 45)
    assert len(told) == 1


def test_an_order_that_failed_is_given_again_by_its_button(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    orders: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = training.start_training

    def refuse(*_arguments: Any) -> str:
        monkeypatch.setattr(training, "start_training", start)
        raise CycleError("The disk is full.", "Free some space.", kind="disk_full")

    monkeypatch.setattr(training, "start_training", refuse)
    sunny = _sunny(store)
    window = open_window()
    _open(window, qtbot, "month_card")
    qtbot.mouseClick(find(window, QPushButton, "start_training"), LEFT)
    wait_until(qtbot, find(window, QWidget, "trouble_bar").isVisible)
    qtbot.mouseClick(find(window, QPushButton, "trouble_action"), LEFT)
    wait_until(qtbot, lambda: orders == [("start_training", sunny.id)])


def test_a_discarded_run_is_off_the_page_at_whatever_stage_it_was(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, orders: list[Any]
) -> None:
    homes.write_making(homes.add_run(store, home, _sunny(store)), steps=90, of=90, until="examined")
    store.runs.set_state(homes.RUN_ID, "stopped", reason=DISCARDED)
    window = open_window()
    _open(window, qtbot, "month_card")
    wait_until(qtbot, lambda: window.train.state.current == "examined")
    assert window.train.view == "before"
