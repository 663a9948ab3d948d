"""Writes a mix as the data files of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from replay.example import Example
from replay.manifest import Manifest
from replay.mix import Mix

MANIFEST = "manifest.json"


def write_mix(mix: Mix, folder: Path, preferences: Sequence[Mapping[str, Any]] = ()) -> Manifest:
    """Write the data files and their manifest, the same bytes for the same mix."""
    folder.mkdir(parents=True, exist_ok=True)
    sides: dict[str, Iterable[Mapping[str, Any]]] = {
        "train.jsonl": map(Example.row, mix.train),
        "valid.jsonl": map(Example.row, mix.valid),
        "test.jsonl": map(Example.row, mix.test),
        "replay_test.jsonl": map(Example.row, mix.replay_test),
        "preferences.jsonl": preferences,
    }
    digests = {}
    for name, rows in sides.items():
        content = _lines(rows)
        (folder / name).write_bytes(content)
        digests[name] = sha256(content).hexdigest()
    reasons = Counter(str(row["reason"]) for row in preferences)
    manifest = replace(mix.manifest, preferences=dict(sorted(reasons.items())), sha256=digests)
    (folder / MANIFEST).write_bytes(manifest.to_json().encode())
    return manifest


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
