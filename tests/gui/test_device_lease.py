"""A training may have the chat model out of memory: the window says so, and leaves it out."""

from __future__ import annotations

import json
import os
from dataclasses import asdict

import psutil
import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.cycle.device import DeviceUse, device_file
from app.gui.window import MainWindow
from app.home import Home
from app.operations import rating, training
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Model, Opener
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until
from trainer.contract.folder import EventWriter


def _runtime_is_idle(window: MainWindow, qtbot: QtBot) -> None:
    ended: list[object] = []
    window.session.ask_runtime(lambda _tools: None, ended.append, ended.append)
    wait_until(qtbot, lambda: bool(ended))


def test_the_chat_model_is_not_loaded_beside_a_training_that_needs_its_memory(
    open_window: Opener, store: Store, home: Home, model: Model, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    process = psutil.Process()
    use = DeviceUse("run", "Sunny", os.getpid(), process.create_time(), "unloaded", "")
    device_file(home).write_text(json.dumps(asdict(use)), "utf-8")
    window = open_window()
    _runtime_is_idle(window, qtbot)
    assert model.served == [] and window.session.runtime_state == "off"
    device_file(home).unlink()
    window.session.warm_up()
    wait_until(qtbot, lambda: window.session.runtime_state == "ready")
    assert len(model.served) == 1


def test_the_chat_model_is_loaded_once_a_persona(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    sunny, technical = homes.add_personas(store, "Sunny", "Technical")
    homes.add_usable(store, sunny, 3)
    window = open_window()
    wait_until(qtbot, lambda: window.session.runtime_state == "ready")
    states: list[str] = []
    window.session.runtime_changed.connect(states.append)
    rating.thumb_down(store, next(iter(store.learnable(sunny.id))).turns[1].message_id)
    wait_until(qtbot, lambda: find(window, QLabel, "month_count").text() == "2 / 50")
    assert states == []
    window.session.switch(technical.id)
    wait_until(qtbot, lambda: states == ["starting", "ready"])


def test_the_page_says_what_the_device_is_held_for(
    open_window: Opener, store: Store, home: Home, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    (sunny,) = homes.add_personas(store, "Sunny")
    folder = homes.add_run(store, home, sunny)
    homes.write_making(folder, steps=0, of=90)
    cycle = EventWriter(folder.cycle_events)
    cycle.write({"kind": "device", "decision": "waiting", "text": ""})
    window = open_window()
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QLabel, "train_lease") is not None)
    words = find(window, QLabel, "train_lease")
    wait_until(qtbot, lambda: "Another training holds the device" in words.text())
    assert words.isVisible() and not find(window, QLabel, "train_doing").isVisible()
    cycle.write({"kind": "device", "decision": "unloaded", "text": ""})
    cycle.close()
    wait_until(qtbot, lambda: "no memory for both" in words.text())
