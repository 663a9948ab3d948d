"""What a forgetting still has to do, without a word of what is forgotten: ids alone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from app.home import Home
from app.store.forgetting import Scope
from trainer.contract.folder import write_atomically

_FILE = "forgetting.json"


@dataclass(frozen=True)
class Task:
    """A forgetting that was begun, with the runs that had learned from what goes.

    What was said after the message `until` is none of it.
    """

    scope: Scope
    runs: tuple[str, ...]
    with_adapters: bool
    rebuild: bool
    until: int


def forgetting_lock(home: Home) -> FileLock:
    """Held while something is forgotten, and while words that were read before are written."""
    return FileLock(home.root / "forgetting.lock")


def journal(home: Home) -> Path:
    return home.root / _FILE


def write(home: Home, task: Task) -> None:
    """Note a task before anything is removed."""
    write_atomically(journal(home), json.dumps(asdict(task)))


def read(home: Home) -> Task | None:
    """The task that was begun and not ended, if there is one."""
    try:
        row = json.loads(journal(home).read_text("utf-8"))
    except FileNotFoundError:
        return None
    scope = row["scope"]
    return Task(
        Scope(
            scope["kind"],
            tuple(scope["persona_ids"]),
            tuple(scope["conversation_ids"]),
            tuple(scope["message_ids"]),
            tuple(scope["replay_ids"]),
        ),
        tuple(row["runs"]),
        row["with_adapters"],
        row["rebuild"],
        row["until"],
    )


def end(home: Home) -> None:
    """Nothing is left to do."""
    journal(home).unlink(missing_ok=True)
