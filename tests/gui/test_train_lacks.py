"""What a training lacks can be fetched on the page that says so."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.errors import PerennialError
from app.home import Home
from app.operations import base as bases
from app.store import Base, Store
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until

LEFT = Qt.MouseButton.LeftButton


def test_installing_tells_its_lines(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = [False]

    def install(on_line: Any) -> None:
        on_line("Fetching torch")
        ready[0] = True

    monkeypatch.setattr("app.training_environment.is_ready", lambda: ready[0])
    monkeypatch.setattr("app.training_environment.install", install)
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 50)
    window = open_window()
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QWidget, "install_card") is not None)
    qtbot.mouseClick(find(window, QPushButton, "install_training"), LEFT)
    wait_until(qtbot, lambda: window.train.environment_ready)
    wait_until(qtbot, lambda: window.findChild(QWidget, "install_card") is None)
    assert find(window, QPushButton, "start_training").isEnabled()


def test_a_base_that_is_missing_is_fetched_where_it_is_missed(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(_home: Home, _store: Store) -> Base:
        raise PerennialError("It could not be fetched.", "Connect.", kind="starter")

    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)
    fetch = bases.starter_base
    monkeypatch.setattr(bases, "starter_base", offline)
    sunny = store.personas.add("Sunny", homes.SUNNY)
    homes.add_usable(store, sunny, 50)
    window = open_window()
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QWidget, "get_base") is not None)
    wait_until(qtbot, lambda: find(window, QPushButton, "get_base").isEnabled())
    assert not find(window, QPushButton, "start_training").isEnabled()
    monkeypatch.setattr(bases, "starter_base", fetch)
    qtbot.mouseClick(find(window, QPushButton, "get_base"), LEFT)
    wait_until(qtbot, lambda: window.findChild(QPushButton, "get_base") is None)
    assert find(window, QPushButton, "start_training").isEnabled()
