"""Each section of the settings is looked at in every look, and with the largest letters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app import doctor
from app.evaluation.sandbox_means import Means
from app.gui import settings_page
from app.gui.finding_words import _forms
from app.gui.settings_page import SECTIONS, SettingsPage
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import computer, ollama_overview
from app.operations.ollama_overview import OllamaOverview
from app.store import Store
from app.training_findings import Finding
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.test_settings import COMPUTER, OURS
from tests.gui.test_settings_servers import MODELS, SERVER
from tests.gui.waiting import wait_until

READY = {
    "look": "scale_card",
    "models": "settings_base_1",
    "servers": "settings_ollama_models",
    "help": "settings_check",
}
FINDINGS = [
    Finding("python", "ok", "Python 3.13.1, linux"),
    Finding("memory", "ok", "33.6 GB, 20.1 GB of it free."),
    Finding(
        "starter", "bad", "The starter model is damaged.",
        "Fetch it again with: python3 start.py setup",
    ),
    Finding(
        "fonts_emoji", "warn", "No font has the letters for Emoji; they are shown as boxes.",
        "Install with: sudo apt-get install fonts-noto-color-emoji",
    ),
    Finding("ollama", "ok", "No Ollama answers here; the built-in runtime needs none."),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch, store: Store, home: Home) -> None:
    kept = tuple(entry for entry in SECTIONS if entry.name in OURS)
    monkeypatch.setattr(settings_page, "SECTIONS", kept)
    monkeypatch.setattr(computer, "this_computer", lambda _home: COMPUTER)
    monkeypatch.setattr(doctor, "examine", lambda _home: FINDINGS)
    overview = OllamaOverview(SERVER, True, "registry", MODELS)
    monkeypatch.setattr(ollama_overview, "look_around", lambda _store: overview)
    homes.add_personas(store, "Sunny", "Technical")
    (home.logs / "crash-20261102-101010-77.txt").write_text("a bug", "utf-8")


def opened(window: MainWindow, qtbot: QtBot, section: str) -> SettingsPage:
    window.show_settings(section)
    page = window.findChildren(SettingsPage)[-1]
    wait_until(qtbot, lambda: page.findChild(QWidget, READY[section]) is not None)
    return page


@pytest.mark.parametrize("section", OURS)
def test_settings(
    open_window: Opener,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
    section: str,
) -> None:
    window = open_window(*shade)
    page = opened(window, qtbot, section)
    if section == "help":
        page.findChild(QPushButton, "settings_check_now").click()
        wait_until(qtbot, lambda: page.findChild(QWidget, "finding_bad") is not None)
    picture(window, f"settings-{section}-{'-'.join(shade)}")


def test_glossary(open_window: Opener, picture: Picture, shade: tuple[Choice, Language]) -> None:
    window = open_window(*shade)
    window.open_glossary()
    dialog = window.findChild(QWidget, "glossary_dialog")
    picture(dialog, f"glossary-{'-'.join(shade)}")
    dialog.close()


@pytest.mark.parametrize("percent", [80, 200])
@pytest.mark.parametrize("section", OURS)
def test_nothing_is_out_of_reach_at_any_size_of_letters(
    open_window: Opener, picture: Picture, qtbot: QtBot, section: str, percent: int
) -> None:
    window = open_window("light", "en")
    window.session.choose_scale(percent)
    page = opened(window, qtbot, section)
    picture(window, f"settings-{section}-{percent}")
    areas = [each for each in page.findChildren(QScrollArea) if each.isVisible()]
    assert areas
    for area in areas:
        inside, seen = area.widget(), area.viewport()
        # What is wider than its place would be cut off, or need a second bar to be read.
        assert inside.width() <= seen.width() or area.horizontalScrollBar().isVisible()
        assert inside.width() <= seen.width() * 1.02, (section, percent)


def test_no_ollama_and_no_base(
    open_window: Opener,
    picture: Picture,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    store: Store,
) -> None:
    monkeypatch.setattr(ollama_overview, "look_around", lambda _store: OllamaOverview(None, False))
    nothing = replace(COMPUTER, cards=(), trains="Sunny")
    monkeypatch.setattr(computer, "this_computer", lambda _home: nothing)
    monkeypatch.setattr(computer, "base_cards", lambda _store: [])
    monkeypatch.setattr("app.training_environment.missing", lambda: ("torch",))
    window = open_window("light", "ko")
    window.show_settings("servers")
    page = window.findChildren(SettingsPage)[-1]
    wait_until(qtbot, lambda: page.findChild(QWidget, "settings_ollama") is not None)
    picture(window, "settings-servers-none")
    window.show_settings("models")
    wait_until(qtbot, lambda: page.findChild(QWidget, "settings_no_base") is not None)
    picture(window, "settings-models-none")


@pytest.mark.parametrize("means", Means)
def test_what_shuts_code_in_can_be_said_in_another_language(means: Means) -> None:
    assert any(form.fullmatch(means.value) for _, form in _forms())
