"""A month ends in the user's own Ollama, where that is wanted, and Ollama costs nobody a month."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.home import Home
from app.operations.ollama_choice import OllamaChoice, choice_of, choose
from app.store import Store, open_store
from tests.integration.ollama_servers import RealOllama
from tests.tiny_month import LIMIT_S, TinyMonth, start_cli

NAME = "perennial-sunny"


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as found:
        yield found


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealOllama]:
    found = RealOllama("0.34.1", tmp_path / "ollama").start()
    monkeypatch.setenv("OLLAMA_HOST", found.address)
    yield found
    found.kill()


def verb(home: Home, *words: str) -> dict[str, Any]:
    """A verb to its end, and its object."""
    process = start_cli(home, *words, "--json")
    out, told = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, told
    found: dict[str, Any] = json.loads(out)
    return found


def digest(server: RealOllama) -> str | None:
    with server.api() as api:
        return api.digest_of(NAME)


def test_months_come_and_go_in_ollama_too(home: Home, store: Store, server: RealOllama) -> None:
    month = TinyMonth(home, store)
    month.talk()
    month.replay()
    choose(store, month.persona, OllamaChoice(True, NAME))
    recipe = ("--recipe", str(month.recipe_file()))

    first = verb(home, "cycle", "sunny", "--yes", *recipe)
    assert first["state"] == "done"
    there = store.ollama_models.live(month.persona.id)
    assert there is not None and there.run_id == first["run"]
    assert digest(server) == there.after_digest
    assert there.parity["tokens"] > 0

    server.kill()
    month.talk(first=60)
    second = verb(home, "cycle", "sunny", "--yes", *recipe)
    assert second["state"] == "done", "an Ollama that is away costs no month"
    warnings = month.events(second["run"], "warning")
    assert [each["warning"] for each in warnings if "ollama" in each["warning"]] == [
        "ollama_failed"
    ]

    server.start()
    assert digest(server) == there.after_digest, "it answers as it did before"
    assert verb(home, "deploy", "sunny")["run_id"] == second["run"]
    assert digest(server) not in (there.after_digest, None)
    verb(home, "rollback", "sunny")
    assert digest(server) == there.after_digest
    verb(home, "rollback", "sunny", "--to", second["run"])
    last = store.ollama_models.live(month.persona.id)
    assert last is not None and last.run_id == second["run"]
    assert digest(server) == last.after_digest
    assert verb(home, "deploy", "--off")["taken_out"]
    assert server.manifests() == {}
    assert not choice_of(store, month.persona).wanted, "the next adapter does not go there again"
