"""The first start: nobody is kept from chatting, and what is chosen and written is not lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.errors import StoreError
from app.gui.base_dialog import BaseDialog
from app.gui.first_words import FirstWords, suggestions
from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import LEAST_HEIGHT_PX, LEAST_WIDTH_PX, MainWindow
from app.home import Home
from app.operations import first_start, personas
from app.operations.first_start import FirstLook
from app.operations.personas import PersonaCard
from app.store import Store
from tests.gui.conftest import Opener, Picture
from tests.gui.test_bases import gguf
from tests.gui.test_chat import find
from tests.gui.waiting import wait_until
from tests.unit.app.operations.test_first_start import LAPTOP, QWEN_7B, TWELVE, looked
from tests.unit.app.test_cli_base import pull

__all__ = ["gguf"]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch) -> FirstLook:
    """A computer with a card and a model in Ollama, whatever the tests run on."""
    found = looked(TWELVE, here=[("qwen2.5:7b", QWEN_7B)])
    monkeypatch.setattr(first_start, "look", lambda _home, _store: found)
    return found


@pytest.fixture
def laptop(monkeypatch: pytest.MonkeyPatch) -> FirstLook:
    found = looked(LAPTOP)
    monkeypatch.setattr(first_start, "look", lambda _home, _store: found)
    return found


def press(window: MainWindow, name: str) -> None:
    made = find(window.centralWidget(), QPushButton, name)
    assert made.isVisible() and made.isEnabled(), name
    made.click()


def shown(window: MainWindow, name: str) -> bool:
    made = window.centralWidget().findChild(QWidget, name)
    return made is not None and made.isVisible()


def table_is_there(window: MainWindow, qtbot: QtBot) -> None:
    wait_until(qtbot, lambda: shown(window, "welcome_base_1"))


def radio(window: MainWindow, words: str) -> QRadioButton:
    found = window.centralWidget().findChildren(QRadioButton)
    return next(each for each in found if each.isVisible() and words in each.text())


def test_next_a_name_and_create_lead_to_the_chat(
    open_window: Opener, faked: FirstLook, store: Store, qtbot: QtBot
) -> None:
    """By the keyboard alone."""
    window = open_window()
    wait_until(qtbot, lambda: find(window, QPushButton, "welcome_next").hasFocus())
    qtbot.keyClick(find(window, QPushButton, "welcome_next"), Qt.Key.Key_Return)
    name = find(window, QLineEdit, "persona_name")
    wait_until(qtbot, name.hasFocus)
    step = find(window, QLabel, "welcome_step_2")
    assert step.isVisible() and step.text() == "Step 2 of 3"
    qtbot.keyClicks(name, "Momo")
    back, forward = QKeySequence.StandardKey.Back, QKeySequence.StandardKey.Forward
    qtbot.keySequence(window, QKeySequence(back))
    wait_until(qtbot, lambda: shown(window, "welcome_bases"))
    qtbot.keySequence(window, QKeySequence(forward))
    wait_until(qtbot, name.hasFocus)
    qtbot.keyClick(name, Qt.Key.Key_Return)
    wait_until(qtbot, lambda: find(window, QWidget, "chat_page").isVisible())
    assert [each.name for each in store.personas.all()] == ["Momo"]


def test_who_skips_everything_talks_to_the_first_template(
    open_window: Opener, faked: FirstLook, store: Store, qtbot: QtBot
) -> None:
    window = open_window()
    press(window, "welcome_skip")
    wait_until(qtbot, lambda: shown(window, "persona_create"))
    press(window, "welcome_skip")
    wait_until(qtbot, lambda: find(window, QWidget, "chat_page").isVisible())
    assert [each.name for each in store.personas.all()] == ["Sunny"]


def test_one_goes_on_while_the_computer_is_still_looked_at(
    open_window: Opener, qtbot: QtBot, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow(_home: Home, _store: Store) -> FirstLook:
        go_on.wait(20)
        return looked(LAPTOP)

    monkeypatch.setattr(first_start, "look", slow)
    window = open_window()
    assert "Looking" in find(window, QLabel, "welcome_month").text()
    assert radio(window, "SmolLM2").isChecked()
    press(window, "welcome_next")
    wait_until(qtbot, lambda: shown(window, "persona_create"))
    go_on.set()
    press(window, "welcome_back")
    table_is_there(window, qtbot)
    assert "month takes" in find(window, QLabel, "welcome_month").text()


def test_a_computer_that_cannot_be_looked_at_still_leads_to_the_chat(
    open_window: Opener, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_home: Home, _store: Store) -> FirstLook:
        raise StoreError("The disk does not answer.", "Look at it.", kind="odd")

    monkeypatch.setattr(first_start, "look", fail)
    window = open_window()
    wait_until(qtbot, lambda: shown(window, "welcome_trouble"))
    assert "could not be looked at" in find(window, QLabel, "welcome_month").text()
    press(window, "welcome_next")
    wait_until(qtbot, lambda: shown(window, "persona_create"))


def test_the_recommended_base_is_marked_with_its_reason(
    open_window: Opener, faked: FirstLook, qtbot: QtBot
) -> None:
    window = open_window()
    table_is_there(window, qtbot)
    assert len(window.findChildren(QLabel, "welcome_recommended")) == 1
    assert "here already" in find(window, QLabel, "welcome_reason").text()
    starter = radio(window, "SmolLM2")
    assert starter.isChecked() and "English only" in starter.accessibleName()
    radio(window, "qwen2.5:7b").click()
    assert find(window, QPushButton, "welcome_next").text() == "Use it and go on"
    radio(window, "Qwen3-4B").click()
    assert find(window, QPushButton, "welcome_next").text() == "Get it…"


def test_a_download_begins_only_after_its_licence(
    open_window: Opener, faked: FirstLook, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the button is pressed nobody on the network hears of this computer."""
    asked: list[str] = []

    def ask(_dialog: BaseDialog) -> None:
        asked.append(_dialog.findChild(QLineEdit, "base_hub_id").text())

    monkeypatch.setattr(BaseDialog, "_on_look_clicked", ask)
    window = open_window()
    table_is_there(window, qtbot)
    radio(window, "Qwen3-4B").click()
    assert asked == []
    press(window, "welcome_next")
    assert asked == ["Qwen/Qwen3-4B-Instruct-2507"]
    (dialog,) = window.findChildren(BaseDialog)
    assert not find(dialog, QPushButton, "base_accept").isVisible()
    dialog.reject()
    assert shown(window, "welcome_next")


