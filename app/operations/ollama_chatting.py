"""A persona's replies through the user's own Ollama."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.operations.chat import live_adapter
from app.store import OllamaModel, Persona, Store
from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.chatting import OllamaReplies, nothing_loads
from ollama_bridge.errors import OllamaError, OllamaGone


@contextmanager
def replies_of(
    store: Store,
    persona: Persona,
    model: OllamaModel,
    on_loading: Callable[[], object] = nothing_loads,
) -> Iterator[OllamaReplies]:
    """The model's replies, or why they would not be the persona's own."""
    adapter = live_adapter(store, persona)
    if adapter is None or adapter.run_id != model.run_id:
        raise OllamaError(
            f"Ollama answers as {persona.name} with another adapter than the one that is live"
            " here.",
            "Bring it in step, or have the persona answer without Ollama.",
            kind="ollama_behind",
            kept="Nothing was asked.",
        )
    with OllamaApi(model.address) as api, _away_in_words(model):
        if api.digest_of(model.name) != model.after_digest:
            raise OllamaError(
                f"{model.name} in Ollama is no longer the model that was put there.",
                "Put the persona there anew, or have it answer without Ollama.",
                kind="ollama_changed",
                kept="Nothing was asked.",
            )
        yield OllamaReplies(api, model.name, on_loading)


@contextmanager
def _away_in_words(model: OllamaModel) -> Iterator[None]:
    """A server that is gone, as it matters to who talks; a broken reply has words already."""
    try:
        yield
    except OllamaGone as error:
        if error.kind != OllamaGone.kind:
            raise
        raise OllamaGone(
            f"Ollama at {model.address} does not answer.",
            "See that it runs, then ask again; or have the persona answer without Ollama.",
            kept="Nothing of the conversation was lost.",
            kind="ollama_away",
        ) from error
