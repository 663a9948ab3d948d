"""Kills a training at each boundary of its commits, goes on with it, and compares the ends.

python -m tests.unit.trainer.killed_training FOLDER: one JSON row per boundary. A boundary is a
rename, a removal or a replacement below the checkpoints, just before it or just after it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tests.unit.trainer.tiny_run import TINY_RECIPE
from tests.unit.trainer.tiny_training import TinyTraining, weights, write_tiny_base

RECIPE = TINY_RECIPE.model_copy(
    update={
        "epochs": 1,
        "batch_size": 5,
        "evaluations": 2,
        "keep_checkpoints": 2,
        "checkpoint_every_s": 1e9,
        "checkpoint_every": 3,
    }
)
KILLED = -signal.SIGKILL


class Boundaries:
    """Counts the boundaries below a folder, and does not survive one of them."""

    def __init__(self, root: Path, lethal: int | None) -> None:
        self._root, self._lethal, self.passed = str(root), lethal, 0

    def stand_at(self) -> None:
        """Stand before and after each call that commits something."""
        for owner, name in ((Path, "rename"), (Path, "replace"), (shutil, "rmtree")):
            setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def act(place: Any, *arguments: Any, **options: Any) -> Any:
            if not str(place).startswith(self._root):
                return real(place, *arguments, **options)
            self._pass()
            made = real(place, *arguments, **options)
            self._pass()
            return made

        return act

    def _pass(self) -> None:
        if self.passed == self._lethal:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed += 1


def in_a_fork(work: Callable[[], None]) -> int:
    """Do some work in a process that may be killed; how it ended."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def trained(tiny: TinyTraining, lethal: int | None) -> int:
    """Train to the end, or to the boundary that is lethal; the ending and its weights are kept."""

    def work() -> None:
        boundaries = Boundaries(tiny.folder.checkpoints, lethal)
        boundaries.stand_at()
        training = tiny.begin()
        assert training.run() == "go_on"
        kept = {name: value.hex() for name, value in weights(training).items()}
        best = (training.checkpoints.best / "adapter_model.safetensors").read_bytes().hex()
        row = {"weights": kept, "best": best, "boundaries": boundaries.passed}
        (tiny.root / "end.json").write_text(json.dumps(row), "utf-8")

    tiny.root.mkdir(parents=True, exist_ok=True)
    return in_a_fork(work)


def main() -> None:
    """Kill at every boundary that an uninterrupted training passes."""
    root = Path(sys.argv[1])
    torch.set_num_threads(1)
    base = write_tiny_base(root / "base")
    import bitsandbytes  # noqa: F401 (loaded once, for all the forks)
    import peft  # noqa: F401

    whole = TinyTraining(base, root / "whole", RECIPE)
    assert trained(whole, None) == 0
    end = json.loads((whole.root / "end.json").read_text("utf-8"))
    for boundary in range(end["boundaries"]):
        tiny = TinyTraining(base, root / f"killed-{boundary}", RECIPE)
        first, second = trained(tiny, boundary), trained(tiny, None)
        row = {"boundary": boundary, "killed": first == KILLED, "resumed": second == 0}
        if second == 0:
            again = json.loads((tiny.root / "end.json").read_text("utf-8"))
            row["same"] = all(again[key] == end[key] for key in ("weights", "best"))
            names = sorted(place.name for place in tiny.folder.checkpoints.iterdir())
            row["left"] = names
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
        shutil.rmtree(tiny.root)


if __name__ == "__main__":
    main()
