"""A run folder trained by a process of its own, as the app has it done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from trainer.contract.folder import RunFolder, read_rows

ROOT = Path(__file__).parents[2]


def train_run(folder: RunFolder, cache: Path) -> None:
    """Train it unless that is done; a run that was broken off goes on."""
    if ended(folder) == "trained":
        return
    command = [sys.executable, "-m", "trainer", "run", str(folder.root), "--cache", str(cache)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with folder.log.open("ab") as log:
        subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, env=environment, check=False)
    if ended(folder) != "trained":
        raise SystemExit(f"{folder.root} did not end well: {_last(folder)}")


def ended(folder: RunFolder) -> str:
    """How the run ended, nothing when it has not."""
    last = _last(folder)
    return str(last.get("outcome", "")) if last.get("kind") == "done" else ""


def _last(folder: RunFolder) -> dict[str, Any]:
    return (list(read_rows(folder.events)) or [{}])[-1]
