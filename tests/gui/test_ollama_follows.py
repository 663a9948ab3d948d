"""Where a persona is in Ollama, it follows what goes live here; else two of it would answer."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui.theme import Choice
from app.gui.tick import Tick
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import training
from app.operations.ollama_choice import OllamaChoice, choice_of, choose
from app.store import Persona, Store
from ollama_bridge.errors import OllamaGone
from tests.gui import homes, report_home
from tests.gui.conftest import Opener, Picture
from tests.gui.ollama_home import ScriptedOllama, scripted
from tests.gui.test_chat import find
from tests.gui.test_watch_notice import NOW, add_worse_month, noticed
from tests.gui.waiting import wait_until

EARLIER = "2026-10-sunny-1"


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> ScriptedOllama:
    return scripted(monkeypatch)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch, store: Store) -> list[Any]:
    """The candidates that were taken, each with what was said of Ollama by then."""
    given: list[Any] = []
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)

    def use(home: Home, run_id: str) -> None:
        from app.store import open_store

        with open_store(home) as opened:
            (persona,) = opened.personas.all()
            given.append((run_id, choice_of(opened, persona).wanted))

    monkeypatch.setattr(training, "use_candidate", use)
    return given


@pytest.fixture
def waiting(store: Store, home: Home) -> Persona:
    """A candidate that waits for the user's word."""
    (made,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, made, 12)
    report_home.add_result(store, home, made, "passed")
    return made


def tick(window: MainWindow, qtbot: QtBot) -> Tick:
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(Tick, "also_in_ollama") is not None)
    return find(window, Tick, "also_in_ollama")


def test_a_candidate_goes_to_ollama_too_where_that_is_ticked(
    open_window: Opener,
    store: Store,
    waiting: Persona,
    ollama: ScriptedOllama,
    used: list[Any],
    qtbot: QtBot,
) -> None:
    window = open_window()
    box = tick(window, qtbot)
    assert box.text() == "Also in Ollama, as perennial-sunny"
    assert not box.isChecked(), "its base did not come from Ollama, and nobody asked for it"
    box.click()
    find(window, QPushButton, "use_it").click()
    wait_until(qtbot, lambda: used == [(homes.RUN_ID, True)])


def test_what_was_wanted_before_is_proposed_and_can_be_unticked(
    open_window: Opener,
    store: Store,
    waiting: Persona,
    ollama: ScriptedOllama,
    used: list[Any],
    qtbot: QtBot,
) -> None:
    choose(store, waiting, OllamaChoice(True, "sunny"))
    window = open_window()
    box = tick(window, qtbot)
    assert box.isChecked() and box.text() == "Also in Ollama, as sunny"
    box.click()
    find(window, QPushButton, "use_it").click()
    wait_until(qtbot, lambda: used == [(homes.RUN_ID, False)])


def test_without_ollama_nothing_is_said_of_it(
    open_window: Opener,
    store: Store,
    waiting: Persona,
    ollama: ScriptedOllama,
    used: list[Any],
    qtbot: QtBot,
) -> None:
    ollama.runs = False
    window = open_window()
    window.show_page("train")
    wait_until(qtbot, lambda: window.session.ollama.standing is not None)
    wait_until(qtbot, lambda: window.findChild(QPushButton, "use_it") is not None)
    assert window.findChild(Tick, "also_in_ollama") is None
    find(window, QPushButton, "use_it").click()
    wait_until(qtbot, lambda: used == [(homes.RUN_ID, None)])


def put_there(store: Store, persona: Persona, ollama: ScriptedOllama) -> None:
    ollama.put_live(store, persona, NOW)


def go_back(window: MainWindow, qtbot: QtBot) -> None:
    find(noticed(window, qtbot), QPushButton, "watch_back").click()


def test_ollama_goes_back_too(
    open_window: Opener, store: Store, home: Home, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    sunny = add_worse_month(store, home)
    put_there(store, sunny, ollama)
    go_back(open_window(), qtbot)
    wait_until(qtbot, lambda: ollama.ordered == [("catch_up", "Sunny")])
    wait_until(qtbot, lambda: store.ollama_models.live(sunny.id) is None)
    assert choice_of(store, sunny).wanted is True, "what was said of it stays"


def test_ollama_goes_back_from_the_train_page_too(
    open_window: Opener, store: Store, home: Home, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.put_live(store, home, sunny, NOW)
    put_there(store, sunny, ollama)
    window = open_window()
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QPushButton, "roll_back") is not None)
    find(window, QPushButton, "roll_back").click()
    wait_until(qtbot, lambda: ollama.ordered == [("catch_up", "Sunny")])


def test_one_that_cannot_follow_is_told_of_and_the_way_back_stands(
    open_window: Opener, store: Store, home: Home, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    sunny = add_worse_month(store, home)
    put_there(store, sunny, ollama)
    ollama.refuses = OllamaGone("Ollama is installed and does not run.", "Start its app.")
    window = open_window()
    go_back(window, qtbot)
    bar = find(window, QWidget, "trouble_bar")
    wait_until(qtbot, bar.isVisible)
    assert store.personas.get(sunny.id).active_adapter_id is None
    told = find(bar, QLabel, "trouble_text").text()
    assert told == "Ollama still answers as Sunny with another adapter."
    assert "Start its app." in find(bar, QLabel, "trouble_more").text()
    ollama.refuses = None
    find(bar, QPushButton, "trouble_action").click()
    wait_until(qtbot, lambda: store.ollama_models.live(sunny.id) is None)


def test_a_month_that_could_not_bring_it_there_is_made_up_for(
    open_window: Opener,
    store: Store,
    home: Home,
    ollama: ScriptedOllama,
    used: list[Any],
    qtbot: QtBot,
) -> None:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.put_live(store, home, sunny, EARLIER)
    ollama.put_live(store, sunny, EARLIER)
    folder = report_home.add_result(store, home, sunny, "passed")
    store.runs.set_state(homes.RUN_ID, "running", verdict="passed")
    window = open_window()
    window.show_page("train")
    wait_until(qtbot, lambda: window.train.view == "during")
    assert folder.root.is_dir() and ollama.ordered == []
    adapter = store.adapters.of_run(homes.RUN_ID)
    assert adapter is not None
    store.deployments.put_live(sunny.id, homes.RUN_ID, adapter.id, "runtime", "1", "scale", {})
    store.runs.set_state(homes.RUN_ID, "done", verdict="passed")
    wait_until(qtbot, lambda: ollama.ordered == [("catch_up", "Sunny")])


def test_pictures(
    open_window: Opener,
    waiting: Persona,
    ollama: ScriptedOllama,
    used: list[Any],
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
) -> None:
    window = open_window(*shade)
    tick(window, qtbot).click()
    picture(window, f"ollama-also-{'-'.join(shade)}")
