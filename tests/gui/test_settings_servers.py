"""Somebody sees what of theirs is in Ollama, and gets it all out again."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui import settings_page
from app.gui.programs_dialog import ProgramsDialog
from app.gui.settings_page import SECTIONS, SettingsPage
from app.gui.window import MainWindow
from app.operations import ollama_leaving, ollama_overview, ollama_server
from app.operations.ollama_overview import OllamaOverview, ServerModel
from app.operations.ollama_standing import OllamaServerFound
from app.store import Store
from ollama_bridge.errors import OllamaLocked
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.waiting import wait_until

SERVER = OllamaServerFound("http://127.0.0.1:9", "0.34.1", True)
MODELS = (
    ServerModel("perennial-sunny:latest", 98_000_000, True, "Sunny"),
    ServerModel("qwen2.5:7b", 4_700_000_000, False),
)


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tuple(entry for entry in SECTIONS if entry.name == "servers")
    monkeypatch.setattr(settings_page, "SECTIONS", kept)


def found(monkeypatch: pytest.MonkeyPatch, overview: OllamaOverview) -> None:
    monkeypatch.setattr(ollama_overview, "look_around", lambda _store: overview)


def opened(window: MainWindow, qtbot: QtBot) -> SettingsPage:
    window.show_settings("servers")
    page = window.findChildren(SettingsPage)[-1]
    wait_until(qtbot, lambda: page.findChild(QWidget, "settings_ollama") is not None)
    return page


def words(page: QWidget) -> str:
    return "\n".join(each.text() for each in page.findChildren(QLabel) if each.isVisible())


@pytest.mark.parametrize(
    ("way", "local", "said"),
    [
        ("adapter", True, "takes adapters as they are"),
        ("registry", True, "a small registry of its own"),
        ("merged", False, "only as a whole model"),
    ],
)
def test_what_this_ollama_can_do_is_said_in_plain_words(
    open_window: Opener,
    store: Store,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    way: ollama_overview.Way,
    local: bool,
    said: str,
) -> None:
    server = dataclasses.replace(SERVER, local=local)
    found(monkeypatch, OllamaOverview(server, True, way, MODELS))
    homes.add_personas(store, "Sunny")
    page = opened(open_window(), qtbot)
    told = words(page)
    assert said in told and "Ollama 0.34.1 at" in told
    assert "Sunny, put there by Perennial" in told and "4.7 GB" in told
    assert ("on another computer" in told) is not local


def test_everything_of_ours_leaves_only_after_a_yes(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []

    def take_all_out(*_: object) -> list[str]:
        taken.append("all")
        found(monkeypatch, OllamaOverview(SERVER, True, "registry", MODELS[1:]))
        return ["perennial-sunny:latest"]

    monkeypatch.setattr(ollama_leaving, "take_all_out", take_all_out)
    found(monkeypatch, OllamaOverview(SERVER, True, "registry", MODELS))
    homes.add_personas(store, "Sunny")
    window = open_window()
    page = opened(window, qtbot)
    page.findChild(QPushButton, "settings_ollama_out").click()
    dialog = window.findChild(QWidget, "take_all_out_dialog")
    assert "perennial-sunny:latest" in words(dialog) and "qwen2.5" not in words(dialog)
    dialog.findChild(QPushButton, "take_all_out_no").click()
    assert taken == []
    page.findChild(QPushButton, "settings_ollama_out").click()
    again = window.findChildren(QWidget, "take_all_out_dialog")[-1]
    again.findChild(QPushButton, "take_all_out_yes").click()
    wait_until(qtbot, lambda: "Taken out of Ollama: perennial-sunny:latest" in words(page))
    assert taken == ["all"]
    assert page.findChild(QPushButton, "settings_ollama_out") is None


def test_an_ollama_that_sleeps_is_started(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_home: object) -> None:
        found(monkeypatch, OllamaOverview(SERVER, True, "registry", ()))

    monkeypatch.setattr(ollama_server, "start_server", start)
    found(monkeypatch, OllamaOverview(None, True))
    homes.add_personas(store, "Sunny")
    page = opened(open_window(), qtbot)
    page.findChild(QPushButton, "settings_ollama_start").click()
    wait_until(qtbot, lambda: "It has no model yet." in words(page))


def test_a_computer_without_ollama_is_no_error(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, OllamaOverview(None, False))
    homes.add_personas(store, "Sunny")
    window = open_window()
    page = opened(window, qtbot)
    assert "The window needs none" in words(page)
    assert page.findChild(QPushButton, "settings_ollama_start") is None
    page.findChild(QPushButton, "settings_programs_open").click()
    dialogs = window.findChildren(ProgramsDialog)
    assert dialogs
    dialogs[-1].close()


def test_an_ollama_that_wants_a_key_says_so(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(_store: Store) -> OllamaOverview:
        raise OllamaLocked("It asks for a key.", "Set OLLAMA_API_KEY.")

    monkeypatch.setattr(ollama_overview, "look_around", locked)
    homes.add_personas(store, "Sunny")
    window = open_window()
    window.show_settings("servers")
    page = window.findChildren(SettingsPage)[-1]
    trouble = page.findChild(QWidget, "settings_servers_trouble")
    wait_until(qtbot, trouble.isVisible)
    assert "key" in words(trouble)
