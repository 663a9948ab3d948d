"""Taking forgotten words out of run folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.forgetting.scrubbing import draws, drop_named, drop_probes, holds, scrub, scrub_data
from app.forgetting.traces import Traces
from app.home import Home
from trainer.contract.folder import RunFolder

# What is left of the folder of a run of which everything is forgotten but the adapter.
_OF_ADAPTERS = frozenset({"run.json", "request.json", "adapter", "parent"})
# Prompts of the user with two replies each, and which one was better.
COMPARISON = "comparison.json"


def run_folders(home: Home) -> list[RunFolder]:
    """Every run folder of a home, those that no table knows included."""
    return [RunFolder(path) for path in sorted(home.runs.iterdir()) if path.is_dir()]


def drew(folder: RunFolder, traces: Traces) -> bool:
    """Whether a run drew what is to be forgotten, on any side of its mix."""
    places = (folder.data, folder.root / ".data.part")
    return any(draws(place, traces) for place in places)


def says(folder: RunFolder, traces: Traces) -> bool:
    """Whether any file of a run quotes what is to be forgotten."""
    return any(holds(path, traces) for path in files_of(folder.root))


def scrub_run(folder: RunFolder, traces: Traces, *, learned: bool) -> bool:
    """Take the words out of a run's files; of one that learned them its checkpoints go as well."""
    if learned:
        shutil.rmtree(folder.checkpoints, ignore_errors=True)
        shutil.rmtree(folder.root / ".data.part", ignore_errors=True)
        folder.report_page.unlink(missing_ok=True)
    drop_probes(folder.parity, folder.data / "valid.jsonl", traces)
    changed = drop_named(folder.root / COMPARISON, traces)
    if folder.data.is_dir():
        changed |= scrub_data(folder.data, traces) > 0
    for path in files_of(folder.root):
        changed |= scrub(path, traces)
    return changed or learned


def strip_run(folder: RunFolder) -> None:
    """Leave of a run what its adapter needs, and nothing that anybody said."""
    for path in sorted(folder.root.iterdir()):
        if path.name in _OF_ADAPTERS:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def files_of(root: Path) -> Iterator[Path]:
    """Every plain file below a folder; checkpoints are weights and optimiser state.

    Others write meanwhile: a folder that goes away while it is read is passed over.
    """
    for folder, inside, names in os.walk(root):
        inside[:] = sorted(name for name in inside if name != "checkpoints")
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path
