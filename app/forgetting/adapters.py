"""The adapters that learned what is forgotten: which they are, and their removal."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.home import Home
from app.store import Store
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


def learned_by(
    home: Home, store: Store, runs: Collection[str], *, deleted: bool = False
) -> tuple[Learned, ...]:
    """The adapters of these runs and all that were carried on from them, as far as they exist.

    A deletion that was broken off goes through those that are `deleted` already once more.
    """
    found: dict[int, Learned] = {}
    for persona in store.personas.everyone():
        for adapter in reversed(store.adapters.of_persona(persona.id)):
            itself = adapter.run_id in runs
            grown_from = adapter.parent_id in found
            inherited = grown_from and _began_with(RunFolder(home.runs / adapter.run_id))
            if itself or inherited:
                live = adapter.id == persona.active_adapter_id
                found[adapter.id] = Learned(
                    adapter.id, persona.slug, adapter.version, adapter.run_id, live, not itself
                )
    return tuple(
        each
        for each in found.values()
        if deleted or store.adapters.get(each.adapter_id).peft_path.exists()
    )


def delete_files(home: Home, store: Store, learned: Sequence[Learned]) -> None:
    """Delete the files of adapters that nobody speaks through, and their copies in other runs.

    So go the checkpoints: they are the same weights, on the way there.
    """
    ids = [each.adapter_id for each in learned]
    for adapter in map(store.adapters.get, ids):
        checkpoints = RunFolder(home.runs / adapter.run_id).checkpoints
        for place in (adapter.peft_path, adapter.gguf_path, checkpoints):
            _remove(home, place)
    for persona in store.personas.everyone():
        for run in store.runs.of_persona(persona.id):
            if run.parent_adapter_id in ids:
                folder = RunFolder(home.runs / run.id)
                _remove(home, folder.parent)
                if _began_with(folder):
                    _remove(home, folder.checkpoints)


def delete_unnamed(home: Home, store: Store, runs: Collection[str]) -> None:
    """Delete what trainings wrote that were cut off before their adapter came into the store.

    Nobody could be told of it, and the run would go on with it.
    """
    ours = {run.id for each in store.personas.everyone() for run in store.runs.of_persona(each.id)}
    for run_id in ours.intersection(runs):
        if store.adapters.of_run(run_id) is None:
            _remove(home, RunFolder(home.runs / run_id).adapter)


def _began_with(folder: RunFolder) -> bool:
    """Whether a run began with its parent's weights; without word of it, it is taken to have."""
    try:
        return load_spec(folder.spec).start == "parent"
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
