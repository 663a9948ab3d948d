"""A person sees what a training takes, is asked before Ollama makes room, and can choose a base."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.cycle.telling import CycleTelling
from app.gui import models_dialog
from app.gui.models_dialog import Found, ModelsDialog
from app.gui.run_state import RunState, fold
from app.gui.train_takes import takes_lines
from app.gui.translation import use_language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import freeing, training
from app.store import Store
from app.training_table import Machine, Model, starter_recipe, table
from ollama_bridge.ollama import LoadedModel
from tests.gui import homes
from tests.gui.conftest import Opener
from tests.gui.test_chat import find
from tests.gui.waiting import is_open, wait_until
from trainer.contract.checkpoint_rule import CheckpointRule
from trainer.contract.events import Preflight
from trainer.contract.fitting import Room
from trainer.contract.folder import EventWriter
from trainer.contract.shape import BaseShape

LEFT = Qt.MouseButton.LeftButton
TOLD = Preflight(
    device="cpu",
    precision="nf4",
    precision_reason="its self-test on this device passed",
    examples=286,
    tokens=70_000,
    trained_tokens=30_000,
    steps=216,
    needed_mb=2_300.0,
    there_mb=5_000.0,
    seconds=1_260.0,
    disk_needed_mb=300.0,
    disk_free_mb=50_000.0,
    changes=["Gradient checkpointing: less is kept, and a third more is computed."],
    differences=["3 epochs instead of 5: a round of this size."],
    others=["firefox holds 2.0 GB"],
    checkpoints_kept=CheckpointRule(3).words,
)
SMALL = Model("small", "this home", BaseShape("llama", 576, 1536, 30, 9, 3, 64, 49_152, True))
LARGE = Model("large", "Ollama", BaseShape("qwen2", 5120, 13_824, 48, 40, 8, 128, 152_064, False))
OTHER = Model("reader", "Ollama", None, "its family (bert) is not known to the training")


@pytest.fixture
def korean(qapp: QApplication) -> Iterator[None]:
    use_language("ko")
    yield
    use_language("en")


def lines_of(told: Preflight) -> dict[str, str]:
    exam = {"origin": "cycle", "kind": "exam", "cases": 215, "subjects": 3, "seconds": 290.0}
    state = fold(RunState(), [exam, {"origin": "trainer", **told.model_dump()}])
    assert state.takes is not None
    return {name: words for name, _, words in takes_lines(state, state.takes)}


def test_device_time_memory_disk_and_differences_have_a_line_each(qapp: QApplication) -> None:
    """Without them a person starts a night of work that the machine cannot bear."""
    lines = lines_of(TOLD)
    assert lines["device"].startswith("On the processor, the base held in 4 bits (NF4)")
    assert lines["time"] == "286 examples, 216 steps, about 21 min"
    assert lines["memory"] == "Memory: 2.2 GB of the 4.9 GB that are free for it"
    assert "300 MB" in lines["disk"] and "48.8 GB" in lines["disk"]
    assert "checkpointing" in lines["change"] and "3 epochs" in lines["difference"]
    assert lines["other"] == "Beside it: firefox holds 2.0 GB"
    assert "other" not in lines_of(TOLD.model_copy(update={"changes": []}))


def test_the_lines_are_korean_for_who_reads_korean(korean: None) -> None:
    lines = lines_of(TOLD)
    for words in lines.values():
        assert any("가" <= letter <= "힣" for letter in words), words
    assert "instead" not in lines["difference"] and "self-test" not in lines["device"]


@pytest.fixture
def window_in_training(
    open_window: Opener, store: Store, home: Home, monkeypatch: pytest.MonkeyPatch
) -> MainWindow:
    monkeypatch.setattr(training, "run_alive", lambda _home, _run_id: True)
    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)
    (sunny,) = homes.add_personas(store, "Sunny")
    folder = homes.add_run(store, home, sunny)
    homes.write_making(folder, steps=2, of=90)
    events = EventWriter(folder.events)
    events.write(TOLD.model_dump(exclude={"seq", "time", "version"}))
    cycle = CycleTelling(folder)
    cycle.tell("recipe", reasons=["A step sees 8 examples."])
    cycle.tell("exam", cases=215, subjects=3, seconds=290.0)
    cycle.close()
    for kind, advice in (("memory_changes", "To fit."), ("disk_short", "Little disk.")):
        events.write({"kind": "warning", "warning": kind, "advice": advice, "values": {}})
    events.close()
    return open_window()


def test_the_page_shows_what_the_run_takes(window_in_training: MainWindow, qtbot: QtBot) -> None:
    window = window_in_training
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QLabel, "takes_memory") is not None)
    wait_until(qtbot, find(window, QWidget, "takes_card").isVisible)
    assert find(window, QLabel, "takes_recipe").text() == "A step sees 8 examples."
    assert "216 steps" in find(window, QLabel, "takes_time").text()
    assert find(window, QLabel, "takes_exam").text().startswith("Then an exam of 215 questions")
    wait_until(qtbot, lambda: window.findChild(QWidget, "warning_disk_short") is not None)
    assert window.findChild(QWidget, "warning_memory_changes") is None, "said in the card already"


@pytest.fixture
def asked_first(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """A training that needs what Ollama holds; what is ordered of it."""
    given: list[tuple[Any, ...]] = []

    def start(_home: Home, persona_id: int, **said: Any) -> str:
        given.append((persona_id, said))
        return homes.RUN_ID

    monkeypatch.setattr(training, "start_training", start)
    monkeypatch.setattr("app.training_environment.is_ready", lambda: True)
    held = [LoadedModel("llama3:8b", 5_000.0)]
    monkeypatch.setattr(
        freeing, "to_be_asked", lambda store, _id: [] if freeing.always(store) else held
    )
    return given


def _begin(open_window: Opener, store: Store, qtbot: QtBot) -> tuple[MainWindow, int]:
    (sunny,) = homes.add_personas(store, "Sunny")
    homes.add_usable(store, sunny, 64)
    window = open_window()
    window.show_page("train")
    wait_until(qtbot, lambda: window.findChild(QPushButton, "start_training") is not None)
    qtbot.mouseClick(find(window, QPushButton, "start_training"), LEFT)
    return window, sunny.id


@pytest.mark.parametrize(
    ("answer", "said"), [("free_yes", {"free_ollama": True}), ("free_no", {"free_ollama": False})]
)
def test_ollama_lets_go_of_its_models_only_when_the_person_says_so(
    open_window: Opener, store: Store, qtbot: QtBot, asked_first: list[Any], answer: str, said: Any
) -> None:
    """They may be in use elsewhere: nobody else may take them out of memory unasked."""
    window, persona_id = _begin(open_window, store, qtbot)
    wait_until(qtbot, lambda: window.findChild(QPushButton, answer) is not None)
    assert asked_first == []
    words = [each.text() for each in find(window, QWidget, "free_dialog").findChildren(QLabel)]
    assert any("llama3:8b (4.9 GB)" in text for text in words)
    qtbot.mouseClick(find(window, QPushButton, answer), LEFT)
    wait_until(qtbot, lambda: asked_first == [(persona_id, said)])


def test_a_no_to_the_training_itself_starts_nothing(
    open_window: Opener, store: Store, qtbot: QtBot, asked_first: list[Any]
) -> None:
    window, _ = _begin(open_window, store, qtbot)
    wait_until(qtbot, lambda: window.findChild(QPushButton, "free_cancel") is not None)
    qtbot.mouseClick(find(window, QPushButton, "free_cancel"), LEFT)
    wait_until(qtbot, lambda: find(window, QPushButton, "start_training").isEnabled())
    assert asked_first == []


def test_who_agrees_for_good_is_not_asked_again(
    open_window: Opener, store: Store, qtbot: QtBot, asked_first: list[Any]
) -> None:
    window, persona_id = _begin(open_window, store, qtbot)
    wait_until(qtbot, lambda: window.findChild(QPushButton, "free_always") is not None)
    qtbot.mouseClick(find(window, QPushButton, "free_always"), LEFT)
    wait_until(qtbot, lambda: asked_first == [(persona_id, {"free_ollama": True})])
    wait_until(qtbot, lambda: freeing.always(store))
    assert freeing.to_be_asked(store, persona_id) == []


def test_the_table_says_of_each_model_whether_it_can_be_trained(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a person chooses a base that this computer can only chat with."""
    machine = Machine("cuda", True, Room(8_192, 7_900, 328), 3e13)
    rows = table([SMALL, LARGE, OTHER], machine, starter_recipe())
    monkeypatch.setattr(models_dialog, "look", lambda _home: Found(tuple(rows), True))
    homes.add_personas(store, "Sunny")
    window = open_window()
    dialog = ModelsDialog(window.session.home, window)
    dialog.open()
    wait_until(qtbot, lambda: dialog.findChild(QWidget, "model_fits") is not None)
    verdicts = [each.text() for each in dialog.findChildren(QLabel, "model_verdict")]
    assert verdicts == ["fits", "does not fit", "for chat only"]
    needs = [each.text() for each in dialog.findChildren(QLabel, "model_needs")]
    assert "a month" in needs[0] and "a month" not in needs[1]
    siblings = {each.text() for each in dialog.findChildren(QLabel, "model_sibling")}
    assert siblings == {"Nearest that can be trained: small"}
    qtbot.mouseClick(find(dialog, QPushButton, "models_close"), LEFT)
    wait_until(qtbot, lambda: not is_open(dialog))


def test_the_table_opens_where_a_base_is_chosen(
    open_window: Opener, store: Store, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models_dialog, "look", lambda _home: Found((), False))
    window = open_window()
    wait_until(qtbot, lambda: window.findChild(QPushButton, "models_look") is not None)
    qtbot.mouseClick(find(window, QPushButton, "models_look"), LEFT)
    wait_until(qtbot, lambda: window.findChild(QWidget, "models_dialog") is not None)
    words = find(window, QWidget, "models_dialog")
    wait_until(qtbot, lambda: "no model yet" in find(words, QLabel, "models_words").text())
    qtbot.mouseClick(find(words, QPushButton, "models_close"), LEFT)
