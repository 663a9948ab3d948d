"""What the endpoints do for a program, whichever API it speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Literal

from app.endpoints.asked import Asked
from app.endpoints.door import no_entry
from app.endpoints.errors import ApiError
from app.endpoints.reply import Reply
from app.endpoints.serving import Connect, Serving
from app.home import Home
from app.operations.base_sources import standing_of
from app.operations.collecting import Collected, Finished, collect, is_talk
from app.operations.helping import Help
from app.operations.programs import program_of_key
from app.operations.prompt import Prompt
from app.store import Adapter, Base, Persona, Program, Store, open_store
from ollama_bridge.errors import RuntimeUnloaded
from ollama_bridge.runtime.client import RuntimeClient
from ollama_bridge.runtime.values import Delta

# What became of an exchange: nothing where nobody agreed to it; `no_talk` is a program's own task.
Kept = Collected | Literal["", "no_talk"]


@dataclass(frozen=True)
class Model:
    """A persona as a model that programs can choose."""

    persona: Persona
    base: Base

    @property
    def name(self) -> str:
        return self.persona.slug


@dataclass(frozen=True)
class Exchange:
    """A reply on its way, with all that has to be known of it when it is kept."""

    persona: Persona
    adapter: Adapter | None
    asked: Asked
    reply: Reply


class PersonaService:
    """Lets programs in, and has personas answer them; each call may come from another thread."""

    def __init__(self, home: Home, connect: Connect = RuntimeClient.connect) -> None:
        self._home = home
        self._serving = Serving(home, connect)

    def admit(self, key: str) -> Program:
        """The program that a key belongs to."""
        with open_store(self._home) as store:
            found = program_of_key(store, key)
        if found is None:
            raise no_entry("This key opens nothing here.")
        return found

    def models(self, program: Program) -> list[Model]:
        """The personas that a program may talk to and that can be served now."""
        with open_store(self._home) as store:
            return [
                Model(persona, base)
                for persona in store.personas.all()
                if _open_to(program, persona) and (base := _base_of(store, persona)) is not None
            ]

    def model(self, program: Program, name: str) -> Model:
        """The persona of a name, as a program writes it."""
        slug = name.removesuffix(":latest")
        for each in self.models(program):
            if each.name == slug:
                return each
        raise _no_model(name)

    def load(self, program: Program, name: str) -> None:
        """Have a persona's model in memory before anything is said to it."""
        persona = self.model(program, name).persona
        with open_store(self._home) as store:
            self._serving.ready(store, persona)

    def answer(self, program: Program, asked: Asked) -> Exchange:
        """Have a reply begun; the persona's own prompt comes before what the program adds.

        Neither the note about the user nor examples ride along: what a program was not told, it
        cannot have told to it.
        """
        persona = self.model(program, asked.model).persona
        system = "\n\n".join(part for part in (persona.system_prompt, asked.system) if part)
        spoken = [{"role": each.role, "content": each.content} for each in asked.said]
        messages = Prompt(system, spoken, Help()).messages()
        try:
            deltas, adapter = self._ask(persona, messages, asked)
            reply = Reply(deltas, asked.stops)
        except RuntimeUnloaded:
            # A training that is over may have left nothing in memory; one that is not says so.
            self._serving.forget(persona.base_id)
            deltas, adapter = self._ask(persona, messages, asked)
            reply = Reply(deltas, asked.stops)
        return Exchange(persona, adapter, asked, reply)

    def keep(self, program: Program, exchange: Exchange) -> Kept:
        """Count a whole reply, and collect it where the program's consent stood and stands."""
        with open_store(self._home) as store:
            store.programs.note_use(program.id)
            now = [each for each in store.programs.all() if each.id == program.id]
            if not program.collects or not now or not now[0].collects:
                return ""
            return _collect(store, now[0], exchange)

    def close(self) -> None:
        """End the leases on the runtime."""
        self._serving.close()

    def _ask(
        self, persona: Persona, messages: list[dict[str, str]], asked: Asked
    ) -> tuple[Iterator[Delta], Adapter | None]:
        with open_store(self._home) as store:
            runtime, adapter = self._serving.ready(store, persona)
        name = adapter.run_id if adapter is not None else None
        return runtime.chat(messages, adapter=name, sampling=asked.sampling), adapter


def _collect(store: Store, program: Program, exchange: Exchange) -> Kept:
    asked, reply = exchange.asked, exchange.reply
    if not asked.talk or not is_talk(asked.said) or not reply.text.strip():
        return "no_talk"
    finished = Finished(
        said=asked.said,
        reply=reply.text,
        finish=reply.finish,
        base_id=exchange.persona.base_id,
        adapter_id=exchange.adapter.id if exchange.adapter is not None else None,
        sampling=asdict(asked.sampling),
    )
    return collect(store, program, exchange.persona, finished)


def _open_to(program: Program, persona: Persona) -> bool:
    return program.persona_id in (None, persona.id)


def _base_of(store: Store, persona: Persona) -> Base | None:
    """The base that a persona can speak through now."""
    if persona.base_id is None:
        return None
    base = store.bases.get(persona.base_id)
    return base if base.kind == "gguf" and standing_of(base).usable else None


def _no_model(name: str) -> ApiError:
    return ApiError(
        HTTPStatus.NOT_FOUND,
        f"There is no model {name[:80]!r} here; the list of models says which there are.",
        "model_not_found",
    )
