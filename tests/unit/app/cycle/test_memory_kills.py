"""A training that the system ended for want of memory goes on with less, and says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.cycle import memory_kills, training
from app.cycle.memory_kills import KILLED, MemoryKills
from app.cycle.mixing import mix
from tests.tiny_month import LIMIT_S, TinyMonth
from trainer.contract.folder import read_rows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows kills nobody for memory")


@pytest.mark.parametrize("code", [KILLED, None])
def test_a_kill_is_explained_by_a_count_that_rose(tmp_path: Path, code: int | None) -> None:
    """Else it would be started as it was, and killed again."""
    files = tmp_path / "vmstat", tmp_path / "memory.events"
    files[0].write_text("nr_free_pages 7\noom_kill 3\nswap_ra 0\n", "utf-8")
    kills = MemoryKills(files)
    assert not kills.explain(code)
    files[0].write_text("nr_free_pages 5\noom_kill 4\nswap_ra 0\n", "utf-8")
    assert kills.explain(code) and not kills.explain(code)
    files[1].write_text("low 0\noom 9\noom_kill 1\n", "utf-8")
    assert not kills.explain(code)
    files[1].write_text("low 0\noom 9\noom_kill 2\n", "utf-8")
    assert not kills.explain(-signal.SIGTERM)


def test_a_person_who_kills_a_training_is_no_want_of_memory() -> None:
    """A training that gave up more and more for it would be slow for nothing."""
    kills = MemoryKills()
    with subprocess.Popen(["sleep", "60"]) as process:
        process.kill()
    assert process.returncode == KILLED and not kills.explain(process.returncode)


def test_a_killed_training_steps_down_and_ends(
    month: TinyMonth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel says nothing to whom it kills; the person would find a training that died."""
    counter = tmp_path / "vmstat"
    counter.write_text("oom_kill 0\n", "utf-8")
    monkeypatch.setattr(memory_kills, "counter_files", lambda: (counter,))
    month.talk()
    month.replay()
    context = month.context(month.begin())
    mix(context)

    def kill_once() -> None:
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            rows = list(read_rows(context.folder.events))
            if any(row["kind"] == "step" for row in rows):
                counter.write_text("oom_kill 1\n", "utf-8")
                (pid,) = {row["pid"] for row in rows if row["kind"] == "started"}
                os.kill(pid, signal.SIGKILL)
                return
            time.sleep(0.02)

    killer = threading.Thread(target=kill_once)
    killer.start()
    assert training.train(context) is None
    killer.join()
    told_of = {row["warning"]: row for row in month.events(context.run.id, "warning")}
    assert "want of memory" in told_of["killed_for_memory"]["advice"]
    assert "trainer_died" not in told_of
    (told,) = month.events(context.run.id, "oom_backoff")
    assert told["change"].startswith("A batch of 1")
    assert len(month.events(context.run.id, "started")) == 2
    assert context.folder.adapter.is_dir()
    context.close()
