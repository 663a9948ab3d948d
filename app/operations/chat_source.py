"""Who answers for a persona: the built-in runtime, or its own model in the user's Ollama."""

from __future__ import annotations

from dataclasses import dataclass

from app.store.ollama_models import OllamaModel
from app.store.store import Store
from app.store.values import Persona


@dataclass(frozen=True)
class ChatSource:
    """`model` is the persona's model in an Ollama; `wanted` whether that one is to answer."""

    model: OllamaModel | None = None
    wanted: bool = False

    @property
    def answers(self) -> OllamaModel | None:
        """The model that answers; None where the built-in runtime does."""
        return self.model if self.wanted else None


def source_of(store: Store, persona: Persona) -> ChatSource:
    """What was chosen; a persona that is taken out of Ollama answers here again.

    It was chosen for one server: what is said goes to no other one without a word of the user's.
    """
    model = store.ollama_models.live(persona.id)
    chosen = store.settings.get(_key(persona), "")
    return ChatSource(model, model is not None and chosen == model.address)


def answer_in_ollama(store: Store, persona_id: int, wanted: bool) -> None:
    """Choose who answers for a persona from now on."""
    model = store.ollama_models.live(persona_id)
    address = model.address if wanted and model is not None else ""
    store.settings.set(_key(store.personas.get(persona_id)), address)


def _key(persona: Persona) -> str:
    return f"chat.in_ollama:{persona.slug}"
