"""The train page orders what the person clicks, and shows what the run's folder says."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

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
        def verb(_home: Home, *arguments: Any) -> None:
            given.append((name, *arguments))

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


def test_installing_tells_its_lines(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = [False]

    def install(on_line: Any) -> None:
        on_line("Fetching torch")
        ready[0] = True

    monkeypatch.setattr("app.training_environment.is_ready", lambda: ready[0])
    monkeypatch.setattr("app.training_environment.install", install)
    _sunny(store)
    window = open_window()
    _open(window, qtbot, "install_card")
    qtbot.mouseClick(find(window, QPushButton, "install_training"), LEFT)
    wait_until(qtbot, lambda: window.train.environment_ready)
    wait_until(qtbot, lambda: window.findChild(QWidget, "install_card") is None)
    assert find(window, QPushButton, "start_training").isEnabled()
