"""Nothing is cut or out of reach in the smallest window, or with the largest letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPushButton, QScrollArea, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app import doctor
from app.gui.on_screen import on_a_screen
from app.gui.own_tests_dialog import OwnTestsDialog
from app.gui.settings_page import SECTIONS
from app.gui.translation import Language
from app.gui.what_counts_dialog import WhatCountsDialog
from app.gui.window import MainWindow
from app.home import Home
from app.operations import computer, ollama_overview, training
from app.operations.ollama_overview import OllamaOverview
from app.store import Persona, Store
from tests.gui import homes, ollama_home, report_home, review_home
from tests.gui.audits import without_room
from tests.gui.conftest import Opener, Picture
from tests.gui.test_chat import find
from tests.gui.test_settings import COMPUTER
from tests.gui.test_settings_servers import MODELS, SERVER
from tests.gui.waiting import wait_until

ROOMS = {"small": (640, 480, 100), "large-letters": (1160, 760, 200)}
LANGUAGES: tuple[Language, ...] = ("en", "ko")


class Fitting:
    """A window of one size; what does not fit in it is told at the end, with where it was seen."""

    def __init__(self, window: MainWindow, qtbot: QtBot, picture: Picture, name: str) -> None:
        self.window, self.qtbot = window, qtbot
        self._picture, self._name = picture, name
        self.said: list[str] = []

    def look(self, name: str, shown: QWidget | None = None) -> None:
        """Look at the window, or at a dialog over it."""
        self._picture(shown or self.window, f"fit-{name}-{self._name}")
        self.said += [f"{name}: {each}" for each in without_room(shown or self.window)]
        if isinstance(shown, QDialog):
            room = self.window.size()
            if shown.width() > room.width() or shown.height() > room.height():
                self.said.append(f"{name}: the dialog is {shown.size()} in a window of {room}")

    def dialog(self, name: str) -> None:
        """Look at the dialog that has just opened, and close it."""
        wait_until(self.qtbot, lambda: bool(self._dialogs()))
        (shown,) = self._dialogs()
        self.look(name, shown)
        shown.close()
        wait_until(self.qtbot, lambda: not self._dialogs())

    def _dialogs(self) -> list[QDialog]:
        return [each for each in self.window.findChildren(QDialog) if each.isVisible()]

    def page(self, name: str, until: str) -> QWidget:
        self.window.show_page(name)
        wait_until(self.qtbot, lambda: self.window.findChild(QWidget, until) is not None)
        return find(self.window, QWidget, until)

    def press(self, name: str) -> None:
        button: Any = find(self.window, QWidget, name)
        button.click()


@pytest.fixture(params=ROOMS)
def room(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LANGUAGES)
def fitting(
    request: pytest.FixtureRequest,
    room: str,
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    picture: Picture,
) -> Iterator[Any]:
    """Opens the window once the home is filled; nothing that it showed may lack room."""
    opened: list[Fitting] = []

    def open_it() -> Fitting:
        width, height, scale = ROOMS[room]
        store.settings.set("font_scale", scale)
        window = open_window("light", request.param)
        window.resize(width, height)
        opened.append(Fitting(window, qtbot, picture, f"{room}-{request.param}"))
        return opened[0]

    yield open_it
    said = "\n".join(opened[0].said)
    assert not said, said


@pytest.fixture
def sunny(store: Store, monkeypatch: pytest.MonkeyPatch) -> Persona:
    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)
    made = homes.add_personas(store, "Sunny", "Technical")[0]
    homes.add_usable(store, made, 64, corrected=9)
    homes.add_replay(store, 60)
    return made


@pytest.mark.parametrize(
    ("window", "shown"),
    [
        (QRect(100, 50, 1160, 760), QRect(100, 50, 1160, 760)),
        (QRect(2400, 100, 1160, 760), QRect(760, 100, 1160, 760)),
        (QRect(-1500, -900, 3000, 700), QRect(0, 0, 1920, 700)),
        (QRect(3000, 2000, 2000, 1500), QRect(0, 0, 1920, 1080)),
    ],
)
def test_a_window_of_a_screen_that_is_gone_can_be_seen(window: QRect, shown: QRect) -> None:
    assert on_a_screen(window, [QRect(0, 0, 1920, 1080)]) == shown


def test_the_window_comes_back_when_its_screen_goes(open_window: Opener, qtbot: QtBot) -> None:
    window = open_window()
    window.move(5000, 4000)
    screen = QGuiApplication.primaryScreen()
    window.come_back([screen.availableGeometry()])
    assert screen.availableGeometry().intersects(window.geometry())


def test_a_dialog_without_room_is_scrolled_by_the_keyboard(
    open_window: Opener, qtbot: QtBot
) -> None:
    window = open_window()
    window.resize(640, 480)
    dialog = WhatCountsDialog(window)
    dialog.open()
    (area,) = dialog.findChildren(QScrollArea)
    wait_until(qtbot, lambda: area.verticalScrollBar().maximum() > 0)
    close = find(dialog, QPushButton, "what_counts_close")
    assert close.isVisible() and not area.isAncestorOf(close)
    qtbot.keyClick(close, Qt.Key.Key_PageDown)
    assert area.verticalScrollBar().value() > 0
    dialog.close()


def test_the_first_start_fits(fitting: Any, qtbot: QtBot) -> None:
    fit = fitting()
    wait_until(qtbot, lambda: fit.window.findChild(QWidget, "template_0") is not None)
    fit.look("welcome")
    fit.press("welcome_next")
    wait_until(qtbot, lambda: find(fit.window, QWidget, "template_0").isVisible())
    fit.press("template_0")
    fit.look("welcome-persona")


def test_the_chat_fits(fitting: Any, store: Store, qtbot: QtBot, sunny: Persona) -> None:
    homes.wait_a_moment()
    homes.add_conversation(store, sunny)
    fit = fitting()
    wait_until(qtbot, lambda: fit.window.findChild(QWidget, "message_3") is not None)
    fit.look("chat")
    find(find(fit.window, QWidget, "message_3"), QToolButton, "correct").click()
    fit.press("history")
    fit.look("chat-history")
    fit.press("history")
    fit.window.session.switch(2)
    wait_until(qtbot, lambda: fit.window.session.household.current_id == 2)
    fit.look("chat-empty")


def test_the_review_fits(
    fitting: Any, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    review_home.add_flagged(store, home, sunny, 9)
    fit = fitting()
    fit.page("review", "review_page")
    wait_until(qtbot, lambda: fit.window.review.numbers is not None)
    fit.look("review")
    fit.press("review_keys")
    fit.dialog("review-keys")


def test_replay_personas_and_settings_fit(
    fitting: Any,
    store: Store,
    qtbot: QtBot,
    sunny: Persona,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(computer, "this_computer", lambda _home: COMPUTER)
    monkeypatch.setattr(doctor, "examine", lambda _home: [])
    overview = OllamaOverview(SERVER, True, "registry", MODELS)
    monkeypatch.setattr(ollama_overview, "look_around", lambda _store: overview)
    fit = fitting()
    fit.page("replay", "replay_group_coding")
    fit.look("replay")
    fit.page("personas", "tile_edit")
    fit.look("personas")
    fit.press("tile_edit")
    fit.look("persona-editor")
    for entry in SECTIONS:
        fit.window.show_settings(entry.name)
        fit.look(f"settings-{entry.name}")


def test_the_dialogs_fit(
    fitting: Any, store: Store, qtbot: QtBot, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    ollama_home.scripted(monkeypatch)
    homes.add_conversation(store, sunny)
    fit = fitting()
    window, card = fit.window, fit.window.session.card
    wait_until(qtbot, lambda: window.findChild(QWidget, "message_3") is not None)
    from app.gui.about_me_dialog import AboutMeDialog
    from app.gui.base_dialog import BaseDialog
    from app.gui.forget_dialog import ForgetDialog, Target
    from app.gui.models_dialog import ModelsDialog
    from app.gui.ollama_dialog import OllamaDialog

    dialogs = {
        "import": window.open_import,
        "export": window.open_export,
        "search": lambda: window.open_search("reverse"),
        "glossary": window.open_glossary,
        "programs": window.open_programs,
        "persona": window.open_new_persona,
        "what-counts": lambda: fit.press("what_counts"),
        "about-me": AboutMeDialog(window.session, card, window).open,
        "base": BaseDialog(window.session, window).open,
        "models": ModelsDialog(window.session.home, window).open,
        "ollama": OllamaDialog(window.session, card, window).open,
        "own-tests": OwnTestsDialog(window.session, card.persona, window).open,
        "forget": ForgetDialog(window.session, Target("persona", sunny.id), window).open,
        "palette": window.commands.open_palette,
    }
    for name, opens in dialogs.items():
        opens()
        fit.dialog(name)


def test_a_training_fits(
    fitting: Any,
    store: Store,
    home: Home,
    qtbot: QtBot,
    sunny: Persona,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    homes.write_making(homes.add_run(store, home, sunny), steps=43, of=90)
    fit = fitting()
    fit.page("train", "train_during")
    wait_until(qtbot, lambda: fit.window.findChild(QWidget, "loss_chart") is not None)
    fit.look("train-during")
    fit.press("stop_training")
    fit.dialog("train-stop")
    fit.window.session.switch(2)
    wait_until(qtbot, lambda: fit.window.findChild(QWidget, "start_training") is not None)
    fit.look("train-before")


def test_what_came_of_a_training_fits(
    fitting: Any, store: Store, home: Home, qtbot: QtBot, sunny: Persona
) -> None:
    report_home.add_result(store, home, sunny, "passed")
    fit = fitting()
    fit.page("train", "train_after")
    wait_until(qtbot, lambda: fit.window.findChild(QWidget, "replies_card") is not None)
    fit.look("train-after")
    fit.press("train_history_open")
    wait_until(qtbot, lambda: fit.window.findChild(QWidget, "run_list") is not None)
    fit.look("train-history")
