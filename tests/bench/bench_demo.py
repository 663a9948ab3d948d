"""The demo month over several seeds: how often its verdict is the one it promises, and how long.

python -m tests.bench.bench_demo --seeds 101 102 103 104 105 [--no-replay] [--month FILE]

Each seed has a home of its own unless one is given, so nothing is answered from a cache. The
development suites (`--develop`) and the months `develop*` are there to try recipes and replay on;
the shipped suites and the months `sealed_*` judge.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from app.cycle import examining
from app.demo import DemoRequest, run_demo
from app.evaluation.suite import Suite, load_suite
from app.home import open_home

DEMO_BOUND_S = 360
LEAST_SHARE = 0.8
HERE = Path(__file__).parent


def develop_suites() -> list[Suite]:
    """The suites that recipes and replay may be tried on."""
    return [load_suite(path) for path in sorted(HERE.glob("develop_suite.*.yaml"))]


def forgot(row: dict[str, Any]) -> bool:
    """Whether the gate said no because something was forgotten."""
    return row["verdict"] == "refused" and any("It forgot" in text for text in row["reasons"])


def run_seed(home: Path, request: DemoRequest) -> dict[str, Any]:
    """One demo, as `--json` prints it, without the replies."""
    outcome = run_demo(open_home(home), request, Console(file=sys.stderr))
    row = outcome.row()
    return {
        "seed": request.seed,
        "held": row["verdict"] == "passed" if request.replay else forgot(row),
        **{name: row[name] for name in ("verdict", "reasons", "scores", "seconds")},
    }


def run_all(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Every seed in turn; each is told as it ends, since together they take long."""
    found = []
    for seed in options.seeds:
        request = DemoRequest(month=options.month, replay=options.replay, seed=seed)
        with tempfile.TemporaryDirectory() as new:
            row = run_seed(options.home or Path(new), request)
        print(json.dumps(row, ensure_ascii=False), flush=True)
        found.append(row)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103, 104, 105])
    parser.add_argument("--no-replay", dest="replay", action="store_false")
    parser.add_argument("--month", type=Path)
    parser.add_argument("--develop", action="store_true")
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    if options.develop:
        examining.suites_of = lambda _own: develop_suites()
    found = run_all(options)
    held = sum(row["held"] for row in found)
    median = statistics.median(row["seconds"]["total"] for row in found)
    print(json.dumps({"held": held, "of": len(found), "median_s": round(median, 1)}))
    fast = options.home is not None or median <= DEMO_BOUND_S
    return 0 if held >= LEAST_SHARE * len(found) and fast else 1


if __name__ == "__main__":
    sys.exit(main())
