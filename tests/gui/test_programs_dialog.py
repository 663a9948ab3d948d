"""Other programs are let in from the window, and nobody's words are collected unseen."""

from __future__ import annotations

import threading
from typing import TypeVar

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.gui import programs_server
from app.gui.program_key_dialog import ProgramKeyDialog
from app.gui.programs_dialog import ProgramsDialog
from app.gui.programs_list import ProgramRow
from app.gui.review_words import where_words
from app.gui.theme import Choice
from app.gui.tick import Tick
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import programs
from app.store import Persona, Store
from app.store.review import ReviewFilter
from tests.gui.conftest import Opener, Picture
from tests.gui.programs_home import ask, elsewhere, free_port, scripted, stranger, sunny_at
from tests.gui.waiting import wait_until
from tests.unit.app.endpoints.desk import ScriptedRuntime

Shown = TypeVar("Shown", bound=QWidget)


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> ScriptedRuntime:
    monkeypatch.setattr(programs_server, "_HELLO_S", 0.2)
    return scripted(monkeypatch)


@pytest.fixture
def sunny(store: Store) -> Persona:
    made, _number = sunny_at(store)
    return made


@pytest.fixture
def number(store: Store, sunny: Persona) -> int:
    """The port where programs ask for the persona."""
    return programs.port(store)


def find(parent: QWidget, kind: type[Shown], name: str) -> Shown:
    """The part that is shown under a name."""
    found = [each for each in parent.findChildren(kind, name) if not each.isHidden()]
    assert found, name
    return found[-1]


def text(parent: QWidget, name: str) -> str:
    return find(parent, QLabel, name).text()


