"""A kill -9 at any boundary of a checkpoint costs a training not a bit of its result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.trainer.tiny_run import ROOT

pytest.importorskip("torch")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the killed process is a fork")
def test_a_kill_at_each_boundary_ends_with_the_same_weights(tmp_path: Path) -> None:
    """The checkpoint that is being written, replaced or dropped is the one that may be lost."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.trainer.killed_training", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=850,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(rows) >= 30
    for row in rows:
        assert row["killed"] and row["resumed"] and row["same"], row
        assert row["left"] == ["best", "step-000004"], row
