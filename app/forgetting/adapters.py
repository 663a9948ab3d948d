"""The adapters that learned what is forgotten: which they are, and their removal."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.home import Home
from app.store import Adapter, Store
from trainer.contract.folder import RunFolder
from trainer.contract.run_spec import load_spec


@dataclass(frozen=True)
class Learned:
    """An adapter that learned from what is forgotten, itself or through the one it grew from."""

    adapter_id: int
    persona: str
    version: int
    run: str
    live: bool
    inherited: bool


def learned_by(home: Home, store: Store, runs: Collection[str]) -> tuple[Learned, ...]:
    """The adapters of these runs and all that were carried on from them."""
    found: dict[int, Learned] = {}
    for persona in store.personas.all():
        for adapter in reversed(store.adapters.of_persona(persona.id)):
            itself = adapter.run_id in runs
            inherited = adapter.parent_id in found and _carried_on(home, adapter)
            if (itself or inherited) and adapter.peft_path.exists():
                live = adapter.id == persona.active_adapter_id
                found[adapter.id] = Learned(
                    adapter.id, persona.slug, adapter.version, adapter.run_id, live, not itself
                )
    return tuple(found.values())


def delete_files(home: Home, store: Store, learned: Sequence[Learned]) -> None:
    """Delete the files of adapters that nobody speaks through, and their copies in other runs."""
    ids = [each.adapter_id for each in learned]
    for adapter in map(store.adapters.get, ids):
        for place in (adapter.peft_path, adapter.gguf_path):
            _remove(home, place)
    for persona in store.personas.all():
        for run in store.runs.of_persona(persona.id):
            if run.parent_adapter_id in ids:
                _remove(home, RunFolder(home.runs / run.id).parent)


def _carried_on(home: Home, adapter: Adapter) -> bool:
    """Whether a run began with its parent's weights; without word of it, it is taken to have."""
    try:
        return load_spec(RunFolder(home.runs / adapter.run_id).spec).start == "parent"
    except (OSError, ValueError):
        return True


def _remove(home: Home, place: Path) -> None:
    """Only what lies in the home is ours to delete."""
    if not place.absolute().is_relative_to(home.runs):
        return
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
