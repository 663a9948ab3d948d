"""Kills -9 at random moments of trainings, each gone on with; their ends must be bit-identical.

python -m tests.campaigns.trainer_kills [--kills 20] [--seed N] [--home DIR]

The moments lie anywhere in a trainer's life: while it loads, learns, looks, saves and measures.
They are counted in its own time on the processor, which a busy machine leaves as it is.
One line of JSON at the end, also when it is broken off by Ctrl-C; exit code 1 if an adapter differs
in a bit from the uninterrupted one.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.campaigns.tally import Tally
from tests.unit.trainer.tiny_run import TINY_RECIPE, make_run, start_worker
from trainer.contract.folder import RunFolder, read_rows

RECIPE = TINY_RECIPE.model_copy(update={"epochs": 12, "evaluations": 6, "patience": 20})
LIMIT_S = 600.0
LOOK_S = 0.005


def adapter_digest(folder: RunFolder) -> str:
    """What a training ended with, all its bits."""
    weights = folder.adapter / "adapter_model.safetensors"
    return hashlib.sha256(weights.read_bytes()).hexdigest()


def outcome(folder: RunFolder) -> str:
    """How the last worker said that it ended."""
    last = (list(read_rows(folder.events)) or [{}])[-1]
    return str(last.get("outcome", last.get("kind", "")))


def run(root: Path, kills: int, tally: Tally) -> None:
    """One training in peace, then as many killed ones as it takes."""
    chance = random.Random(f"{tally.target}-{tally.seed}")
    whole = make_run(root / "whole" / "run", recipe=RECIPE)
    life_s = _live(start_worker(whole), LIMIT_S)
    if outcome(whole) != "trained":
        tally.breach(f"the uninterrupted training ended with {outcome(whole)}")
        return
    expected, number = adapter_digest(whole), 0
    while tally.kills < kills and not tally.broken:
        number += 1
        _one(root / f"killed-{number}" / "run", expected, life_s, kills, chance, tally)


def _one(
    root: Path, expected: str, life_s: float, kills: int, chance: random.Random, tally: Tally
) -> None:
    """A training that is killed until it gets through, or there were enough kills."""
    folder = make_run(root, recipe=RECIPE)
    began = tally.kills
    while outcome(folder) != "trained":
        worker = start_worker(folder)
        moment_s = chance.random() * life_s if tally.kills < kills else LIMIT_S
        _live(worker, moment_s)
        if worker.returncode == -signal.SIGKILL:
            tally.killed(f"{moment_s:.3f} s on, after {_newest(folder)}")
        elif worker.returncode:
            tally.breach(f"a worker ended with {worker.returncode}: {outcome(folder)}")
            return
    if adapter_digest(folder) != expected:
        tally.lose("the adapter differs from the uninterrupted one")
    tally.resumed += tally.kills - began


def _live(worker: subprocess.Popen[bytes], moment_s: float) -> float:
    """Let a worker live until it took so long of the processor; how long it took at last."""
    process, lived_s = psutil.Process(worker.pid), 0.0
    while worker.poll() is None:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            lived_s = times.user + times.system
        if lived_s >= moment_s:
            worker.kill()
            worker.wait()
            break
        time.sleep(LOOK_S)
    return lived_s


def _newest(folder: RunFolder) -> str:
    last = (list(read_rows(folder.events)) or [{}])[-1]
    return f"{last.get('kind', 'nothing')} {last.get('step', last.get('name', ''))}".strip()


def main() -> int:
    """Read the command line and kill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, help="repeats the moments")
    parser.add_argument("--home", type=Path, help="where the runs are made, and kept")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    tally = Tally("trainer-bits", seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        root = Path(options.home or name).resolve() / f"trainer-bits-{seed}"
        with contextlib.suppress(KeyboardInterrupt):
            run(root, options.kills, tally)
    print(json.dumps(tally.row()), flush=True)
    return 1 if tally.broken or tally.kills != tally.resumed else 0


if __name__ == "__main__":
    sys.exit(main())
