"""Base models: the starter, entered into the store, and every base looked at before its use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app import starter
from app.errors import BaseDamaged, BaseRefused
from app.home import Home
from app.operations.base_sources import check_source
from app.store import Base, Store
from ollama_bridge.base_gguf import read_facts

STARTER_NAME = "SmolLM2 135M"
_DIGEST_LENGTH = 64


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


def remember_whole(home: Home, base: Base) -> None:
    """Keep that a base's file was just read and is what its digest says."""
    starter.remember_digest(base.path, base.digest, _memory(home, base))


def _memory(home: Home, base: Base) -> Path:
    return home.models / f".{base.digest[:16]}-{base.id}.checked"


def check_base(home: Home, base: Base) -> None:
    """Refuse a base whose file changed since it was entered: nobody knows what it would say.

    Read in full only when the file's time changed; one that is absent is told of by its user.
    """
    if base.digest == starter.DIGEST:
        if base.path.exists() and not starter.is_whole(base.path):
            raise BaseDamaged(
                f"The starter model {base.path} is damaged; it is neither served nor trained.",
                f"Fetch it again with: python3 start.py --home {home.root}",
                kind="starter_damaged",
                kept="Conversations, ratings and adapters are all there.",
            )
        return
    check_source(base)
    if base.kind != "gguf" or len(base.digest) != _DIGEST_LENGTH or not base.path.is_file():
        return
    if not starter.has_digest(base.path, base.digest, _memory(home, base)):
        raise BaseDamaged(
            f"The base model {base.path} is damaged: it is not what it was when it was added.",
            "Put the right file back in its place, or choose another base.",
            kept="Conversations, ratings and adapters are all there.",
        )


def check_trainable(base: Base) -> None:
    """Refuse before a training a base that no adapter can be made or served for."""
    from app.training_table import model_of_file

    model = model_of_file(base.name, base.path)
    trouble = model.trouble
    if not trouble and model.shape is None:
        trouble = "its blocks are of a kind that is not known to the training"
    if trouble:
        raise BaseRefused(
            f"No persona can be trained on {base.name}: {trouble}. Chatting with it works.",
            "Choose another base for the persona.",
            kind="base_unsupported",
            kept="Conversations, ratings and adapters are all there.",
        )
