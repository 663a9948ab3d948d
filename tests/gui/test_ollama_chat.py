"""Talking through Ollama: the reply is the persona's own, and whoever waits knows for what."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.gui.theme import Choice
from app.gui.translation import Language
from app.gui.window import MainWindow
from app.home import Home
from app.operations import ollama_leaving
from app.operations.chat_source import answer_in_ollama, source_of
from app.store import Message, Persona, Store
from tests.gui import homes
from tests.gui.conftest import Model, Opener, Picture
from tests.gui.ollama_home import ScriptedOllama, scripted
from tests.gui.test_chat import answered, find, say
from tests.gui.waiting import wait_until

RUN = "2026-10-sunny-1"


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> ScriptedOllama:
    return scripted(monkeypatch)


@pytest.fixture
def sunny(store: Store, home: Home, ollama: ScriptedOllama) -> Persona:
    """A persona that was put into Ollama, and answers from there."""
    (made,) = homes.add_personas(store, "Sunny")
    homes.put_live(store, home, made, RUN)
    ollama.put_live(store, made, RUN)
    answer_in_ollama(store, made.id, True)
    return store.personas.get(made.id)


def last_reply(store: Store, persona: Persona) -> Message:
    talk = store.conversations.page(persona.id)[0]
    return store.messages.path(talk.id)[-1]


def trouble(window: MainWindow, qtbot: QtBot) -> QWidget:
    bar = find(window, QWidget, "trouble_bar")
    wait_until(qtbot, bar.isVisible)
    return bar


def test_the_reply_comes_from_ollama_and_the_header_says_so(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    ollama: ScriptedOllama,
    model: Model,
    qtbot: QtBot,
) -> None:
    window = open_window()
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: answered(window, 2))
    reply = last_reply(store, sunny)
    assert (reply.content, reply.finish) == ("From Ollama.", "stop")
    assert reply.adapter_id == sunny.active_adapter_id
    assert model.asked == [] and model.served == []
    asked = ollama.asked[0]
    assert asked["model"] == "perennial-sunny" and asked["think"] is False
    assert asked["messages"][0] == {"role": "system", "content": homes.SUNNY}
    header = find(window, QLabel, "header_model").text()
    assert "Ollama 0.34.1 · perennial-sunny" in header and "first word: 0." in header


def test_another_computer_is_named_and_asked_for_anew(
    open_window: Opener, store: Store, home: Home, sunny: Persona, ollama: ScriptedOllama
) -> None:
    """What was chosen for the Ollama of this computer holds for no other one."""
    ollama.address = "http://192.168.1.5:11434"
    homes.put_live(store, home, sunny, "2026-11-sunny-2")
    ollama.put_live(store, sunny, "2026-11-sunny-2")
    assert source_of(store, sunny).answers is None
    answer_in_ollama(store, sunny.id, True)
    header = find(open_window(), QLabel, "header_model").text()
    assert "Ollama 0.34.1 · perennial-sunny" in header
    assert "on another computer: http://192.168.1.5:11434" in header


def test_who_waits_for_a_model_that_is_loaded_is_told(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.go_on.clear()
    window = open_window()
    say(window, qtbot, "Hello")
    wait_until(
        qtbot,
        lambda: any(
            each.text() == "Ollama is loading the model…"
            for each in window.findChildren(QLabel, "message_note")
        ),
    )
    ollama.go_on.set()
    wait_until(qtbot, lambda: answered(window, 2))


def test_where_ollama_is_away_it_is_answered_here_on_a_click(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    ollama: ScriptedOllama,
    model: Model,
    qtbot: QtBot,
) -> None:
    window = open_window()
    ollama.runs = False
    say(window, qtbot, "Hello")
    bar = trouble(window, qtbot)
    wait_until(qtbot, lambda: not window.chat.answering)
    assert find(bar, QLabel, "trouble_more").text().startswith("Nothing of the conversation")
    here = find(bar, QPushButton, "trouble_action")
    assert here.text() == "Answer here instead"
    here.click()
    wait_until(qtbot, lambda: answered(window, 2))
    assert last_reply(store, sunny).content == "".join(model.words)
    assert not source_of(store, sunny).wanted
    header = find(window, QLabel, "header_model")
    wait_until(qtbot, lambda: "runtime: built in" in header.text())


def test_off_the_record_the_question_comes_back_to_where_it_was_written(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    window = open_window()
    ollama.runs = False
    window.chat.set_off_record(True)
    say(window, qtbot, "Between us")
    trouble(window, qtbot)
    editor = find(window, QTextEdit, "composer_text")
    wait_until(qtbot, lambda: editor.toPlainText() == "Between us")


def test_what_came_before_ollama_went_away_is_kept(
    open_window: Opener, store: Store, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.gone_after = 1
    window = open_window()
    say(window, qtbot, "Hello")
    bar = trouble(window, qtbot)
    wait_until(qtbot, lambda: answered(window, 2))
    assert (last_reply(store, sunny).content, last_reply(store, sunny).finish) == (
        "From ",
        "error",
    )
    assert find(bar, QLabel, "trouble_text").text() == "Ollama ended in the middle of the reply."
    assert "What had been written is kept." in find(bar, QLabel, "trouble_more").text()


def test_a_model_of_another_month_never_answers_for_this_one(
    open_window: Opener,
    store: Store,
    home: Home,
    sunny: Persona,
    ollama: ScriptedOllama,
    qtbot: QtBot,
) -> None:
    homes.put_live(store, home, sunny, "2026-11-sunny-1")
    window = open_window()
    say(window, qtbot, "Hello")
    bar = trouble(window, qtbot)
    assert "another adapter" in find(bar, QLabel, "trouble_text").text()
    assert ollama.asked == []


def test_a_model_that_somebody_changed_never_answers(
    open_window: Opener, sunny: Persona, ollama: ScriptedOllama, qtbot: QtBot
) -> None:
    ollama.digests["perennial-sunny"] = "somebody's"
    window = open_window()
    say(window, qtbot, "Hello")
    bar = trouble(window, qtbot)
    assert "no longer the model" in find(bar, QLabel, "trouble_text").text()
    assert ollama.asked == []


def test_pictures(
    open_window: Opener,
    sunny: Persona,
    ollama: ScriptedOllama,
    qtbot: QtBot,
    picture: Picture,
    shade: tuple[Choice, Language],
) -> None:
    window = open_window(*shade)
    say(window, qtbot, "Hello")
    wait_until(qtbot, lambda: answered(window, 2))
    ollama.go_on.clear()
    say(window, qtbot, "And who are you?")
    wait_until(qtbot, lambda: any(each.loading for each in window.chat.model.rows))
    picture(window, f"ollama-chat-{'-'.join(shade)}")
    ollama.runs = False
    ollama.go_on.set()
    wait_until(qtbot, lambda: answered(window, 4))
    say(window, qtbot, "Are you there?")
    trouble(window, qtbot)
    picture(window, f"ollama-chat-away-{'-'.join(shade)}")


@pytest.mark.parametrize(
    ("leaving", "told"),
    [
        (False, "A deployment into Ollama was cut off. That is ended now."),
        (True, "perennial-sunny had learned what was forgotten, and is out of Ollama now."),
    ],
)
def test_what_is_left_half_done_is_ended_at_the_next_start_and_said(
    open_window: Opener,
    store: Store,
    sunny: Persona,
    ollama: ScriptedOllama,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    leaving: bool,
    told: str,
) -> None:
    if leaving:
        store.ollama_models.let_go([RUN])
    else:
        store.ollama_models.begin(sunny.id, "another", ollama.address, "perennial-sunny")
    ends = store.ollama_models.unsettled()
    assert len(ends) == 1
    monkeypatch.setattr(ollama_leaving, "end_interrupted", lambda _home, _store: ends)
    bar = trouble(open_window(), qtbot)
    assert find(bar, QLabel, "trouble_text").text() == told
