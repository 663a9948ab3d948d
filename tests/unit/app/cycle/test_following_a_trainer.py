"""The cycle reads from a run's events how its trainer ended, and from no earlier one's."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.cycle import training
from trainer.contract.folder import EventWriter, RunFolder


class Heard:
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, warning: str, _advice: str) -> None:
        self.warnings.append(warning)


def tells(folder: RunFolder, **event: Any) -> None:
    writer = EventWriter(folder.events)
    writer.write(event)
    writer.close()


def watch(folder: RunFolder, telling: Heard) -> training._Watch:
    context: Any = SimpleNamespace(
        folder=folder, telling=telling, run=SimpleNamespace(state="running")
    )
    return training._Watch(context)


def lives(patch: pytest.MonkeyPatch, folder: RunFolder, *, looks: list[bool]) -> list[int]:
    """Somebody holds the lock at these looks; a trainer of ours trains to its end at once."""
    started: list[int] = []

    def start(_context: Any, **_: Any) -> Any:
        started.append(1)
        tells(folder, kind="done", outcome="trained")
        return training.subprocess.Popen([sys.executable, "-c", ""])

    patch.setattr(training, "trainer_alive", lambda _folder: looks.pop(0) if looks else False)
    patch.setattr(training, "_start", start)
    patch.setattr(training, "LOCK_LOOK_S", 0.01)
    return started


@pytest.mark.parametrize(
    "before",
    [
        {"kind": "failed", "error_kind": "memory", "text": "No memory.", "next_step": "Close."},
        {"kind": "done", "outcome": "saved"},
        {"kind": "step", "step": 3},
    ],
)
def test_an_end_of_the_time_before_is_no_end_now(
    before: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts again a training that had failed would read the old failure at once, when
    another process looked at the run at that very moment."""
    folder, heard = RunFolder(tmp_path), Heard()
    tells(folder, **before)
    watching = watch(folder, heard)
    started = lives(monkeypatch, folder, looks=[True, True, True, False])
    assert watching.until_end().outcome == "trained"
    assert started == [1] and not heard.warnings


def test_the_end_of_a_trainer_that_was_at_work_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path)
    tells(folder, kind="step", step=3)
    watching = watch(folder, Heard())
    started = lives(monkeypatch, folder, looks=[True, True, True, False])
    real = watching._wait

    def wait(seconds: float) -> None:
        tells(folder, kind="done", outcome="saved")
        real(seconds)

    monkeypatch.setattr(watching, "_wait", wait)
    assert watching.until_end().outcome == "saved" and not started
