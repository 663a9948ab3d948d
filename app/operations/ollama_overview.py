"""The user's Ollama as a whole: which one, what it can do, and which of its models are ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from app.operations import ollama_server
from app.operations.ollama_standing import OllamaServerFound
from app.store import Store
from ollama_bridge.deploy.api import OllamaApi, full_name
from ollama_bridge.deploy.starting import installed_program
from ollama_bridge.deploy.strategies import refuses_adapters
from ollama_bridge.errors import OllamaGone
from ollama_bridge.installed import runs_elsewhere

# How a persona gets into it: see ollama_bridge.deploy.strategies.
Way = Literal["adapter", "registry", "merged"]


@dataclass(frozen=True)
class ServerModel:
    """A model of that server."""

    name: str
    size_bytes: int
    ours: bool
    persona: str = ""
    """Who answers through it, where it is one of ours and no base."""
    elsewhere: bool = False
    """Whether it runs on another computer: nothing of it lies with this server."""


@dataclass(frozen=True)
class OllamaOverview:
    """Without a server there is only whether one could be started."""

    server: OllamaServerFound | None
    installed: bool
    way: Way = "adapter"
    models: tuple[ServerModel, ...] = ()

    @property
    def ours(self) -> tuple[ServerModel, ...]:
        return tuple(model for model in self.models if model.ours)


def look_around(store: Store) -> OllamaOverview:
    """Ask the server, where there is one; an error where it does not let itself be asked."""
    installed = installed_program() is not None
    try:
        api = ollama_server.find_server()
    except OllamaGone:
        return OllamaOverview(None, installed)
    with api:
        found = OllamaServerFound(api.address, api.version(), api.local)
        return OllamaOverview(found, installed, _way(api), _models(store, api))


def _way(api: OllamaApi) -> Way:
    if not refuses_adapters(api):
        return "adapter"
    return "registry" if api.local else "merged"


def _models(store: Store, api: OllamaApi) -> tuple[ServerModel, ...]:
    digests = store.ollama_models.digests()
    names = {persona.id: persona.name for persona in store.personas.all()}
    live = [each for each in store.ollama_models.all() if each.address == api.address]
    whose = {each.after_digest: names.get(each.persona_id or 0, "") for each in live}
    brought = {full_name(each.base_name) for each in live if each.base_is_ours}
    made = [
        ServerModel(
            row["name"],
            _size(row),
            row["digest"] in digests or row["name"] in brought,
            whose.get(row["digest"], ""),
            runs_elsewhere(row),
        )
        for row in api.models()
    ]
    return tuple(sorted(made, key=lambda model: (not model.ours, model.name)))


def _size(row: dict[str, Any]) -> int:
    size = row.get("size")
    return size if isinstance(size, int) else 0
