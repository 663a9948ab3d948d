"""The person's own Ollama keeps its models unless the person says otherwise."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from app import cli_month
from app.cycle import device
from app.cycle.device import device_lease
from app.cycle.telling import CycleTelling
from app.operations import freeing, training
from ollama_bridge.ollama import LoadedModel
from tests.tiny_month import TinyMonth
from tests.unit.ollama_bridge.test_ollama import Handler
from trainer.contract.folder import RunFolder, read_rows


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    """A server that holds a model, where memory is short."""
    monkeypatch.setattr(device, "_bears", lambda needed: False)
    Handler.loaded = ["llama:8b"]
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{running.server_port}")
        yield Handler
        running.shutdown()
        thread.join()


def leased(month: TinyMonth, *, agreed: bool) -> list[dict[str, Any]]:
    """What is told of a training that took the device."""
    folder = RunFolder(month.home.runs / "a")
    telling = CycleTelling(folder)
    with device_lease(
        month.home, "a", "Sunny", month.base, telling, lambda: None, may_free_ollama=agreed
    ):
        pass
    telling.close()
    return list(read_rows(folder.cycle_events))


def test_without_a_word_ollama_keeps_its_models(month: TinyMonth, ollama: type[Handler]) -> None:
    """Somebody may be talking to them, in another program or from another computer."""
    rows = leased(month, agreed=False)
    assert ollama.loaded == ["llama:8b"]
    kept = next(row for row in rows if row.get("warning") == "ollama_kept")
    assert kept["values"] == {"names": "llama:8b (5.0 GB)"}
    assert "llama:8b (5.0 GB)" in kept["advice"] and "--free-ollama" in kept["advice"]
    assert not any("llama:8b" in row.get("text", "") for row in rows)


def test_with_consent_they_are_unloaded_and_named(month: TinyMonth, ollama: type[Handler]) -> None:
    rows = leased(month, agreed=True)
    assert ollama.loaded == []
    assert any("llama:8b" in row.get("text", "") for row in rows if row["kind"] == "device")
    assert not any(row.get("warning") == "ollama_kept" for row in rows)


def test_there_is_a_question_only_where_there_is_something_to_ask(
    month: TinyMonth, ollama: type[Handler], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions that do not matter teach people to say yes to those that do."""
    persona = month.store.personas.all()[0].id
    assert freeing.to_be_asked(month.store, persona) == [LoadedModel("llama:8b", 5120.0)]
    monkeypatch.setattr(device, "_bears", lambda needed: True)
    assert freeing.to_be_asked(month.store, persona) == []
    monkeypatch.setattr(device, "_bears", lambda needed: False)
    freeing.set_always(month.store, True)
    assert freeing.always(month.store)
    assert freeing.to_be_asked(month.store, persona) == []
    freeing.set_always(month.store, False)
    ollama.loaded = []
    assert freeing.to_be_asked(month.store, persona) == []


@pytest.mark.parametrize(
    ("always", "said", "may"),
    [(False, None, False), (True, None, True), (True, False, False), (False, True, True)],
)
def test_an_answer_counts_more_than_the_setting(
    month: TinyMonth, always: bool, said: bool | None, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bool] = []

    def run_cycle(*_given: Any, free_ollama: bool, **_said: Any) -> Any:
        heard.append(free_ollama)

    monkeypatch.setattr(training.process, "run_cycle", run_cycle)
    freeing.set_always(month.store, always)
    persona = month.store.personas.all()[0]
    assert persona.base_id is not None
    run = month.store.runs.add("r1", persona.id, persona.base_id, None, "starter", 1)
    training.work_on(month.home, run.id, free_ollama=said)
    assert heard == [may]


@pytest.mark.parametrize(("typed", "agreed"), [("y\n", True), ("n\n", False)])
def test_the_terminal_asks_and_names_what_would_go(typed: str, agreed: bool) -> None:
    heard: list[bool | None] = []
    app = typer.Typer()
    held = [LoadedModel("llama:8b", 5120.0)]
    app.command()(lambda: heard.append(cli_month.ask_to_free(held)))
    ran = CliRunner().invoke(app, [], input=typed)
    assert ran.exit_code == 0 and heard == [agreed]
    assert "llama:8b (5.0 GB)" in ran.output
    assert cli_month.ask_to_free([]) is None


def test_what_was_answered_in_the_window_reaches_the_training() -> None:
    assert training._consent_options(None) == ()
    assert training._consent_options(True) == ("--free-ollama",)
    assert training._consent_options(False) == ("--keep-ollama",)
