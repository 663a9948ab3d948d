"""Which replies a run learns from, and which of them its trainer could not teach after all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.store import Store
from replay.mix import Mix
from trainer.contract.folder import RunFolder, write_atomically

LEARNED_FILE = "learned.json"


def write_learned(folder: RunFolder, mix: Mix) -> None:
    """Keep, by conversation, the replies that it is to teach, in their order."""
    found = {each.id: list(each.message_ids) for each in mix.train if each.group == "new"}
    write_atomically(folder.root / LEARNED_FILE, json.dumps(found, ensure_ascii=False))


def correct_use(store: Store, run_id: str, folder: RunFolder) -> int:
    """Take from what a run used the replies that were cut away: they stay new. How many."""
    drawn = _read(folder.root / LEARNED_FILE)
    kept = _read(folder.taught).get("kept", {})
    untaught = {
        message_id for name, replies in kept.items() for message_id in drawn.get(name, [])[replies:]
    }
    used = store.runs.used(run_id)
    left = [message_id for message_id in used if message_id not in untaught]
    if len(left) < len(used):
        store.runs.use(run_id, left)
    return len(used) - len(left)


def _read(path: Path) -> dict[str, Any]:
    """Runs of an earlier version have no such file."""
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
