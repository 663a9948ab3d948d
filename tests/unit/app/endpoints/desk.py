"""A home with personas, a program with a key, and a runtime that says what it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from queue import Queue
from typing import Any

import httpx

from app.endpoints.request_log import RequestLine
from app.endpoints.server import EndpointServer
from app.home import Home
from app.operations import programs
from app.operations.reply_stream import DEFAULT_SAMPLING
from app.store import Persona, Store, open_store
from app.store.values import Conversation
from ollama_bridge.errors import BridgeError
from ollama_bridge.runtime.values import Delta, Sampling, Served, Timings

COUNTED = Timings(prompt_tokens=3, cached_tokens=4, prompt_ms=1.5, reply_tokens=5, reply_ms=2.5)


class ScriptedRuntime:
    """Stands in for the runtime's client; `before` is called with the place of each word."""

    def __init__(self) -> None:
        self.words: list[str] = ["Hel", "lo."]
        self.finish = "stop"
        self.fails: list[BridgeError] = []
        self.breaks: BridgeError | None = None
        self.before: Callable[[int], object] = lambda _place: None
        self.asked: list[list[dict[str, str]]] = []
        self.adapters: list[str | None] = []
        self.sampled: list[Sampling] = []
        self.served: list[tuple[Path, tuple[str, ...]]] = []
        self.written = 0
        self.closed_replies = 0
        self.closed = 0

    def serve(self, base: Path, adapters: Sequence[Served]) -> float:
        self.served.append((base, tuple(each.name for each in adapters)))
        return 0.0

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None,
        sampling: Sampling = DEFAULT_SAMPLING,
    ) -> Iterator[Delta]:
        self.asked.append([dict(each) for each in messages])
        self.adapters.append(adapter)
        self.sampled.append(sampling)
        if self.fails:
            raise self.fails.pop()
        try:
            for place, word in enumerate(self.words):
                self.before(place)
                self.written += 1
                yield Delta(word)
            if self.breaks is not None:
                raise self.breaks
            yield Delta("", self.finish, COUNTED)
        finally:
            self.closed_replies += 1

    def close(self) -> None:
        self.closed += 1


class Desk:
    """Everything that a test of the endpoints holds in its hands."""

    def __init__(self, home: Home, *, patience_s: float = 20.0) -> None:
        self.home = home
        self.runtime = ScriptedRuntime()
        (home.models / "tiny.gguf").write_bytes(b"GGUF")
        with open_store(home) as store:
            base = store.bases.add("tiny", "gguf", home.models / "tiny.gguf", "d", "llama", 4)
            self.sunny: Persona = store.personas.add("Sunny", "Be sunny.", base_id=base.id)
            self.key = programs.add_program(store, "Chatter").key
        self.noted: Queue[RequestLine] = Queue()
        self.line: RequestLine | None = None
        self.server = EndpointServer(
            home, 0,
            connect=lambda _root: self.runtime, on_line=self.noted.put, patience_s=patience_s,
        )  # fmt: skip
        self.server.start()

    @property
    def port(self) -> int:
        return int(self.server.address.rpartition(":")[2])

    def client(self, key: str | None = None, **headers: str) -> httpx.Client:
        """A program with its key."""
        bearer = {"Authorization": f"Bearer {key or self.key}"}
        return httpx.Client(
            base_url=self.server.address, headers=bearer | headers, trust_env=False, timeout=20
        )

    def collect(self, name: str = "Chatter", on: bool = True) -> None:
        with open_store(self.home) as store:
            programs.set_collecting(store, name, on)

    def say(self, *said: str, reply: str = "Hello.", **more: Any) -> httpx.Response:
        """Send a conversation in which user and persona take turns; all is done when it returns."""
        self.runtime.words = [reply]
        roles = ("user", "assistant")
        messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(said)]
        body = {"model": "sunny", "messages": messages} | more
        while not self.noted.empty():
            self.noted.get()
        with self.client() as client:
            response = client.post("/v1/chat/completions", json=body)
        self.line = self.noted.get(timeout=20)
        return response

    def ended(self) -> tuple[RequestLine, ...]:
        """What was noted once everything that came after the replies is done."""
        self.server.stop()
        return self.server.last_requests()

    def last(self) -> RequestLine:
        """The line of the last request; ends the server, and starts it again."""
        line = self.ended()[-1]
        self.server.start()
        return line

    def talks(self) -> list[tuple[Conversation, list[str]]]:
        """What was collected: every conversation with its active branch, the oldest first."""
        self.ended()
        with open_store(self.home) as store:
            found = sorted(store.conversations.page(self.sunny.id), key=lambda each: each.id)
            talks = [
                (each, [message.content for message in store.messages.path(each.id)])
                for each in found
            ]
        self.server.start()
        return talks


def add_persona(store: Store, name: str, **fields: Any) -> Persona:
    """Another persona, with a base of its own."""
    path = store.home.models / f"{name}.gguf"
    path.write_bytes(b"GGUF")
    base = store.bases.add(name, "gguf", path, f"d-{name}", "llama", 4)
    return store.personas.add(name, base_id=base.id, **fields)


def events(response: httpx.Response) -> list[Any]:
    """The events of a stream, the last one as it stands."""
    rows = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    return [row if row == "[DONE]" else json.loads(row) for row in rows]


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    """The lines of a stream."""
    return [json.loads(line) for line in response.text.splitlines()]
