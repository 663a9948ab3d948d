"""Whether the person's own Ollama may be asked to let go of its models for a training."""

from __future__ import annotations

from app.cycle.device import ollama_in_the_way
from app.store import Store
from ollama_bridge.ollama import LoadedModel

ALWAYS_KEY = "training.free_ollama"


def always(store: Store) -> bool:
    """Whether the person agreed once for every training."""
    return bool(store.settings.get(ALWAYS_KEY, False))


def set_always(store: Store, agreed: bool) -> None:
    """Keep the answer for every training to come."""
    store.settings.set(ALWAYS_KEY, agreed)


def to_be_asked(store: Store, persona_id: int) -> list[LoadedModel]:
    """The models to ask about before a training: none where there is room, or all is agreed."""
    base_id = store.personas.get(persona_id).base_id
    if base_id is None or always(store):
        return []
    return ollama_in_the_way(store.bases.get(base_id))
