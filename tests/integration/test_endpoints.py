"""Other programs talk to a persona through the real runtime, on a tiny model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import ollama
import pytest

from app.endpoints.server import EndpointServer
from app.home import Home
from app.operations import programs
from app.store import Persona, Store, open_store
from ollama_bridge.gguf_adapter import convert
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf

HI = [{"role": "user", "content": "hello the world"}]
FEW = {"temperature": 0, "seed": 1}


@dataclass(frozen=True)
class Served:
    """A server with three personas: two on one base, one of them with an adapter, and another."""

    server: EndpointServer
    address: str
    key: str
    home: Home


def enter(store: Store, name: str, path: Path) -> Persona:
    """A persona on a model's file."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    base = store.bases.add(path.stem, "gguf", path, digest, "llama", path.stat().st_size)
    return store.personas.add(name, "Be brief.", base_id=base.id)


@pytest.fixture
def served(home: Home, tmp_path: Path) -> Iterator[Served]:
    with open_store(home) as store:
        one = write_tiny_gguf(home.models / "one.gguf")
        enter(store, "Plain", one)
        sunny = enter(store, "Sunny", one)
        enter(store, "Other", write_tiny_gguf(home.models / "two.gguf", seed=5))
        adapter = tmp_path / "adapter.gguf"
        convert(write_tiny_adapter(tmp_path / "peft", seed=1), adapter, one)
        assert sunny.base_id is not None
        store.runs.add("r1", sunny.id, sunny.base_id, None, "starter", 1)
        made = store.adapters.add(
            sunny.id, sunny.base_id, "r1", None, tmp_path / "peft", adapter, "d1"
        )
        store.deployments.put_live(sunny.id, "r1", made.id, "built-in", "1", "runtime", {})
        key = programs.add_program(store, "Chatter", collect=True).key
    server = EndpointServer(home, 0)
    yield Served(server, server.start(), key, home)
    server.stop()


def test_openai_and_ollama_clients_talk_to_the_same_personas(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.key}"}
    body = {"messages": HI, "max_tokens": 8, **FEW}
    options = {"num_predict": 8, **FEW}
    said: dict[str, str] = {}
    with httpx.Client(headers=headers, base_url=served.address, timeout=120) as client:
        for name in ("plain", "sunny", "other"):
            found = client.post("/v1/chat/completions", json=body | {"model": name}).json()
            said[name] = found["choices"][0]["message"]["content"]
            assert found["choices"][0]["finish_reason"] == "length"
            assert found["usage"]["completion_tokens"] == 8
        with client.stream(
            "POST", "/v1/chat/completions", json=body | {"model": "sunny", "stream": True}
        ) as stream:
            rows = [line.removeprefix("data: ") for line in stream.iter_lines() if line]
    assert len(set(said.values())) == 3, "two personas gave the same reply"
    deltas = [json.loads(row)["choices"][0]["delta"] for row in rows[:-1]]
    assert "".join(each.get("content", "") for each in deltas) == said["sunny"]
    theirs = ollama.Client(served.address, headers=headers, timeout=120)
    assert [each.model for each in theirs.list().models] == [
        "plain:latest", "sunny:latest", "other:latest",
    ]  # fmt: skip
    whole = theirs.chat("sunny:latest", HI, options=options)
    assert whole.message.content == said["sunny"] and whole.eval_count == 8
    pieces = [part.message.content or "" for part in theirs.chat(
        "plain", HI, stream=True, options=options)]  # fmt: skip
    assert "".join(pieces) == said["plain"] and len(pieces) > 1
    assert theirs.generate("other", HI[0]["content"], options=options).response == said["other"]
    assert theirs.show("sunny").capabilities == ["completion"]
    with pytest.raises(ollama.ResponseError, match="key"):
        ollama.Client(served.address).list()
    with pytest.raises(ollama.ResponseError, match="no model"):
        theirs.chat("nobody", HI)


def test_what_is_said_is_collected_as_the_personas_own(served: Served) -> None:
    theirs = ollama.Client(
        served.address, headers={"Authorization": f"Bearer {served.key}"}, timeout=120
    )
    reply = theirs.chat("sunny", HI, options={"num_predict": 6, **FEW}).message.content or ""
    more = [*HI, {"role": "assistant", "content": reply}, {"role": "user", "content": "and then"}]
    last = ""
    for part in theirs.chat("sunny", more, stream=True, options={"num_predict": 6, **FEW}):
        last += part.message.content or ""
    served.server.stop()
    with open_store(served.home) as store:
        sunny = store.personas.by_slug("sunny")
        assert sunny is not None
        (talk,) = store.conversations.page(sunny.id)
        said = store.messages.path(talk.id)
    assert [each.content for each in said] == [HI[0]["content"], reply, "and then", last]
    assert [each.adapter_id for each in said] == [None, sunny.active_adapter_id] * 2
