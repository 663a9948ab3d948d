"""Trackers are told numbers where the recipe asks for it, and never cost a training anything."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tests.unit.trainer.tiny_run import TINY_RECIPE, make_run
from trainer.contract.events import Eval, Event, Sample, Step, Warned
from trainer.contract.folder import RunFolder
from trainer.telling import Telling
from trainer.trackers import EXIT_NOT_INSTALLED, Trackers, track

# The writer that transformers' TensorBoard callback falls back on, small enough to stand here.
WRITER = """
import json
from pathlib import Path

class SummaryWriter:
    def __init__(self, log_dir):
        Path(log_dir).mkdir(parents=True, exist_ok=True)
        self._file = (Path(log_dir) / "told.jsonl").open("a")

    def add_scalar(self, name, value, step):
        print(json.dumps([name, value, step]), file=self._file, flush=True)

    def add_text(self, name, text, step=None):
        print(json.dumps([name, text, step]), file=self._file, flush=True)

    def flush(self):
        pass

    def close(self):
        print(json.dumps(["closed", 0, 0]), file=self._file, flush=True)
"""
BROKEN = WRITER.replace("def add_scalar(self, name, value, step):", "def add_scalar(self, *_):") + (
    "\ndef _break(self, *_):\n    raise ConnectionResetError('the tracker is gone')\n"
    "SummaryWriter.add_scalar = _break\n"
)


class Heard:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, event: Event) -> None:
        self.events.append(event)

    @property
    def warnings(self) -> list[Warned]:
        return [event for event in self.events if isinstance(event, Warned)]


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return make_run(tmp_path / "run")


def install(folder: RunFolder, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Put a package of that name where a tracker's process finds it."""
    place = folder.root.parent / "packages"
    place.mkdir()
    (place / "tensorboardX.py").write_text(source, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(place))


def step(at: int) -> Step:
    return Step(
        step=at, steps=9, epoch=0.1, loss=2.0 - at / 10, lr=1e-4, grad_norm=0.5,
        tokens_per_s=9.0, memory_mb=7.0, eta_s=1.0,
    )  # fmt: skip


def told(folder: RunFolder) -> list[list[Any]]:
    path = folder.root / "trackers" / "tensorboard" / "told.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_tracker_is_told_the_numbers_and_no_conversation(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(folder, monkeypatch, WRITER)
    heard, telling = Heard(), Telling(folder)
    telling.tell(step(1))  # before: a run that goes on does not tell all of it again
    trackers = Trackers(folder, ("tensorboard",), heard)
    telling.tell(step(2))
    telling.tell(Sample(step=2, prompt="A secret?", reply="Secret words."))
    telling.tell(
        Eval(step=2, loss=1.5, base_loss=2.5, best=True, perplexity=4.48, groups={"new": 1.5})
    )
    trackers.close()
    telling.close()
    assert heard.warnings == []
    rows = told(folder)
    numbers = {(name, at): value for name, value, at in rows if name != "args"}
    assert numbers["train/loss", 2] == 1.8 and ("train/loss", 1) not in numbers
    assert numbers["train/learning_rate", 2] == 1e-4 and numbers["train/tokens_per_s", 2] == 9.0
    assert numbers["eval/loss", 2] == 1.5 and numbers["eval/perplexity", 2] == 4.48
    assert numbers["eval/loss_new", 2] == 1.5
    assert json.loads(numbers["model_config", None])["recipe.rank"] == TINY_RECIPE.rank
    assert rows[-1][0] == "closed" and "ecret" not in json.dumps(rows)


def test_without_a_recipe_that_asks_nothing_is_started(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing leaves the machine by itself, also where a tracker is installed."""
    install(folder, monkeypatch, WRITER)
    trackers = Trackers(folder, (), Heard())
    trackers.check()
    trackers.close()
    assert not (folder.root / "trackers").exists()


def wait_for_warning(trackers: Trackers, heard: Heard) -> Warned:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not heard.warnings:
        trackers.check()
        time.sleep(0.1)
    return heard.warnings[0]


def test_a_tracker_that_is_not_there_is_said_once_and_the_run_goes_on(folder: RunFolder) -> None:
    """`all` would send a run to whatever happens to be installed: it is no name."""
    heard = Heard()
    trackers = Trackers(folder, ("all", "none", "all"), heard)
    trackers.close()
    trackers.check()
    (warned,) = heard.warnings
    assert (warned.warning, warned.values["name"]) == ("tracker_missing", "all")
    assert "transformers knows" in warned.advice and "report_to" in warned.advice


def test_a_tracker_that_is_not_installed_is_known_by_transformers(
    folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert track(folder, "dvclive", 0) == EXIT_NOT_INSTALLED
    assert "pip install dvclive" in capsys.readouterr().err


def test_a_tracker_that_breaks_is_said_once_and_the_run_goes_on(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(folder, monkeypatch, BROKEN)
    heard, telling = Heard(), Telling(folder)
    trackers = Trackers(folder, ("tensorboard",), heard)
    telling.tell(step(1))
    warned = wait_for_warning(trackers, heard)
    telling.tell(step(2))
    trackers.close()
    telling.close()
    assert warned.warning == "tracker_failed" and "the tracker is gone" in warned.advice
    assert len(heard.warnings) == 1
