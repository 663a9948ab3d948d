"""Learning from preferences on the starter model: is the liked reply met, and is nothing harmed?

python -m tests.bench.bench_preferences [--methods dpo kto] [--seeds 42] [--pairs 340]
                                        [--run FOLDER] [--out FOLDER] [--set NAME=VALUE ...]

The start is a persona's own adapter: the demo's month, trained as the app trains it (or the run
given with --run). Then terse answers are preferred to verbose ones: a hundred pairs judge and are
seen by nothing else; of the others a share is held out by the training itself, to look at. Half an
hour and more for each method on two cores; with --out, what is there is not made again.

`accuracy` says how often the terse reply gained more likelihood than the verbose one (a half
before anything is learned), `likelier` how often it is the likelier one, a token.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.demo_run import draw_demo_run
from tests.bench.preference_run import PreferenceCase
from tests.bench.trained_run import ROOT, train_run
from trainer.contract.folder import RunFolder
from trainer.contract.run_spec import load_spec

LEAST_ACCURACY = 0.7
MOST_HARM = 0.02
LEAST_TAUGHT = 300
LEAST_JUDGING = 100


def run(options: argparse.Namespace, out: Path) -> int:
    """Train each method with each seed, tell of each as it ends; whether all bars are met."""
    cache = out / "converted"
    start = RunFolder(options.run.resolve()) if options.run else _demo_run(out / "home", cache)
    base = options.base or Path(load_spec(start.spec).base.path)
    values = dict(_value(each) for each in options.set)
    met = True
    for seed in options.seeds:
        for method in options.methods:
            place = out / f"{method}-{seed}"
            case = PreferenceCase(
                run=str(start.root),
                base=str(base),
                cache=str(cache),
                out=str(place),
                method=method,
                seed=seed,
                pairs=options.pairs,
                values=values,
            )
            found = _found(case, place)
            print(json.dumps(_shown(found)), flush=True)
            met = met and all(_bars(found).values())
    return 0 if met else 1


def _demo_run(home: Path, cache: Path) -> RunFolder:
    """The demo's persona with the adapter of its month."""
    folder = draw_demo_run(home)
    train_run(folder, cache)
    return folder


def _found(case: PreferenceCase, place: Path) -> dict[str, Any]:
    """What a training of its own process found, kept beside it."""
    path = place / "result.json"
    if not path.is_file():
        place.mkdir(parents=True, exist_ok=True)
        with (place / "log.txt").open("w") as log:
            ran = subprocess.run(
                [sys.executable, "-m", "tests.bench.preference_run", json.dumps(asdict(case))],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                check=False,
            )
        if ran.returncode:
            raise SystemExit(f"{place} failed: see {place / 'log.txt'}")
        path.write_text(ran.stdout.strip().splitlines()[-1] + "\n", "utf-8")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _bars(found: dict[str, Any]) -> dict[str, bool]:
    result = found["result"]
    rise = result["persona_loss_after"] / result["persona_loss_before"] - 1
    replies = 1 if found["method"] == "dpo" else 2
    return {
        "kept": result["kept"],
        "accuracy": found["after"]["accuracy"] > LEAST_ACCURACY,
        "harm": rise <= MOST_HARM,
        "taught": result["taught"] >= LEAST_TAUGHT * replies,
        "judging": found["judging_pairs"] >= LEAST_JUDGING,
    }


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    """One line: what was before, what is after, and which bars are met."""
    result, test = found["result"], found["persona_test_loss"]
    return {
        **{name: found[name] for name in ("method", "seed", "steps", "seconds", "judging_pairs")},
        "taught": result["taught"],
        "accuracy": [found["before"]["accuracy"], found["after"]["accuracy"]],
        "likelier": [found["before"]["likelier"], found["after"]["likelier"]],
        "persona_valid_loss": [result["persona_loss_before"], result["persona_loss_after"]],
        "persona_valid_rise": result["persona_loss_after"] / result["persona_loss_before"] - 1,
        "persona_test_rise": test["after"] / test["before"] - 1,
        "bars": _bars(found),
    }


def _value(given: str) -> tuple[str, Any]:
    name, _, value = given.partition("=")
    return name, json.loads(value)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="+", choices=("dpo", "kto"), default=["dpo", "kto"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--pairs", type=int, default=340)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        return run(options, options.out.resolve())
    with tempfile.TemporaryDirectory() as out:
        return run(options, Path(out))


if __name__ == "__main__":
    sys.exit(main())
