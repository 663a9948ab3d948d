"""Whether a persona is to answer in the user's Ollama too, and under which name."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.store import Persona, Store
from ollama_bridge.deploy.names import check_name, usual_name


@dataclass(frozen=True)
class OllamaChoice:
    """`wanted` is None until the user has said it."""

    wanted: bool | None
    name: str
    upload_to: str = ""
    """The server on another computer to which adapters may be sent."""


def choice_of(store: Store, persona: Persona) -> OllamaChoice:
    """What was said of this persona; the name is the usual one until another is chosen."""
    said: dict[str, Any] = store.settings.get(_key(persona), {})
    return OllamaChoice(
        said.get("wanted"), said.get("name") or usual_name(persona.slug), said.get("upload_to", "")
    )


def choose(store: Store, persona: Persona, choice: OllamaChoice) -> None:
    """Keep what was said."""
    check_name(choice.name)
    store.settings.set(_key(persona), asdict(choice))


def _key(persona: Persona) -> str:
    return f"ollama:{persona.slug}"
