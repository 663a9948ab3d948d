"""The window's own threads, a real Ollama, a trained persona: in, answering, and out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.chat_session import ChatSession
from app.gui.ollama_session import Failure, Step, Wanted
from app.gui.session import Session
from app.gui.theme import install_theme
from app.home import Home
from app.store import Persona, Store, open_store
from tests.integration.ollama_servers import VERSIONS, RealOllama
from tests.integration.served_home import go_live, settle_in
from tests.integration.trained_persona import GREEDY, TrainedPersona, trained_persona

NAME = "perennial-sunny"
TIMEOUT_MS = 120_000


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedPersona:
    return trained_persona(tmp_path_factory.mktemp("trained"), "qwen2")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealOllama]:
    found = RealOllama(VERSIONS[-1], tmp_path / "ollama").start()
    monkeypatch.setenv("OLLAMA_HOST", found.address)
    yield found
    found.kill()


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as found:
        yield found


@pytest.fixture
def sunny(home: Home, store: Store, trained: TrainedPersona) -> Persona:
    persona = settle_in(home, store, trained)
    go_live(home, store, persona.id, "first", trained)
    return store.personas.get(persona.id)


@pytest.fixture
def session(
    qapp: QApplication, home: Home, sunny: Persona, server: RealOllama, qtbot: QtBot
) -> Iterator[Session]:
    install_theme(qapp)
    made = Session(home)
    made.start()
    qtbot.waitUntil(lambda: made.loaded, timeout=TIMEOUT_MS)
    yield made
    made.quit()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_a_persona_goes_in_answers_from_there_and_comes_out(
    session: Session,
    store: Store,
    sunny: Persona,
    server: RealOllama,
    trained: TrainedPersona,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.operations.reply_stream.DEFAULT_SAMPLING", GREEDY)
    ollama, failures = session.ollama, list[Failure]()
    steps: list[str] = []
    ollama.attended = True
    ollama.failed.connect(failures.append)
    ollama.stepped.connect(lambda step: steps.append(step.name))

    def until(condition: Callable[[], bool]) -> None:
        qtbot.waitUntil(lambda: bool(failures) or condition(), timeout=TIMEOUT_MS)
        assert [str(each.error) for each in failures] == []

    def settled() -> bool:
        return not ollama.busy and not ollama.looking

    def stop_at_last(step: Step) -> None:
        if step.name == "comparing":
            ollama.stop()

    ollama.stepped.connect(stop_at_last)
    ollama.put(sunny.id, Wanted(NAME, follows=True))
    qtbot.waitUntil(settled, timeout=TIMEOUT_MS)
    (stopped,) = failures
    assert getattr(stopped.error, "kind", "") == "ollama_stopped"
    assert not any(NAME in each for each in server.manifests())
    ollama.stepped.disconnect(stop_at_last)
    failures.clear()

    ollama.put(sunny.id, Wanted(NAME, follows=True))
    until(settled)
    assert ollama.standing is not None and ollama.standing.there and not ollama.standing.behind
    assert {"base", "loading", "comparing", "switching"} <= set(steps)

    session.choose_who_answers(sunny.id, in_ollama=True)
    until(lambda: session.card is not None and session.card.source.answers is not None)
    chat = ChatSession(session)
    chat.say("hello the world")
    until(lambda: chat.from_ollama is not None and not chat.answering)
    talk = store.conversations.page(sunny.id)[0]
    asked, reply = store.messages.path(talk.id)
    assert (asked.content, reply.content) == ("hello the world", trained.reply)
    assert reply.adapter_id == sunny.active_adapter_id
    assert chat.from_ollama is not None and chat.from_ollama.version == VERSIONS[-1]

    ollama.take_out(sunny.id)
    until(settled)
    assert not ollama.standing.there and not any(NAME in each for each in server.manifests())
    until(lambda: session.card is not None and session.card.source.answers is None)
