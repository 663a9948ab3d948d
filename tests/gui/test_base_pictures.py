"""Pictures of what a training takes and of how a base is chosen, in every look."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.gui import models_dialog
from app.gui.models_dialog import Found, ModelsDialog
from app.gui.theme import Choice
from app.gui.translation import Language
from app.home import Home
from app.operations import training
from app.store import Store
from app.training_table import Machine, starter_recipe, table
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.test_bases import dialog_of, gguf, press, tiny_hub
from tests.gui.test_chat import find
from tests.gui.test_train_takes import LARGE, OTHER, SMALL, TOLD
from tests.gui.waiting import wait_until
from tests.unit.app.test_cli_base import pull
from tests.unit.app.tiny_hub import MODEL, TinyHub
from trainer.contract.fitting import Room
from trainer.contract.folder import EventWriter

__all__ = ["gguf", "tiny_hub"]


def test_what_a_training_takes(
    open_window: Opener,
    store: Store,
    home: Home,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)
    (sunny,) = homes.add_personas(store, "Sunny")
    folder = homes.add_run(store, home, sunny)
    homes.write_making(folder, steps=12, of=90)
    events = EventWriter(folder.events)
    events.write(TOLD.model_dump(exclude={"seq", "time", "version"}))
    events.close()
    window = open_window(*shade)
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QLabel, "takes_memory") is not None)
    card = find(window, QWidget, "takes_card")
    around = card.parentWidget()
    while not isinstance(around, QScrollArea):
        around = around.parentWidget()
    wait_until(qtbot, lambda: window.findChild(QWidget, "loss_chart") is not None)
    bar = around.verticalScrollBar()  # the card is the last one of a page that still grows
    bar.rangeChanged.connect(lambda _least, most: bar.setValue(most))
    bar.setValue(bar.maximum())
    picture(window, f"train-takes-{'-'.join(shade)}")


def test_which_models_can_be_trained(
    open_window: Opener,
    store: Store,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine("cuda", True, Room(8_192, 7_900, 328), 3e13)
    rows = table([SMALL, LARGE, OTHER], machine, starter_recipe())
    monkeypatch.setattr(models_dialog, "look", lambda _home: Found(tuple(rows), True))
    homes.add_personas(store, "Sunny")
    window = open_window(*shade)
    dialog = ModelsDialog(window.session.home, window)
    dialog.open()
    wait_until(qtbot, lambda: dialog.findChild(QWidget, "model_fits") is not None)
    picture(dialog, f"models-{'-'.join(shade)}")
    dialog.findChild(QPushButton, "models_close").click()


def test_a_base_is_added(
    open_window: Opener,
    picture: Picture,
    qtbot: QtBot,
    tiny_hub: TinyHub,
    gguf: Path,
    tmp_path: Path,
    shade: tuple[Choice, Language],
) -> None:
    pull(tmp_path / "ollama", "qwen2.5:7b", gguf)
    window = open_window(*shade)
    picture(window, f"welcome-base-{'-'.join(shade)}")
    press(window, "base_add")
    dialog = dialog_of(window)
    wait_until(qtbot, lambda: dialog.findChild(QComboBox, "base_ollama").count() == 1)
    dialog.findChild(QLineEdit, "base_hub_id").setText(MODEL)
    press(dialog, "base_look")
    wait_until(qtbot, dialog.findChild(QPushButton, "base_accept").isVisible)
    picture(dialog, f"base-add-{'-'.join(shade)}")
    dialog.reject()
