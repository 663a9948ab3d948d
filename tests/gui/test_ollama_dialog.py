"""A persona gets into the user's own Ollama, and out of it again, without a terminal."""

from __future__ import annotations

from typing import TypeVar

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui.ollama_dialog import OllamaDialog
from app.gui.theme import Choice
from app.gui.tick import Tick
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import ollama_server
from app.operations.ollama_choice import choice_of
from app.store import Persona, Store
from ollama_bridge.errors import NameTaken, OllamaError, OllamaFull, OllamaLocked
from tests.gui import homes
from tests.gui.conftest import Opener, Picture
from tests.gui.ollama_home import ScriptedApi, ScriptedOllama, scripted
from tests.gui.waiting import wait_until

NAME = "perennial-sunny"
Shown = TypeVar("Shown", bound=QWidget)


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> ScriptedOllama:
    return scripted(monkeypatch)


@pytest.fixture
def sunny(store: Store, home: Home) -> Persona:
    """A persona that speaks through an adapter."""
    (made,) = homes.add_personas(store, "Sunny")
    homes.put_live(store, home, made, "2026-10-sunny-1")
    return store.personas.get(made.id)


def open_dialog(window: MainWindow, qtbot: QtBot) -> OllamaDialog:
    find(window, QToolButton, "in_ollama").click()
    wait_until(qtbot, lambda: bool(window.findChildren(OllamaDialog)))
    dialog = window.findChildren(OllamaDialog)[-1]
    settle(window, qtbot)
    return dialog


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Nothing is under way any more."""
    ollama = window.session.ollama
    wait_until(
        qtbot,
        lambda: not ollama.busy and not ollama.looking and ollama.standing is not None,
    )


def find(parent: QWidget, kind: type[Shown], name: str) -> Shown:
    """The part that is shown under a name."""
    found = [each for each in parent.findChildren(kind, name) if not each.isHidden()]
    assert found, name
    return found[-1]


def is_hidden(parent: QWidget, name: str) -> bool:
    """Whether none of the parts of a name is shown."""
    return all(each.isHidden() for each in parent.findChildren(QWidget, name))


def text(parent: QWidget, name: str) -> str:
    return find(parent, QLabel, name).text()


def press(parent: QWidget, name: str) -> None:
    made = find(parent, QPushButton, name)
    assert made.isEnabled(), name
    made.click()


def answer(window: QWidget, dialog: str, name: str, qtbot: QtBot) -> None:
    """Give an answer to a question."""

    def asked() -> list[QWidget]:
        return [each for each in window.findChildren(QWidget, dialog) if each.isVisible()]

    wait_until(qtbot, lambda: bool(asked()))
    press(asked()[-1], name)


def test_a_persona_is_put_there_and_the_command_can_be_copied(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    window = open_window()
    dialog = open_dialog(window, qtbot)
    assert text(dialog, "ollama_state") == "Sunny is not in Ollama."
    assert "Ollama 0.34.1 at http://127.0.0.1:9" in text(dialog, "ollama_server_words")
    assert find(dialog, QLineEdit, "ollama_name").text() == NAME
    ollama.waits.clear()
    press(dialog, "ollama_put")
    wait_until(qtbot, lambda: text(dialog, "ollama_progress_what") == "Uploading the adapter")
    assert text(dialog, "ollama_progress_detail") == "2.0 MB / 9.0 MB"
    assert not find(dialog, QPushButton, "ollama_put").isEnabled()
    ollama.waits.set()
    settle(window, qtbot)
    assert ollama.ordered == [("put", "Sunny", NAME, False, False)]
    assert text(dialog, "ollama_state") == "Sunny answers there."
    assert "by 0.006 a token, and the base alone by 0.004" in text(dialog, "ollama_parity")
    assert find(dialog, QLabel, "ollama_command_words").text() == f"ollama run {NAME}"
    find(dialog, QToolButton, "ollama_command_copy").click()
    assert QGuiApplication.clipboard().text() == f"ollama run {NAME}"
    assert choice_of(store, sunny).wanted is True


def test_why_it_is_there_in_this_way_is_told_on_a_click(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.put_live(store, sunny, "2026-10-sunny-1")
    dialog = open_dialog(open_window(), qtbot)
    press(dialog, "ollama_why")
    told = " ".join(each.text() for each in dialog.findChildren(QLabel, "ollama_reason"))
    assert "fetched both from Perennial" in told and "no longer supported" in told


def test_one_that_does_not_run_is_started(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.runs = False
    window = open_window()
    dialog = open_dialog(window, qtbot)
    assert text(dialog, "ollama_server_words") == "Ollama is installed and does not run."
    assert find(dialog, QPushButton, "ollama_close").isEnabled()
    press(dialog, "ollama_start")
    settle(window, qtbot)
    assert ollama.ordered == [("start",)]
    assert "0.34.1" in text(dialog, "ollama_server_words")
    assert find(dialog, QPushButton, "ollama_put").isEnabled()


def test_without_ollama_nothing_is_offered_that_cannot_be_done(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.runs = ollama.installed = False
    dialog = open_dialog(open_window(), qtbot)
    assert "none is installed" in text(dialog, "ollama_server_words")
    assert not dialog.findChildren(QPushButton, "ollama_start")
    assert is_hidden(dialog, "ollama_put")


def test_one_that_asks_for_a_key_is_told_of_and_looked_at_again(
    open_window: Opener,
    sunny: Persona,
    ollama: ScriptedOllama,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = open_window()

    def locked() -> ScriptedApi:
        raise OllamaLocked("Ollama asks for a key.", "Set the key.")

    monkeypatch.setattr(ollama_server, "find_server", locked)
    find(window, QToolButton, "in_ollama").click()
    dialog = window.findChildren(OllamaDialog)[-1]
    wait_until(qtbot, lambda: bool(dialog.findChildren(QLabel, "trouble_text")[-1].text()))
    assert text(dialog, "ollama_server_words") == "Ollama could not be asked how it stands."
    monkeypatch.setattr(ollama_server, "find_server", ollama.find)
    find(dialog, QToolButton, "ollama_look").click()
    settle(window, qtbot)
    assert "0.34.1" in text(dialog, "ollama_server_words")


def test_without_an_adapter_it_says_what_is_missing(
    open_window: Opener, store: Store, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    homes.add_personas(store, "Sunny")
    dialog = open_dialog(open_window(), qtbot)
    assert "Train one first" in text(dialog, "ollama_state")
    assert is_hidden(dialog, "ollama_put")


def test_a_name_that_is_taken_is_asked_about(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.refuses = NameTaken("Ollama has a model mine already.", "Choose another name.")
    window = open_window()
    dialog = open_dialog(window, qtbot)
    find(dialog, QLineEdit, "ollama_name").setText("mine")
    press(dialog, "ollama_put")
    answer(dialog, "ollama_name_dialog", "ollama_name_take", qtbot)
    wait_until(qtbot, lambda: len(ollama.ordered) == 2)
    settle(window, qtbot)
    assert ollama.ordered[-1] == ("put", "Sunny", "mine", True, False)


def test_what_would_be_lost_is_named_before_a_name_is_taken(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    lost = ("perennial-sunny:previous",)
    ollama.refuses = NameTaken("Ollama has a model already.", "Choose another name.", lost=lost)
    window = open_window()
    dialog = open_dialog(window, qtbot)
    press(dialog, "ollama_put")
    wait_until(qtbot, lambda: dialog.findChild(QDialog, "ollama_name_dialog") is not None)
    asked = dialog.findChild(QDialog, "ollama_name_dialog")
    words = " ".join(each.text() for each in asked.findChildren(QLabel))
    assert "These would be lost: perennial-sunny:previous" in words
    answer(dialog, "ollama_name_dialog", "ollama_name_other", qtbot)
    assert len(ollama.ordered) == 1


def test_nothing_goes_to_another_computer_without_a_word(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.local = False
    refusal = OllamaError("It is not on this computer.", "Agree.", kind="ollama_remote")
    ollama.refuses = refusal
    window = open_window()
    dialog = open_dialog(window, qtbot)
    assert "on another computer" in text(dialog, "ollama_server_words")
    press(dialog, "ollama_put")
    answer(dialog, "ollama_upload_dialog", "ollama_upload_no", qtbot)
    assert len(ollama.ordered) == 1
    ollama.refuses = refusal
    press(dialog, "ollama_put")
    answer(dialog, "ollama_upload_dialog", "ollama_upload_yes", qtbot)
    wait_until(qtbot, lambda: len(ollama.ordered) == 3)
    settle(window, qtbot)
    assert ollama.ordered[-1] == ("put", "Sunny", NAME, False, True)


def test_it_can_be_stopped_and_what_was_there_stays(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.waits.clear()
    window = open_window()
    dialog = open_dialog(window, qtbot)
    press(dialog, "ollama_put")
    wait_until(qtbot, lambda: bool(ollama.ordered))
    press(dialog, "ollama_stop")
    ollama.waits.set()
    settle(window, qtbot)
    assert "You stopped it" in text(dialog, "trouble_text")
    assert store.ollama_models.live(sunny.id) is None
    press(dialog, "ollama_put")
    settle(window, qtbot)
    assert store.ollama_models.live(sunny.id) is not None


def test_what_goes_wrong_is_told_with_what_was_kept_and_can_be_tried_again(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.refuses = OllamaFull("The disk is full.", "Make room.", kept="What was live is live.")
    window = open_window()
    dialog = open_dialog(window, qtbot)
    press(dialog, "ollama_put")
    wait_until(qtbot, lambda: bool(dialog.findChildren(QLabel, "trouble_text")[-1].text()))
    assert text(dialog, "trouble_text") == "The disk is full."
    assert text(dialog, "trouble_more") == "What was live is live. Make room."
    settle(window, qtbot)
    press(dialog, "trouble_action")
    settle(window, qtbot)
    assert text(dialog, "ollama_state") == "Sunny answers there."


def test_what_fails_after_the_dialog_was_closed_is_told_over_the_page(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.waits.clear()
    ollama.refuses = OllamaFull("The disk is full.", "Make room.")
    window = open_window()
    dialog = open_dialog(window, qtbot)
    press(dialog, "ollama_put")
    wait_until(qtbot, lambda: bool(ollama.ordered))
    dialog.reject()
    ollama.waits.set()
    wait_until(qtbot, lambda: not is_hidden(window, "trouble_bar"))
    bar = find(window, QWidget, "trouble_bar")
    assert text(bar, "trouble_text") == "The disk is full."


def test_one_that_is_behind_is_brought_in_step_and_what_was_said_stays(
    open_window: Opener,
    store: Store,
    home: Home,
    sunny: Persona,
    ollama: ScriptedOllama,
    qtbot: QtBot,
) -> None:
    ollama.put_live(store, sunny, "2026-10-sunny-1")
    homes.put_live(store, home, sunny, "2026-11-sunny-1")
    window = open_window()
    dialog = open_dialog(window, qtbot)
    assert "with another adapter than here" in text(dialog, "ollama_state")
    find(dialog, Tick, "ollama_follows").click()
    wait_until(qtbot, lambda: choice_of(store, sunny).wanted is False)
    settle(window, qtbot)
    press(dialog, "ollama_catch_up")
    settle(window, qtbot)
    assert text(dialog, "ollama_state") == "Sunny answers there."
    assert choice_of(store, sunny).wanted is False


def test_it_is_taken_out_again(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.put_live(store, sunny, "2026-10-sunny-1")
    window = open_window()
    dialog = open_dialog(window, qtbot)
    press(dialog, "ollama_take_out")
    settle(window, qtbot)
    assert text(dialog, "ollama_state") == "Sunny is not in Ollama."
    assert choice_of(store, sunny).wanted is False


def test_a_model_that_somebody_removed_is_not_said_to_be_there(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.put_live(store, sunny, "2026-10-sunny-1")
    ollama.digests.clear()
    dialog = open_dialog(open_window(), qtbot)
    assert "is not there any more" in text(dialog, "ollama_state")
    assert is_hidden(dialog, "who_answers")
    assert find(dialog, QPushButton, "ollama_put").isEnabled()


def test_who_answers_is_chosen_where_the_persona_is_there(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.put_live(store, sunny, "2026-10-sunny-1")
    window = open_window()
    dialog = open_dialog(window, qtbot)
    assert find(dialog, QRadioButton, "answer_here").isChecked()
    find(dialog, QRadioButton, "answer_in_ollama").click()
    header = find(window, QLabel, "header_model")
    wait_until(qtbot, lambda: f"Ollama 0.34.1 · {NAME}" in header.text())
    press(dialog, "ollama_take_out")
    wait_until(qtbot, lambda: "runtime: built in" in header.text())


@pytest.mark.parametrize("state", ["absent", "there", "behind", "away", "busy", "trouble", "taken"])
def test_pictures_of_the_dialog(
    open_window: Opener,
    store: Store,
    home: Home,
    sunny: Persona,
    ollama: ScriptedOllama,
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
    state: str,
) -> None:
    if state in ("there", "behind"):
        ollama.put_live(store, sunny, "2026-10-sunny-1")
    if state == "behind":
        homes.put_live(store, home, sunny, "2026-11-sunny-1")
    ollama.runs = state != "away"
    window = open_window(*shade)
    dialog = open_dialog(window, qtbot)
    if state == "there":
        press(dialog, "ollama_why")
    if state == "busy":
        ollama.waits.clear()
        press(dialog, "ollama_put")
        wait_until(qtbot, lambda: bool(ollama.ordered))
    if state == "trouble":
        ollama.refuses = OllamaFull("The disk on which Ollama keeps its models is full.", "Room.")
        press(dialog, "ollama_put")
        wait_until(qtbot, lambda: bool(dialog.findChildren(QLabel, "trouble_text")[-1].text()))
        settle(window, qtbot)
    shown: QWidget = dialog
    if state == "taken":
        ollama.refuses = NameTaken("Ollama has it already.", "Choose another name.")
        press(dialog, "ollama_put")
        wait_until(qtbot, lambda: bool(dialog.findChildren(QWidget, "ollama_name_dialog")))
        shown = dialog.findChildren(QWidget, "ollama_name_dialog")[-1]
    picture(shown, f"ollama-{state}-{'-'.join(shade)}")
    ollama.waits.set()
    settle(window, qtbot)