def press(parent: QWidget, name: str) -> None:
    made = find(parent, QPushButton, name)
    assert made.isEnabled(), name
    made.click()


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Nothing is under way any more."""
    known = window.session.programs
    wait_until(qtbot, lambda: not known.busy and known.standing is not None)


def open_dialog(window: MainWindow, qtbot: QtBot) -> ProgramsDialog:
    find(window, QToolButton, "programs").click()
    wait_until(qtbot, lambda: bool(window.findChildren(ProgramsDialog)))
    settle(window, qtbot)
    return window.findChildren(ProgramsDialog)[-1]


def switch(window: MainWindow, dialog: ProgramsDialog, qtbot: QtBot) -> None:
    find(dialog, Tick, "programs_on").click()
    settle(window, qtbot)


def open_with_door_open(open_window: Opener, store: Store, qtbot: QtBot) -> MainWindow:
    """A window in which programs were let in before."""
    store.settings.set("programs_in_window", True)
    window = open_window()
    settle(window, qtbot)
    return window


def add(dialog: ProgramsDialog, name: str, qtbot: QtBot) -> ProgramKeyDialog:
    press(dialog, "programs_add")
    form = dialog.findChildren(ProgramKeyDialog)[-1]
    find(form, QLineEdit, "program_key_name").setText(name)
    press(form, "program_key_add")
    return form


def rows(dialog: ProgramsDialog) -> list[ProgramRow]:
    return [each for each in dialog.findChildren(ProgramRow) if not each.isHidden()]


def line(window: MainWindow) -> str:
    """What the sidebar says of other programs; nothing where it says nothing."""
    found = window.findChildren(QPushButton, "programs_line")[-1]
    return found.accessibleName() if found.isVisible() else ""


def test_a_program_is_answered_over_http_and_the_window_says_so(
    open_window: Opener,
    store: Store,
    number: int,
    runtime: ScriptedRuntime,
    qtbot: QtBot,
) -> None:
    key = programs.add_program(store, "Open WebUI", collect=True).key
    window = open_window()
    dialog = open_dialog(window, qtbot)
    assert "while this is off" in text(dialog, "programs_standing")
    assert line(window) == ""
    switch(window, dialog, qtbot)
    assert "answer programs on this computer" in text(dialog, "programs_standing")
    assert line(window) == "Open WebUI: what is said is collected"
    reply = ask(number, key, "How are you?")
    assert reply.json()["choices"][0]["message"]["content"] == "Hello."
    wait_until(qtbot, lambda: line(window).endswith("Sunny answered Open WebUI"))
    assert line(window).startswith("Open WebUI: what is said is collected · ")
    press(dialog, "programs_requests")
    assert "Open WebUI: Sunny answered; collected for review" in text(dialog, "programs_request")
    wait_until(qtbot, lambda: "replies: 1, the last on" in text(rows(dialog)[0], "program_used"))


def test_what_came_through_a_program_says_so_in_the_review(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    number: int,
    runtime: ScriptedRuntime,
    qtbot: QtBot,
) -> None:
    key = programs.add_program(store, "Open WebUI", collect=True).key
    window = open_with_door_open(open_window, store, qtbot)
    ask(number, key, "How are you?")
    wait_until(qtbot, lambda: "answered" in line(window))
    (item,) = store.review.page(sunny.id, ReviewFilter("archive"), 5, None)
    assert where_words(item).startswith("through Open WebUI: “")


def test_the_key_is_shown_once_and_opens(
    open_window: Opener, store: Store, number: int, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    window = open_with_door_open(open_window, store, qtbot)
    dialog = open_dialog(window, qtbot)
    form = add(dialog, "Obsidian", qtbot)
    wait_until(qtbot, lambda: bool(form.findChildren(QToolButton, "program_key_copy")))
    assert "not shown again" in text(form, "program_key_once")
    assert text(form, "program_key_openai_words") == f"http://127.0.0.1:{number}/v1"
    assert text(form, "program_key_models").endswith("sunny")
    find(form, QToolButton, "program_key_copy").click()
    key = QGuiApplication.clipboard().text()
    assert key == text(form, "program_key_words")
    press(form, "program_key_add")
    wait_until(qtbot, lambda: not dialog.findChildren(ProgramKeyDialog))
    (program,) = programs.programs(store)
    assert not program.collects and program.persona_id is None
    assert key not in " ".join(each.text() for each in dialog.findChildren(QLabel))
    assert ask(number, key, "Hello").status_code == 200


def test_a_program_can_be_given_one_persona_only(
    open_window: Opener, store: Store, sunny: Persona, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    dialog = open_dialog(open_window(), qtbot)
    press(dialog, "programs_add")
    form = dialog.findChildren(ProgramKeyDialog)[-1]
    assert not find(form, QPushButton, "program_key_add").isEnabled()
    find(form, QLineEdit, "program_key_name").setText("Obsidian")
    find(form, QComboBox, "program_key_persona").setCurrentIndex(1)
    find(form, Tick, "program_key_collect").click()
    press(form, "program_key_add")
    wait_until(qtbot, lambda: bool(programs.programs(store)))
    (program,) = programs.programs(store)
    assert program.persona_id == sunny.id and program.collects
    wait_until(qtbot, lambda: bool(rows(dialog)))
    assert text(rows(dialog)[0], "program_used") == "Sunny · not used yet"


def test_a_name_that_is_there_is_told_without_the_command_line(
    open_window: Opener, store: Store, sunny: Persona, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    programs.add_program(store, "Obsidian")
    dialog = open_dialog(open_window(), qtbot)
    form = add(dialog, "obsidian", qtbot)
    wait_until(qtbot, lambda: bool(find(form, QLabel, "trouble_text").text()))
    assert "a program of this name already" in text(form, "trouble_text")
    assert "perennial programs" not in text(form, "trouble_more")
    assert find(form, QLineEdit, "program_key_name").isEnabled()


def test_consent_is_given_and_taken_back_in_the_list(
    open_window: Opener, store: Store, sunny: Persona, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    programs.add_program(store, "Obsidian")
    window = open_with_door_open(open_window, store, qtbot)
    dialog = open_dialog(window, qtbot)
    assert line(window) == "Other programs: may talk to your personas"
    (row,) = rows(dialog)
    row.collects.click()
    wait_until(qtbot, lambda: line(window) == "Obsidian: what is said is collected")
    assert programs.program_named(store, "Obsidian").collects
    assert rows(dialog) == [row]  # the keyboard would be lost with the row
    row.collects.click()
    wait_until(qtbot, lambda: line(window) == "Other programs: may talk to your personas")
    assert not programs.program_named(store, "Obsidian").collects


def test_consent_that_was_given_in_a_terminal_is_seen_too(
    open_window: Opener, store: Store, sunny: Persona, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    programs.add_program(store, "Obsidian")
    window = open_with_door_open(open_window, store, qtbot)
    programs.set_collecting(store, "Obsidian", True)
    wait_until(qtbot, lambda: line(window) == "Obsidian: what is said is collected")


def test_a_key_is_taken_back_after_a_question(
    open_window: Opener, store: Store, number: int, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    key = programs.add_program(store, "Obsidian").key
    window = open_with_door_open(open_window, store, qtbot)
    dialog = open_dialog(window, qtbot)
    find(rows(dialog)[0], QToolButton, "program_remove").click()
    question = dialog.findChildren(QWidget, "program_remove_dialog")[-1]
    press(question, "program_remove_yes")
    wait_until(qtbot, lambda: not rows(dialog))
    assert ask(number, key, "Hello").status_code == 401
    press(dialog, "programs_requests")
    wait_until(qtbot, lambda: bool(dialog.findChildren(QLabel, "programs_request")))
    assert "somebody unknown: not answered: no key that opens" in text(dialog, "programs_request")


def test_it_is_remembered_and_ends_with_the_window(
    open_window: Opener, store: Store, number: int, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    key = programs.add_program(store, "Obsidian").key
    before = set(threading.enumerate())
    window = open_window()
    switch(window, open_dialog(window, qtbot), qtbot)
    assert ask(number, key, "Hello").status_code == 200
    window.leave()
    assert runtime.closed == 1
    assert set(threading.enumerate()) <= before
    again = open_window()
    settle(again, qtbot)
    assert ask(number, key, "Hello").status_code == 200
    dialog = open_dialog(again, qtbot)
    assert find(dialog, Tick, "programs_on").isChecked()
    switch(again, dialog, qtbot)
    assert line(again) == ""
    again.leave()
    third = open_window()
    assert not find(open_dialog(third, qtbot), Tick, "programs_on").isChecked()


def test_a_port_that_is_taken_is_told_and_another_is_a_click_away(
    open_window: Opener, store: Store, number: int, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    key = programs.add_program(store, "Obsidian").key
    window = open_window()
    dialog = open_dialog(window, qtbot)
    with stranger(number):
        switch(window, dialog, qtbot)
        assert text(dialog, "trouble_text") == f"Port {number} is taken by another program."
        assert line(window) == ""
        press(dialog, "trouble_action")
        settle(window, qtbot)
    other = programs.port(store)
    assert other > number
    assert text(dialog, "programs_openai_words") == f"http://127.0.0.1:{other}/v1"
    assert ask(other, key, "Hello").status_code == 200


def test_a_port_that_is_taken_when_the_window_opens_is_told_over_the_page(
    open_window: Opener, store: Store, number: int, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    with stranger(number):
        window = open_with_door_open(open_window, store, qtbot)
        bar = find(window, QWidget, "trouble_bar")
        assert text(bar, "trouble_text") == f"Port {number} is taken by another program."
    press(bar, "trouble_action")
    wait_until(qtbot, lambda: bool(window.findChildren(ProgramsDialog)))
    settle(window, qtbot)
    dialog = window.findChildren(ProgramsDialog)[-1]
    assert "answer programs on this computer" in text(dialog, "programs_standing")


def test_a_port_can_be_chosen_and_one_that_is_taken_changes_nothing(
    open_window: Opener, store: Store, number: int, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    key = programs.add_program(store, "Obsidian").key
    window = open_with_door_open(open_window, store, qtbot)
    dialog = open_dialog(window, qtbot)
    press(dialog, "programs_other_port")
    other = free_port()
    with stranger(other):
        find(dialog, QLineEdit, "programs_port").setText(str(other))
        press(dialog, "programs_use_port")
        settle(window, qtbot)
        assert "This port is taken" in text(dialog, "trouble_text")
        assert ask(number, key, "Hello").status_code == 200
    press(dialog, "programs_use_port")
    settle(window, qtbot)
    assert programs.port(store) == other
    assert ask(other, key, "Hello").status_code == 200


def test_one_that_answers_in_a_terminal_is_left_to_it(
    open_window: Opener,
    store: Store,
    home: Home,
    number: int,
    runtime: ScriptedRuntime,
    qtbot: QtBot,
) -> None:
    programs.add_program(store, "Obsidian", collect=True)
    with elsewhere(home, number):
        window = open_with_door_open(open_window, store, qtbot)
        dialog = open_dialog(window, qtbot)
        assert f"Another Perennial answers at port {number}" in text(dialog, "programs_standing")
        assert text(dialog, "programs_ollama_words") == f"http://127.0.0.1:{number}"
        assert line(window) == "Obsidian: what is said is collected"
        dialog.reject()
    dialog = open_dialog(window, qtbot)
    assert "while this window is open" in text(dialog, "programs_standing")


def test_a_click_on_the_line_opens_the_dialog(
    open_window: Opener, store: Store, sunny: Persona, runtime: ScriptedRuntime, qtbot: QtBot
) -> None:
    window = open_with_door_open(open_window, store, qtbot)
    press(window, "programs_line")
    wait_until(qtbot, lambda: bool(window.findChildren(ProgramsDialog)))
    settle(window, qtbot)


@pytest.mark.parametrize("state", ["off", "on", "taken", "elsewhere", "key", "form", "window"])
def test_pictures_of_other_programs(
    open_window: Opener,
    store: Store,
    home: Home,
    number: int,
    runtime: ScriptedRuntime,
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
    state: str,
) -> None:
    name = f"programs-{state}-{'-'.join(shade)}"
    keys = [
        programs.add_program(store, name, collect=name == "Open WebUI").key
        for name in ("Open WebUI", "Obsidian")
        if state != "off"
    ]
    store.settings.set("programs_in_window", state not in ("off", "form"))
    if state == "taken":
        with stranger(number):
            window = open_window(*shade)
            dialog = open_dialog(window, qtbot)
            press(dialog, "programs_other_port")
            picture(dialog, name)
        return
    if state == "elsewhere":
        with elsewhere(home, number):
            window = open_window(*shade)
            picture(open_dialog(window, qtbot), name)
        return
    window = open_window(*shade)
    if state == "window":
        settle(window, qtbot)
        ask(number, keys[0], "How are you?")
        known = window.session.programs
        wait_until(qtbot, lambda: bool(known.lines))
        picture(window, name)
        return
    dialog = open_dialog(window, qtbot)
    if state == "on":
        ask(number, keys[0], "How are you?")
        ask(number, "perennial-lost", "How are you?")
        wait_until(qtbot, lambda: len(window.session.programs.lines) == 2)
        press(dialog, "programs_requests")
    shown: QWidget = dialog
    if state in ("key", "form"):
        press(dialog, "programs_add")
        shown = dialog.findChildren(ProgramKeyDialog)[-1]
    if state == "key":
        find(shown, QLineEdit, "program_key_name").setText("Jan")
        press(shown, "program_key_add")
        wait_until(qtbot, lambda: bool(shown.findChildren(QToolButton, "program_key_copy")))
    picture(shown, name)
