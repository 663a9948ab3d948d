"""How a persona stands with the user's Ollama: what the window shows, and what it can offer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.operations import ollama_server
from app.operations.base_sources import OLLAMA
from app.operations.chat_source import has_former_prompt
from app.operations.ollama_choice import OllamaChoice, choice_of, choose
from app.operations.ollama_deploying import is_behind
from app.store import OllamaModel, Store
from ollama_bridge.deploy.starting import installed_program
from ollama_bridge.errors import OllamaGone


@dataclass(frozen=True)
class OllamaServerFound:
    """The Ollama that answers."""

    address: str
    version: str
    local: bool


@dataclass(frozen=True)
class OllamaStanding:
    """One persona, as of now."""

    persona_id: int
    server: OllamaServerFound | None
    installed: bool
    """Whether this computer has one that could be started."""
    choice: OllamaChoice
    proposed: bool
    """Whether a new adapter goes there too, unless the user says otherwise."""
    trained: bool
    """Whether there is an adapter at all."""
    model: OllamaModel | None
    """What was put there last, by our own book."""
    there: bool
    """Whether that server has it under its name, unchanged."""
    behind: bool
    """Whether it is another adapter than the one that is live here."""
    former_prompt: bool = False
    """Whether the persona's prompt was changed since."""


def look(store: Store, persona_id: int) -> OllamaStanding:
    """Ask the server, where there is one; seconds where it is slow to say that it is not there."""
    persona = store.personas.get(persona_id)
    model = store.ollama_models.live(persona_id)
    choice = choice_of(store, persona)
    server, there = None, False
    try:
        with ollama_server.find_server() as api:
            server = OllamaServerFound(api.address, api.version(), api.local)
            if model is not None and model.address == api.address:
                there = api.digest_of(model.name) == model.after_digest
    except OllamaGone:
        server = None
    from_ollama = persona.base_id is not None and (
        store.bases.get(persona.base_id).source.startswith(OLLAMA)
    )
    return OllamaStanding(
        persona_id,
        server,
        installed_program() is not None,
        choice,
        from_ollama if choice.wanted is None else choice.wanted,
        persona.active_adapter_id is not None,
        model,
        there,
        is_behind(store, persona),
        model is not None and has_former_prompt(model, persona),
    )


def choose_following(store: Store, persona_id: int, wanted: bool) -> None:
    """Whether every new adapter goes to Ollama too; the name stays."""
    persona = store.personas.get(persona_id)
    choose(store, persona, replace(choice_of(store, persona), wanted=wanted))
