"""Writes a mix as the data files of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from replay.example import Example
from replay.manifest import Manifest
from replay.mix import Mix

MANIFEST = "manifest.json"


def write_mix(mix: Mix, folder: Path) -> Manifest:
    """Write the data files and their manifest, the same bytes for the same mix."""
    folder.mkdir(parents=True, exist_ok=True)
    sides = {
        "train.jsonl": mix.train,
        "valid.jsonl": mix.valid,
        "test.jsonl": mix.test,
        "replay_test.jsonl": mix.replay_test,
    }
    digests = {}
    for name, examples in sides.items():
        content = _lines(examples)
        (folder / name).write_bytes(content)
        digests[name] = sha256(content).hexdigest()
    manifest = replace(mix.manifest, sha256=digests)
    (folder / MANIFEST).write_bytes(manifest.to_json().encode())
    return manifest


def _lines(examples: Sequence[Example]) -> bytes:
    return "".join(
        json.dumps(example.row(), ensure_ascii=False) + "\n" for example in examples
    ).encode()
