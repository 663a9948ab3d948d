"""An Ollama for windows under test: what it has and says is scripted, and no model is loaded."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import pytest

from app.home import Home
from app.operations import ollama_chatting, ollama_leaving, ollama_server, ollama_standing
from app.operations import ollama_deploying as verbs
from app.operations.chat_source import PROMPT, prompt_mark
from app.operations.ollama_choice import OllamaChoice, choice_of, choose
from app.store import OllamaModel, Persona, Store
from ollama_bridge.errors import BridgeError, OllamaGone, OllamaRefused

ADDRESS = "http://127.0.0.1:9"
VERSION = "0.34.1"
PARITY = {
    "prompts_equal": True, "base_difference": 0.004, "candidate_difference": 0.006, "tokens": 214,
    "differs": [],
}  # fmt: skip
REASON = "adapter: LoRA adapters are no longer supported"


@dataclass
class ScriptedOllama:
    """The server and the verbs on it; each order is written down."""

    runs: bool = True
    installed: bool = True
    local: bool = True
    address: str = ADDRESS
    digests: dict[str, str] = field(default_factory=dict)
    ordered: list[tuple[Any, ...]] = field(default_factory=list)
    refuses: BridgeError | None = None
    """What the next deployment ends with."""
    waits: threading.Event = field(default_factory=threading.Event)
    """A deployment ends once this is set."""
    words: list[str] = field(default_factory=lambda: ["From ", "Ollama."])
    gone_after: int | None = None
    """So many words come before it goes away."""
    go_on: threading.Event = field(default_factory=threading.Event)
    """The first word comes once this is set."""
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def put_live(self, store: Store, persona: Persona, run_id: str) -> OllamaModel:
        """As if a deployment had ended well."""
        name = choice_of(store, persona).name
        digest = f"digest-{run_id}"
        record = store.ollama_models.begin(persona.id, run_id, self.address, name)
        store.ollama_models.about_to_switch(record.id, None, digest)
        self.digests[name] = digest
        choose(store, persona, OllamaChoice(True, name))
        made_of = {**PARITY, PROMPT: prompt_mark(persona)}
        return store.ollama_models.went_live(record.id, VERSION, "registry", made_of, REASON)

    def find(self) -> ScriptedApi:
        if not self.runs:
            raise OllamaGone("No Ollama answers.", "Start it.")
        return ScriptedApi(self)

    def put(
        self,
        _home: Home,
        store: Store,
        persona: Persona,
        wish: verbs.Wish,
        *,
        on_step: verbs.OnStep,
        connect: object = None,
    ) -> OllamaModel:
        self.ordered.append(("put", persona.name, wish.name, wish.replace, wish.upload))
        on_step("adapter", 2_000_000, 9_000_000)
        self.waits.wait(10)
        on_step("comparing", 40, 400)
        if self.refuses is not None:
            refused, self.refuses = self.refuses, None
            raise refused
        choose(store, persona, OllamaChoice(True, wish.name))
        assert persona.active_adapter_id is not None
        run_id = store.adapters.get(persona.active_adapter_id).run_id
        return self.put_live(store, persona, run_id)

    def catch_up(
        self, _home: Home, store: Store, persona: Persona, *, on_step: verbs.OnStep
    ) -> OllamaModel | None:
        self.ordered.append(("catch_up", persona.name))
        if self.refuses is not None:
            raise self.refuses
        last = store.ollama_models.live(persona.id)
        assert last is not None
        store.ollama_models.end(last.id, "undone")
        if persona.active_adapter_id is None:
            return None
        return self.put_live(store, persona, store.adapters.get(persona.active_adapter_id).run_id)

    def take_out(self, _home: Home, store: Store, persona: Persona) -> list[str]:
        self.ordered.append(("take_out", persona.name))
        last = store.ollama_models.live(persona.id)
        assert last is not None
        store.ollama_models.end(last.id, "undone")
        del self.digests[last.name]
        choose(store, persona, OllamaChoice(False, last.name))
        return [last.name]

    def start(self, _home: Home) -> None:
        self.ordered.append(("start",))
        self.runs = True


class ScriptedApi:
    """As much of a server's client as is asked without a deployment."""

    def __init__(self, server: ScriptedOllama) -> None:
        self._server = server
        self.address = server.address
        self.local = server.local

    def version(self) -> str:
        return VERSION

    def create(self, _body: Mapping[str, Any]) -> None:
        raise OllamaRefused("Ollama said no.", "Look at its log.", said=REASON)

    def models(self) -> list[dict[str, Any]]:
        return [{"name": name, "digest": it} for name, it in self._server.digests.items()]

    def digest_of(self, name: str) -> str | None:
        if not self._server.runs:
            raise OllamaGone("Ollama stopped answering.", "See that it runs.")
        return self._server.digests.get(name)

    def chat(self, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        self._server.asked.append(body)
        self._server.go_on.wait(10)
        for number, word in enumerate(self._server.words):
            if number == self._server.gone_after:
                raise OllamaGone("Ollama stopped answering.", "See that it runs.")
            yield {"message": {"content": word}}
        yield {"done": True, "done_reason": "stop"}

    def __enter__(self) -> ScriptedApi:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is open."""


def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedOllama:
    """An Ollama in the place of the user's."""
    made = ScriptedOllama()
    made.waits.set()
    made.go_on.set()
    monkeypatch.setattr(ollama_server, "find_server", made.find)
    monkeypatch.setattr(ollama_server, "start_server", made.start)
    monkeypatch.setattr(verbs, "put_into_ollama", made.put)
    monkeypatch.setattr(verbs, "catch_up", made.catch_up)
    monkeypatch.setattr(ollama_leaving, "take_out", made.take_out)
    monkeypatch.setattr(ollama_standing, "installed_program", lambda: made.installed or None)
    monkeypatch.setattr(ollama_chatting, "OllamaApi", lambda _address: ScriptedApi(made))
    return made
