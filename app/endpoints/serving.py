"""What the endpoints have served: the base of a persona, with every adapter that is live on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from app.cycle.device import refuse_while_unloaded
from app.errors import BaseDamaged, RuntimeDown
from app.home import Home
from app.operations import chat
from app.operations.base import check_base
from app.operations.reply_stream import DEFAULT_SAMPLING
from app.store import Adapter, Persona, Store
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import Delta, Sampling, Served


class Runtime(Protocol):
    """What is needed of the runtime's client."""

    def serve(self, base: Path, adapters: Sequence[Served]) -> float: ...

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None,
        sampling: Sampling = DEFAULT_SAMPLING,
    ) -> Iterator[Delta]: ...

    def close(self) -> None: ...


Connect = Callable[[Path], Runtime]


class Serving:
    """Leases on the runtime, one for each base that was asked for; usable from several threads.

    One lease names one base. With a lease for each, requests for personas of different bases need
    not wait for one another here: the runtime loads the base that a reply is to come from.
    """

    def __init__(self, home: Home, connect: Connect = RuntimeClient.connect) -> None:
        self._home = home
        self._connect = connect
        self._lock = threading.Lock()
        self._clients: dict[int, Runtime] = {}
        self._served: dict[int, tuple[Path, tuple[Served, ...]]] = {}

    def ready(self, store: Store, persona: Persona) -> tuple[Runtime, Adapter | None]:
        """A runtime that serves what a persona speaks through now, and its adapter."""
        if persona.base_id is None:
            raise RuntimeDown(
                f"{persona.name} has no base model yet.", "Give it one in the window.",
                kind="no_base",
            )  # fmt: skip
        with self._lock:
            refuse_while_unloaded(self._home)
            base = store.bases.get(persona.base_id)
            try:
                check_base(self._home, base)
            except BaseDamaged:
                self._served.pop(base.id, None)
                raise
            client = self._clients.get(base.id)
            if client is None:
                client = self._clients[base.id] = self._connect(self._home.root)
            wanted = (base.path, tuple(chat.served(store, persona)))
            if wanted != self._served.get(base.id):
                client.serve(*wanted)
                self._served[base.id] = wanted
        return client, chat.live_adapter(store, persona)

    def forget(self, base_id: int | None) -> None:
        """Load a base again with the next reply: it went out of memory for a training."""
        with self._lock:
            if base_id is not None:
                self._served.pop(base_id, None)

    def close(self) -> None:
        """End the leases."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
            self._served.clear()
