"""What the runtime's thread works with: a store of its own and the lease on the runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.errors import BaseDamaged, RuntimeDown
from app.gui.translation import tr
from app.home import Home
from app.operations import chat
from app.operations.base import check_base
from app.store.store import Store, open_store
from app.store.values import Message, Persona
from ollama_bridge.errors import RuntimeUnloaded
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import Served


class RuntimeTools:
    """Has a persona's base and adapters served before it speaks."""

    def __init__(
        self, home: Home, connect: Callable[[Path], RuntimeClient] = RuntimeClient.connect
    ) -> None:
        self._home = home
        self._connect = connect
        self.store: Store = open_store(home)
        self._client: RuntimeClient | None = None
        self._served: tuple[Path, tuple[Served, ...]] | None = None

    def ready(self, persona_id: int) -> tuple[Persona, RuntimeClient]:
        """The persona as it is now, and a runtime that serves all that it needs."""
        persona = self.store.personas.get(persona_id)
        if persona.base_id is None:
            raise RuntimeDown(
                tr("{name} has no base model yet.", name=persona.name),
                tr("Get the starter model, then ask again."),
                kind="no_base",
            )
        base = self.store.bases.get(persona.base_id)
        # Each time: a file that changes while it is served is served no longer.
        try:
            check_base(self._home, base)
        except BaseDamaged:
            self._served = None  # the right file has to be loaded anew
            raise
        if self._client is None:
            self._client = self._connect(self._home.root)
        wanted = (base.path, tuple(chat.served(self.store, persona)))
        if wanted != self._served:
            self._client.serve(*wanted)
            self._served = wanted
        return persona, self._client

    def answer(
        self,
        persona_id: int,
        question_id: int,
        on_delta: Callable[[str], None],
        stopped: Callable[[], bool],
    ) -> Message | None:
        """Have a stored message answered; None when it was stopped before the first word."""
        if stopped():
            return None  # before the model is loaded for it
        persona, client = self.ready(persona_id)
        try:
            return chat.answer(
                self.store, client, persona, question_id, on_delta=on_delta, stopped=stopped
            )
        except RuntimeUnloaded:
            self._served = None
            raise

    def answer_off_record(
        self,
        persona_id: int,
        text: str,
        history: list[dict[str, str]],
        on_delta: Callable[[str], None],
        stopped: Callable[[], bool],
    ) -> chat.OffRecordReply:
        """Have something answered that is stored nowhere."""
        if stopped():
            return chat.OffRecordReply("", "stopped")
        persona, client = self.ready(persona_id)
        reply = chat.say(
            self.store,
            client,
            persona,
            None,
            text,
            off_record=True,
            history=history,
            on_delta=on_delta,
            stopped=stopped,
        )
        assert isinstance(reply, chat.OffRecordReply)
        return reply

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self.store.close()
