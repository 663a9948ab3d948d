"""Base models: the starter, entered into the store."""

from __future__ import annotations

from collections.abc import Callable

from app import starter
from app.home import Home
from app.store import Base, Store
from ollama_bridge.base_gguf import read_facts

STARTER_NAME = "SmolLM2 135M"


def starter_base(
    home: Home, store: Store, tell: Callable[[str], None] = lambda _line: None
) -> Base:
    """The starter model as a base of this home; fetched when it is not here yet."""
    path = starter.ensure_starter(home.root, tell)
    known = store.bases.by_digest(starter.DIGEST)
    if known is not None and known.path == path:
        return known
    facts = read_facts(path)
    return store.bases.add(
        STARTER_NAME, "gguf", path, starter.DIGEST, facts.architecture, facts.size_bytes, ("en",)
    )
