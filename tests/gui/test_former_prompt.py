"""Other programs would go on hearing a prompt that was changed here, and nobody would know."""

from __future__ import annotations

import json

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations.chat_source import has_former_prompt
from app.operations.ollama_choice import OllamaChoice, choice_of, choose
from app.store import Persona, Store
from ollama_bridge.errors import OllamaGone
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.ollama_home import PARITY, VERSION, ScriptedOllama, scripted
from tests.gui.test_ollama_dialog import NAME, find, is_hidden, open_dialog, press, settle, text
from tests.gui.waiting import wait_until
from tests.unit.app.test_cli import run

RUN = "2026-10-sunny-1"


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> ScriptedOllama:
    return scripted(monkeypatch)


@pytest.fixture
def sunny(store: Store, home: Home, ollama: ScriptedOllama) -> Persona:
    """A persona that is in Ollama, and whose prompt was changed since."""
    (made,) = homes.add_personas(store, "Sunny")
    homes.put_live(store, home, made, RUN)
    ollama.put_live(store, store.personas.get(made.id), RUN)
    return store.personas.update(made.id, system_prompt="You are Sunny, and brief.")


def tile(window: MainWindow, qtbot: QtBot) -> QWidget:
    window.show_page("personas")
    page = window.centralWidget()
    wait_until(qtbot, lambda: page.findChild(QWidget, "tile_sunny") is not None)
    return find(page, QWidget, "tile_sunny")


def test_the_dialog_tells_it_and_puts_it_there_again(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    window = open_window()
    dialog = open_dialog(window, qtbot)
    assert text(dialog, "ollama_state") == "Sunny answers there with the former prompt."
    press(dialog, "ollama_put_again")
    settle(window, qtbot)
    assert ollama.ordered == [("put", "Sunny", NAME, False, False)]
    assert text(dialog, "ollama_state") == "Sunny answers there."
    assert is_hidden(dialog, "ollama_put_again")


def test_the_personas_page_tells_it_and_puts_it_there_again(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    choose(store, sunny, OllamaChoice(False, NAME))
    window = open_window()
    shown = tile(window, qtbot)
    assert find(shown, QLabel, "tile_ollama").toolTip() == "Ollama still has the former prompt"
    ollama.waits.clear()
    press(shown, "tile_put_again")
    again = find(shown, QPushButton, "tile_put_again")
    wait_until(qtbot, lambda: not again.isEnabled())
    ollama.waits.set()
    wait_until(qtbot, again.isHidden)
    assert ollama.ordered == [("put", "Sunny", NAME, False, False)]
    assert choice_of(store, sunny).wanted is False, "what was said of following stays"


def test_a_failure_is_told_and_can_be_tried_again(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.refuses = OllamaGone("Ollama stopped answering.", "See that it runs.")
    window = open_window()
    press(tile(window, qtbot), "tile_put_again")
    bar = window.centralWidget().findChild(QWidget, "trouble_bar")
    wait_until(qtbot, bar.isVisible)
    press(bar, "trouble_action")
    shown = tile(window, qtbot)
    wait_until(qtbot, lambda: is_hidden(shown, "tile_put_again"))


def test_a_prompt_that_nobody_changed_and_one_of_long_ago_are_left_in_peace(
    store: Store, sunny: Persona
) -> None:
    changed = store.ollama_models.live(sunny.id)
    assert changed is not None and has_former_prompt(changed, sunny)
    back = store.personas.update(sunny.id, system_prompt=homes.SUNNY)
    assert not has_former_prompt(changed, back)
    begun = store.ollama_models.begin(sunny.id, RUN, "127.0.0.1:9", "old")
    old = store.ollama_models.went_live(begun.id, VERSION, "registry", PARITY, "")
    assert not has_former_prompt(old, sunny), "what is not known is not claimed"


def test_the_command_line_tells_it_too(
    home: Home,
    sunny: Persona,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = ["--home", str(home.root)]
    _, out, _ = run(capsys, monkeypatch, "personas", "--json", *place)
    assert json.loads(out)["personas"][0]["ollama_has_former_prompt"] is True
    _, out, _ = run(capsys, monkeypatch, "personas", *place)
    assert "Put it there again with: perennial deploy sunny" in " ".join(out.split())


def test_both_places_look_as_they_should(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    ollama: ScriptedOllama,
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
) -> None:
    look = "-".join(shade)
    store.personas.add("Technical", homes.SUNNY, base_id=sunny.base_id)
    window = open_window(*shade)
    dialog = open_dialog(window, qtbot)
    picture(dialog, f"former-prompt-dialog-{look}")
    dialog.reject()
    tile(window, qtbot)
    picture(window, f"former-prompt-personas-{look}")