def test_a_model_of_ollama_is_taken_and_spoken_through(
    open_window: Opener, qtbot: QtBot, store: Store, gguf: Path, tmp_path: Path
) -> None:
    pull(tmp_path / "ollama", "tiny:1b", gguf)
    window = open_window()
    table_is_there(window, qtbot)
    radio(window, "tiny:1b").click()
    press(window, "welcome_next")
    wait_until(qtbot, lambda: shown(window, "persona_create"))
    base = next(base for base in store.bases.all() if base.source == "ollama:tiny:1b")
    choice = find(window, QComboBox, "persona_base")
    wait_until(qtbot, lambda: choice.currentData() == base.id)
    find(window, QPushButton, "template_0").click()
    press(window, "persona_create")
    wait_until(qtbot, lambda: bool(store.personas.all()))
    assert store.personas.all()[0].base_id == base.id


def test_a_model_that_cannot_be_read_leaves_the_choice(
    open_window: Opener, qtbot: QtBot, store: Store, gguf: Path, tmp_path: Path
) -> None:
    pull(tmp_path / "ollama", "tiny:1b", gguf)
    window = open_window()
    table_is_there(window, qtbot)
    for blob in (tmp_path / "ollama" / "blobs").iterdir():
        blob.write_bytes(blob.read_bytes()[:-100])
    radio(window, "tiny:1b").click()
    press(window, "welcome_next")
    wait_until(qtbot, lambda: shown(window, "welcome_trouble"))
    assert find(window, QPushButton, "welcome_next").isEnabled()
    assert not any(base.source for base in store.bases.all())


def test_what_was_written_survives_another_language(
    open_window: Opener, faked: FirstLook, store: Store, qtbot: QtBot
) -> None:
    window = open_window()
    table_is_there(window, qtbot)
    radio(window, "qwen2.5:7b").click()
    window.session.choose_language("en")
    table_is_there(window, qtbot)
    assert radio(window, "qwen2.5:7b").isChecked()
    radio(window, "SmolLM2").click()
    press(window, "welcome_next")
    wait_until(qtbot, lambda: shown(window, "persona_create"))
    find(window, QLineEdit, "persona_name").setText("Momo")
    find(window, QPlainTextEdit, "persona_prompt").setPlainText("You are Momo.")
    press(window, "welcome_back")
    press(window, "welcome_language_ko")
    wait_until(qtbot, lambda: shown(window, "welcome_next"))
    assert store.settings.get("language") == "ko"
    press(window, "welcome_next")
    wait_until(qtbot, lambda: shown(window, "persona_create"))
    page = window.centralWidget()
    assert find(page, QLineEdit, "persona_name").text() == "Momo"
    assert find(page, QPlainTextEdit, "persona_prompt").toPlainText() == "You are Momo."


