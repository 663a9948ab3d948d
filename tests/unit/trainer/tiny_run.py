"""A run folder on a model of some 100,000 parameters, trained in seconds."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.tiny_gguf import write_tiny_gguf
from trainer.contract.folder import RunFolder, read_rows
from trainer.contract.recipe import Recipe
from trainer.contract.run_spec import BaseRef, RunSpec

ROOT = Path(__file__).parents[3]
TINY_RECIPE = Recipe(
    name="tiny",
    rank=4,
    alpha=8,
    dropout=0.1,
    learning_rate=1e-2,
    epochs=3,
    batch_size=4,
    evaluations=3,
    checkpoint_every_s=0.0,
    packed_tokens=256,
    max_length=256,
)


def conversation(index: int, group: str = "new", weight: float = 1.0) -> dict[str, Any]:
    """A row as the mix writes it."""
    return {
        "id": f"{group}{index}",
        "group": group,
        "messages": [
            {"role": "system", "content": "You are short."},
            {"role": "user", "content": f"Say the number {index}, {'please ' * (index % 4)}."},
            {"role": "assistant", "content": f"It is {index}!", "weight": weight},
        ],
    }


def make_run(root: Path, *, recipe: Recipe = TINY_RECIPE, seed: int = 7) -> RunFolder:
    """Write base, data and spec of a tiny run."""
    base = write_tiny_gguf(root.parent / "tiny.gguf")
    folder = RunFolder(root)
    folder.data.mkdir(parents=True)
    sets = {
        "train": [conversation(i) for i in range(16)]
        + [conversation(i, "general") for i in range(4, 8)],
        "valid": [conversation(i) for i in range(16, 20)],
        "test": [conversation(i) for i in range(20, 24)],
        "replay_test": [conversation(i, "general") for i in range(4)],
    }
    for name, rows in sets.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder.data / f"{name}.jsonl").write_text(text, "utf-8")
    digest = hashlib.sha256(base.read_bytes()).hexdigest()
    RunSpec(
        run_id=root.name,
        persona="Tiny",
        system_prompt="You are short.",
        base=BaseRef(name="tiny", kind="gguf", digest=digest, path=str(base)),
        recipe=recipe,
        seed=seed,
        created="2026-11-01T00:00:00Z",
    ).save(folder.spec)
    return folder


def start_worker(folder: RunFolder, *options: str) -> subprocess.Popen[bytes]:
    """The trainer as the app starts it."""
    log = folder.log.open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "trainer", "run", str(folder.root), *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=log,
        )


def train(folder: RunFolder, *options: str) -> list[dict[str, Any]]:
    """Run the worker to its end and give its events."""
    worker = start_worker(folder, *options)
    try:
        code = worker.wait(timeout=300)
    finally:
        worker.kill()
        worker.wait()
    events = list(read_rows(folder.events))
    assert events, folder.log.read_text("utf-8")
    assert code in (0, 1), folder.log.read_text("utf-8")
    return events


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in events]


def wait_for(folder: RunFolder, kind: str, count: int = 1) -> None:
    """Until the worker has told so many events of this kind."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if kinds(list(read_rows(folder.events))).count(kind) >= count:
            return
        time.sleep(0.02)
    raise AssertionError(f"no {kind} within a minute: {folder.log.read_text('utf-8')}")


def adapter_bytes(folder: RunFolder) -> dict[str, bytes]:
    """Every number of a trained adapter."""
    from safetensors.numpy import load_file

    tensors = load_file(folder.adapter / "adapter_model.safetensors")
    return {name: tensor.tobytes() for name, tensor in tensors.items()}
