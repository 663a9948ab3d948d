"""Who looks elsewhere while a training runs is told when it ends, and sees how far it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject, QProcess, Signal
from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from app.gui.tray import Tray, picture
from app.store import Store
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.waiting import wait_until


class Followed(QObject):
    """As much of a training as the tray sees."""

    changed = Signal()
    progressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.view = "during"
        self.run: Any = SimpleNamespace(verdict=None)
        self.state = SimpleNamespace(percent=41.7)

    def end(self, view: str, verdict: str | None) -> None:
        self.view, self.run = view, SimpleNamespace(verdict=verdict)
        self.changed.emit()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the desktop was asked to show."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(Tray, "tell", lambda _tray, title, text: found.append((title, text)))
    return found


@pytest.mark.parametrize(
    ("view", "verdict", "words"),
    [
        ("after", "passed", "The new adapter passed. Use it?"),
        ("after", "refused", "The new adapter was refused; the one before stays."),
        ("after", "undecided", "Whether the new adapter is better could not be decided."),
        ("failed", None, "The training ended early. What it made is kept."),
    ],
)
def test_the_end_of_a_training_is_told_once_to_who_looks_elsewhere(
    open_window: Opener,
    store: Store,
    told: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    view: str,
    verdict: str | None,
    words: str,
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    monkeypatch.setattr(window, "isActiveWindow", lambda: False)
    tray, train = Tray(window), Followed()
    tray.follow(train)  # type: ignore[arg-type]
    assert told == []
    train.end(view, verdict)
    train.changed.emit()
    assert told == [("Sunny", words)]


def test_a_window_that_is_looked_at_is_enough(
    open_window: Opener,
    store: Store,
    told: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    homes.add_personas(store, "Sunny")
    window = open_window()
    monkeypatch.setattr(window, "isActiveWindow", lambda: True)
    tray, train = Tray(window), Followed()
    tray.follow(train)  # type: ignore[arg-type]
    train.end("after", "passed")
    assert told == []


def test_the_menu_has_the_progress_and_the_personas(
    open_window: Opener, store: Store, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny", "R&D")
    window = open_window()
    tray, train = Tray(window), Followed()
    tray.follow(train)  # type: ignore[arg-type]
    tray.menu.aboutToShow.emit()
    words = {action.objectName(): action.text() for action in tray.menu.actions()}
    assert words["tray_training"] == "Training: 41 %"
    names = {action.text(): action for action in tray.menu.actions()}
    assert names["Sunny"].isChecked() and not names["R&&D"].isChecked()
    names["R&&D"].trigger()
    wait_until(qtbot, lambda: window.session.card.persona.name == "R&D")
    train.end("after", "passed")
    tray.menu.aboutToShow.emit()
    assert "tray_training" not in {action.objectName() for action in tray.menu.actions()}


def test_a_desktop_without_a_tray_is_told_another_way(
    open_window: Opener, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes.add_personas(store, "Sunny")
    sent: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: False)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(
        QProcess, "startDetached", lambda program, arguments: sent.append((program, arguments))
    )
    tray = Tray(open_window())
    assert tray.icon is None
    tray.tell("--title", "It passed.")
    assert sent == [
        ("/usr/bin/notify-send", ["--app-name=Perennial", "--", "--title", "It passed."])
    ]


def test_the_ring_closes_as_it_goes_on(open_window: Opener, store: Store) -> None:
    open_window()
    drawn = {percent: picture(percent).pixmap(64, 64).toImage() for percent in (None, 0, 50, 100)}
    assert len({image.cacheKey() for image in drawn.values()}) == 4
    assert drawn[50] != drawn[100] != drawn[0] != drawn[None]
