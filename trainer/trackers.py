"""Optional trackers (TensorBoard, W&B, MLflow and others) through transformers' own callbacks.

Each runs in a process of its own that follows the run's events: one that is not installed, that
hangs on the network or that breaks takes nothing from the training. They are told numbers and
the recipe, never a word of a conversation; and only where the recipe names them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.contract.events import Warned
from trainer.contract.folder import RunFolder, read_rows_from
from trainer.contract.run_spec import RunSpec, load_spec
from trainer.telling import Tells

LOOK_S = 1.0
# What a tracker may take to send its last numbers (or to start at all) before it is left behind.
LAST_WORDS_S = 60.0
EXIT_NOT_INSTALLED = 3
NOT_A_NAME = ("", "none")


@dataclass(frozen=True)
class _Tracker:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Trackers:
    """The trackers of one run, each in its process."""

    def __init__(self, folder: RunFolder, names: Sequence[str], telling: Tells) -> None:
        self._folder, self._telling = folder, telling
        asked = [name for name in dict.fromkeys(names) if name not in NOT_A_NAME]
        self._running = [self._start(name) for name in asked]

    def check(self) -> None:
        """Tell of those that ended before their time; the run goes on without them."""
        self._running = [each for each in self._running if not self._has_failed(each)]

    def close(self) -> None:
        """Let them send what they have, then leave them behind."""
        for tracker in self._running:
            if tracker.process.stdin is not None:
                tracker.process.stdin.close()
        for tracker in self._running:
            try:
                tracker.process.wait(LAST_WORDS_S)
            except subprocess.TimeoutExpired:
                tracker.process.kill()
                tracker.process.wait()
                self._telling.tell(_warning(tracker.name, "it did not end", missing=False))
            else:
                self._has_failed(tracker)
        self._running = []

    def _start(self, name: str) -> _Tracker:
        place = self._folder.root / "trackers"
        place.mkdir(exist_ok=True)
        log = place / f"{''.join(c if c.isalnum() else '_' for c in name)}.log"
        told = self._folder.events.stat().st_size if self._folder.events.exists() else 0
        command = [sys.executable, "-m", "trainer.trackers", str(self._folder.root), name]
        # Trackers put their files where they stand, so they stand in the run folder.
        code = str(Path(__file__).resolve().parents[1])
        paths = os.pathsep.join(filter(None, [code, os.environ.get("PYTHONPATH", "")]))
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*command, "--from", str(told)],
                cwd=place,
                env={**os.environ, "PYTHONPATH": paths},
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
            )
        return _Tracker(name, process, log)

    def _has_failed(self, tracker: _Tracker) -> bool:
        code = tracker.process.poll()
        if code is None or code == 0:
            return False
        if tracker.process.stdin is not None:
            tracker.process.stdin.close()
        lines = tracker.log.read_text("utf-8", "replace").split("\n")
        trouble = next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]
        self._telling.tell(_warning(tracker.name, trouble, missing=code == EXIT_NOT_INSTALLED))
        return True


def _warning(name: str, trouble: str, *, missing: bool) -> Warned:
    values: dict[str, int | float | str] = {"name": name, "trouble": trouble}
    if missing:
        advice = (
            f"The tracker {name} is not there ({trouble}). The training goes on without it;"
            " install it, or take it out of the recipe's report_to."
        )
        return Warned(warning="tracker_missing", advice=advice, values=values)
    advice = f"The tracker {name} failed ({trouble}). The training goes on without it."
    return Warned(warning="tracker_failed", advice=advice, values=values)


class Described:
    """In the place of the model: trackers read a configuration, here the recipe and the base."""

    def __init__(self, spec: RunSpec) -> None:
        base = spec.base.model_dump(mode="json", exclude={"path"})
        recipe = spec.recipe.model_dump(mode="json")
        self._values = {f"recipe.{name}": value for name, value in recipe.items()}
        self._values |= {f"base.{name}": value for name, value in base.items()}

    @property
    def config(self) -> Described:
        return self

    def to_dict(self) -> dict[str, Any]:
        return dict(self._values)

    def to_json_string(self) -> str:
        return json.dumps(self._values, indent=2)


class Tracking:
    """Hands the events of a run to one callback of transformers."""

    def __init__(self, spec: RunSpec, callback: Any, place: Path) -> None:
        from transformers import TrainerControl, TrainerState, TrainingArguments

        recipe = spec.recipe
        self._callback = callback
        self._arguments = TrainingArguments(
            output_dir=str(place),
            run_name=spec.run_id,
            report_to="none",
            use_cpu=True,
            seed=spec.seed,
            learning_rate=recipe.learning_rate,
            num_train_epochs=recipe.epochs,
            per_device_train_batch_size=recipe.batch_size,
            gradient_accumulation_steps=recipe.accumulation,
            weight_decay=recipe.weight_decay,
            max_grad_norm=recipe.clip,
        )
        self._state, self._control = TrainerState(), TrainerControl()
        self._model = Described(spec)
        self._call("on_init_end")
        self._call("on_train_begin")

    def show(self, event: Mapping[str, Any]) -> None:
        """Log the numbers of a step or a look."""
        logs = numbers_of(event)
        if logs:
            self._state.global_step = int(event["step"])
            self._state.max_steps = int(event.get("steps", self._state.max_steps))
            self._state.epoch = event.get("epoch", self._state.epoch)
            self._call("on_log", logs=logs)

    def end(self) -> None:
        self._call("on_train_end")

    def _call(self, moment: str, **values: Any) -> None:
        act = getattr(self._callback, moment)
        act(self._arguments, self._state, self._control, model=self._model, **values)


def numbers_of(event: Mapping[str, Any]) -> dict[str, float]:
    """What a tracker is told of an event, under transformers' own names."""
    if event.get("kind") == "step":
        renamed = {"lr": "learning_rate"}
        names = ("loss", "lr", "grad_norm", "epoch", "tokens_per_s", "memory_mb")
        found = {name: event.get(name) for name in names}
        return {renamed.get(name, name): float(n) for name, n in found.items() if n is not None}
    if event.get("kind") == "eval":
        found = {f"eval_{name}": event.get(name) for name in ("loss", "perplexity", "base_loss")}
        groups = {f"eval_loss_{name}": loss for name, loss in event.get("groups", {}).items()}
        return {name: float(n) for name, n in {**found, **groups}.items() if n is not None}
    return {}


