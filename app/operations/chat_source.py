"""Who answers for a persona: the built-in runtime, or its own model in the user's Ollama."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from app.store.ollama_models import OllamaModel
from app.store.store import Store
from app.store.values import Persona

PROMPT = "prompt"  # among what a model in Ollama is known to be made of


@dataclass(frozen=True)
class ChatSource:
    """`model` is the persona's model in an Ollama; `wanted` whether that one is to answer."""

    model: OllamaModel | None = None
    wanted: bool = False
    former_prompt: bool = False
    """Whether that model has a prompt that was changed here since."""

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
    return ChatSource(
        model,
        model is not None and chosen == model.address,
        model is not None and has_former_prompt(model, persona),
    )


def has_former_prompt(model: OllamaModel, persona: Persona) -> bool:
    """Whether a persona's prompt was changed after its model was made, as far as that is known."""
    made_with = model.parity.get(PROMPT)
    return made_with is not None and made_with != prompt_mark(persona)


def prompt_mark(persona: Persona) -> str:
    """By what a prompt is known again."""
    return hashlib.sha256(persona.system_prompt.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def answer_in_ollama(store: Store, persona_id: int, wanted: bool) -> None:
    """Choose who answers for a persona from now on."""
    model = store.ollama_models.live(persona_id)
    address = model.address if wanted and model is not None else ""
    store.settings.set(_key(store.personas.get(persona_id)), address)


def _key(persona: Persona) -> str:
    return f"chat.in_ollama:{persona.slug}"