def test_korean_over_a_base_without_it_is_warned_of_with_the_way_out(
    open_window: Opener, faked: FirstLook, qtbot: QtBot
) -> None:
    window = open_window()
    press(window, "welcome_next")
    wait_until(qtbot, lambda: shown(window, "persona_create"))
    assert not shown(window, "welcome_korean")
    find(window, QPushButton, "persona_language_ko").click()
    wait_until(qtbot, lambda: shown(window, "welcome_korean"))
    find(window, QPushButton, "persona_language_ko").click()
    wait_until(qtbot, lambda: not shown(window, "welcome_korean"))
    find(window, QPushButton, "persona_language_ko").click()
    wait_until(qtbot, lambda: shown(window, "welcome_korean"))
    press(window, "welcome_other_base")
    assert shown(window, "welcome_bases")


def test_a_window_in_korean_says_that_the_starter_is_not(
    open_window: Opener, faked: FirstLook, qtbot: QtBot
) -> None:
    window = open_window("light", "ko")
    wait_until(qtbot, lambda: shown(window, "welcome_starter_korean"))
    assert "qwen2.5:7b" in find(window, QLabel, "welcome_starter_korean").text()


def test_the_first_words_fit_the_template_and_its_language(
    open_window: Opener, faked: FirstLook, store: Store, qtbot: QtBot
) -> None:
    template = personas.templates()[1]
    both = ("en", "ko")
    base = store.bases.add("Q", "gguf", Path("q.gguf"), "q", "qwen2", 1, both)
    made = store.personas.add(template.name, template.system_prompt, both, base_id=base.id)
    starter = store.bases.add("S", "gguf", Path("s.gguf"), "s", "llama", 1, ("en",))
    assert "Python" in suggestions(PersonaCard(made, base, None))[0]
    window = open_window("light", "ko")
    assert "파이썬" in suggestions(PersonaCard(made, base, None))[0]
    assert "Python" in suggestions(PersonaCard(made, starter, None))[0]
    words = FirstWords(window.session)
    qtbot.addWidget(words)
    words.show_for(PersonaCard(made, base, None))
    wait_until(qtbot, words.isVisible)
    with qtbot.waitSignal(words.chosen) as said:
        find(words, QPushButton, "first_words_0").click()
    assert "파이썬" in said.args[0] and not words.isVisible()
    store.conversations.add(made.id, "", "a talk")
    words.show_for(None)
    words.show_for(PersonaCard(made, base, None))
    done: list[bool] = []
    window.session.ask(lambda _store: True, done.append)
    wait_until(qtbot, lambda: bool(done))
    assert not words.isVisible()


@pytest.mark.parametrize("small", [False, True], ids=["usual", "small"])
def test_pictures_of_the_steps(
    open_window: Opener,
    faked: FirstLook,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
    small: bool,
) -> None:
    window = open_window(*shade)
    if small:
        window.resize(LEAST_WIDTH_PX, LEAST_HEIGHT_PX)
    name = f"{'small-' if small else ''}{'-'.join(shade)}"
    table_is_there(window, qtbot)
    picture(window, f"welcome-1-{name}")
    press(window, "welcome_next")
    wait_until(qtbot, lambda: shown(window, "persona_create"))
    find(window, QPushButton, "template_0").click()
    find(window, QPushButton, "persona_language_ko").click()
    wait_until(qtbot, lambda: find(window, QWidget, "welcome_korean").isVisibleTo(window))
    picture(window, f"welcome-2-{name}")


def test_picture_of_the_first_words(
    open_window: Opener,
    store: Store,
    picture: Picture,
    qtbot: QtBot,
    shade: tuple[Choice, Language],
) -> None:
    template = personas.templates()[0]
    base = store.bases.add("Q", "gguf", Path("q.gguf"), "q", "qwen2", 1, ("en", "ko"))
    made = store.personas.add(template.name, template.system_prompt, ("en", "ko"), base_id=base.id)
    window = open_window(*shade)
    words = FirstWords(window.session)
    qtbot.addWidget(words)
    words.resize(620, 120)
    words.show_for(PersonaCard(made, base, None))
    wait_until(qtbot, words.isVisible)
    picture(words, f"first-words-{'-'.join(shade)}")
