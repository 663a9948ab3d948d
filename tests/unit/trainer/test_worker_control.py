"""A worker is heard while it loads and measures, and lets the desktop go first."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.unit.trainer.tiny_run import conversation, make_run, start_worker, wait_for
from trainer.contract.folder import Command, read_rows, send_control
from trainer.priority import NICENESS

pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("command", "outcome"), [("save-and-stop", "saved"), ("discard", "discarded")]
)
def test_a_command_while_it_loads_is_obeyed(tmp_path: Path, command: Command, outcome: str) -> None:
    """Whoever pressed the button a second too early must not wait until a base is loaded."""
    folder = make_run(tmp_path / "run")
    worker = start_worker(folder)
    while not folder.heartbeat.exists():
        time.sleep(0.01)
    seq = send_control(folder, command)
    if sys.platform != "win32":
        deadline = time.monotonic() + 20
        while psutil.Process(worker.pid).nice() < NICENESS and time.monotonic() < deadline:
            time.sleep(0.01)
        assert psutil.Process(worker.pid).nice() >= NICENESS
    assert worker.wait(timeout=60) == 0
    events = list(read_rows(folder.events))
    applied = [event["control_seq"] for event in events if event["kind"] == "control_applied"]
    assert applied == [seq] and events[-1]["outcome"] == outcome
    assert not any(event["kind"] == "started" for event in events)


def test_a_command_while_it_measures_is_obeyed_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run")
    # So much to measure that the command comes in the middle of it on any machine.
    rows = [conversation(index) for index in range(1000)]
    (folder.data / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    worker = start_worker(folder)
    wait_for(folder, "stage", 4)  # loading, warm_up, training, losses
    send_control(folder, "save-and-stop")
    assert worker.wait(timeout=60) == 0
    assert list(read_rows(folder.events))[-1]["outcome"] == "saved"
    steps = [event for event in read_rows(folder.events) if event["kind"] == "step"]
    worker = start_worker(folder)
    assert worker.wait(timeout=120) == 0
    events = list(read_rows(folder.events))
    assert events[-1]["outcome"] == "trained" and folder.adapter.exists()
    assert [event for event in events if event["kind"] == "step"] == steps
