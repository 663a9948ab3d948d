"""What the runtime's thread works with: a store of its own and the lease on the runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import BaseDamaged, RuntimeDown
from app.gui.answering import FromOllama, Listener
from app.gui.translation import tr
from app.home import Home
from app.operations import chat
from app.operations.base import check_base
from app.operations.chat_source import source_of
from app.operations.ollama_chatting import replies_of
from app.operations.reply_stream import ReplySource
from app.store.store import Store, open_store
from app.store.values import Message, Persona
from ollama_bridge.errors import RuntimeUnloaded
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import RuntimeStatus, Served

if TYPE_CHECKING:
    from app.operations.comparison import Pair, Prompt


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

    def ready(
        self, persona_id: int, beside: Sequence[Served] = ()
    ) -> tuple[Persona, RuntimeClient]:
        """The persona as it is now, and a runtime that serves all that it needs, and others."""
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
        wanted = (base.path, (*chat.served(self.store, persona), *beside))
        if wanted != self._served:
            self._client.serve(*wanted)
            self._served = wanted
        return persona, self._client

    def answer(self, persona_id: int, question_id: int, listener: Listener) -> Message | None:
        """Have a stored message answered; None when it was stopped before the first word."""
        if listener.stopped():
            return None  # before the model is loaded for it
        with self._speaking(persona_id, listener) as (persona, source):
            return chat.answer(
                self.store,
                source,
                persona,
                question_id,
                on_delta=listener.text,
                stopped=listener.stopped,
            )

    def answer_off_record(
        self, persona_id: int, text: str, history: list[dict[str, str]], listener: Listener
    ) -> chat.OffRecordReply:
        """Have something answered that is stored nowhere."""
        if listener.stopped():
            return chat.OffRecordReply("", "stopped")
        with self._speaking(persona_id, listener) as (persona, source):
            reply = chat.say(
                self.store,
                source,
                persona,
                None,
                text,
                off_record=True,
                history=history,
                on_delta=listener.text,
                stopped=listener.stopped,
            )
        assert isinstance(reply, chat.OffRecordReply)
        return reply

    def held(self) -> RuntimeStatus | None:
        """What the runtime has in memory, once this window has asked it for anything."""
        return self._client.status() if self._client is not None else None

    def answers_here(self, persona_id: int) -> bool:
        """Whether the built-in runtime answers for a persona, and not its model in Ollama."""
        return source_of(self.store, self.store.personas.get(persona_id)).answers is None

    @contextmanager
    def _speaking(
        self, persona_id: int, listener: Listener
    ) -> Iterator[tuple[Persona, ReplySource]]:
        """The persona as it is now, and what answers for it by the user's choice."""
        persona = self.store.personas.get(persona_id)
        model = source_of(self.store, persona).answers
        if model is None:
            with self._loaded_anew_if_gone():
                yield self.ready(persona_id)
            return
        with replies_of(self.store, persona, model, listener.loading) as replies:
            yield persona, replies
        if replies.first_token_s is not None:
            told = FromOllama(
                persona_id, replies.version, replies.first_token_s, replies.was_loaded
            )
            listener.came(told)

    @contextmanager
    def _loaded_anew_if_gone(self) -> Iterator[None]:
        try:
            yield
        except RuntimeUnloaded:
            self._served = None
            raise

    def answer_both(
        self, persona_id: int, pair: Pair, prompt_id: str, stopped: Callable[[], bool]
    ) -> Prompt | None:
        """Have both sides of a comparison answer a prompt; None when it was stopped, or is gone."""
        from app.cycle.device import chat_unloaded_by
        from app.operations import comparing

        if stopped():
            return None
        if chat_unloaded_by(self._home) is not None:
            raise RuntimeUnloaded(
                "A training has the model out of memory.", "Wait for it to end, then go on."
            )
        sides = comparing.served_sides(self._home, self.store, pair)
        with self._loaded_anew_if_gone():
            persona, client = self.ready(persona_id, sides)
            return comparing.answer(
                self._home, client, persona.system_prompt, pair, prompt_id, stopped
            )

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self.store.close()