def track(folder: RunFolder, name: str, offset: int) -> int:
    """Follow a run until its trainer is gone; how this process ends."""
    from transformers.integrations import integration_utils

    known = integration_utils.INTEGRATION_TO_CALLBACK
    place = folder.root / "trackers"
    os.environ.setdefault("TENSORBOARD_LOGGING_DIR", str(place / "tensorboard"))
    if name not in known:
        sys.stderr.write(f"transformers knows {', '.join(sorted(known))}\n")
        return EXIT_NOT_INSTALLED
    try:
        callback = known[name]()
    except (RuntimeError, ImportError) as error:
        sys.stderr.write(f"{str(error).splitlines()[0] if str(error) else name}\n")
        return EXIT_NOT_INSTALLED
    over = threading.Event()
    threading.Thread(target=_await_end, args=(over,), daemon=True).start()
    tracking = Tracking(load_spec(folder.spec), callback, place)
    while True:
        last = over.wait(LOOK_S)
        for at, row in read_rows_from(folder.events, offset):
            offset = at
            tracking.show(row)
        if last:
            tracking.end()
            return 0


def _await_end(over: threading.Event) -> None:
    """The trainer holds the other end of this pipe for as long as it lives."""
    while os.read(0, 1):  # not `sys.stdin`, whose lock a thread would hold at the end
        pass
    over.set()


def main() -> int:
    """One tracker, as the trainer starts it."""
    parser = argparse.ArgumentParser(prog="python -m trainer.trackers", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--from", dest="offset", type=int, default=0)
    options = parser.parse_args()
    return track(RunFolder(options.folder.resolve()), options.name, options.offset)


if __name__ == "__main__":
    sys.exit(main())
