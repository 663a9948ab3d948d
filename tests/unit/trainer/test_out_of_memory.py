"""A training under a real limit of memory steps down, tells of it, and gets to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.trainer.tiny_run import ROOT

pytest.importorskip("torch")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds its memory so")


def limited(scenario: str, folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.trainer.short_of_memory", scenario, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    row: dict[str, Any] = json.loads((folder / "told.json").read_text("utf-8"))
    return row


def of(row: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event for event in row["events"] if event["kind"] == kind]


def changes(row: dict[str, Any]) -> list[str]:
    """What became of the training itself; how its looks step down depends on what is left."""
    told = [event["change"] for event in of(row, "oom_backoff")]
    return [words for words in told if not words.startswith(("Looks", "Held-out"))]


def test_a_large_vocabulary_gets_smaller_batches_and_shorter_conversations(tmp_path: Path) -> None:
    """The logits of a large vocabulary are what small cards die of."""
    row = limited("vocabulary", tmp_path)
    assert row["outcome"] == "go_on" and len(of(row, "step")) == 3
    batch, cut, *_ = changes(row)
    assert batch.startswith("A batch of 1 × 8 instead of 4 × 2, in packs of ")
    assert "cut at a turn" in cut
    assert row["longest"] <= 1024


def test_long_conversations_get_gradient_checkpointing(tmp_path: Path) -> None:
    row = limited("long", tmp_path)
    assert row["outcome"] == "go_on" and len(of(row, "step")) == 3
    batch, checkpointing, *_ = changes(row)
    assert batch.startswith("A batch of 1 × 8") and checkpointing.startswith("Gradient check")


def test_where_nothing_helps_it_ends_and_says_so(tmp_path: Path) -> None:
    """An endless retreat would keep a machine busy for nothing."""
    row = limited("hopeless", tmp_path)
    assert row["outcome"] == "memory" and not of(row, "step")
    assert 2 <= len(of(row, "oom_backoff")) < 20
