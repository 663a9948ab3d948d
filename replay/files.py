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
    counted = preferences_counted(preferences)
    manifest = replace(mix.manifest, preferences=counted, sha256=digests)
    (folder / MANIFEST).write_bytes(manifest.to_json().encode())
    return manifest


def preferences_counted(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many preferences a run gets, by what they follow from."""
    return dict(sorted(Counter(str(row["reason"]) for row in rows).items()))


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
