"""Months that are spoilt on purpose, on the starter model, and what the gate says of each.

python -m tests.bench.bench_verdicts WAY... [--seed N] --home DIR --out DIR [--quick-recipe]

Each writes DIR/<way>_<seed>.json, everything that its verdict rests on without a word of a reply;
one that is there is not judged again. A way takes some five minutes on two cores, `burnt` three
times as long. With --quick-recipe next to nothing is learned, to see that all of it works.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.verdict_runs import Judged, judged
from tests.recorded import write_record
from tests.spoiling import WAYS

MOST_BYTES = 150_000


def record(path: Path, way: str, seed: int, found: Judged) -> dict[str, Any]:
    """Write the record; what is told of it."""
    reasons = [
        {name: value for name, value in asdict(each).items() if name != "values"}
        for each in found.verdict.reasons
    ]
    about: dict[str, Any] = {
        "way": way,
        "seed": seed,
        "verdict": found.verdict.verdict,
        "sentence": found.verdict.sentence,
        "seconds": dict(found.seconds),
    }
    write_record(path, found.found, about)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{path} is too large: {size} bytes")
    return {**about, "reasons": reasons, "bytes": size}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ways", nargs="+", choices=list(WAYS), metavar="WAY")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--home", type=Path, required=True, help="of the homes, one a way")
    parser.add_argument("--out", type=Path, required=True, help="where the records go")
    parser.add_argument("--quick-recipe", action="store_true")
    options = parser.parse_args()
    wrong = 0
    for way in options.ways:
        kind = "_quick" if options.quick_recipe else ""  # never taken for the truth
        path = options.out / f"{way}_{options.seed}{kind}.json"
        if path.exists():
            print(f"{path} is there", flush=True)
            continue
        began = time.monotonic()
        found = judged(options.home, way, options.seed, quick=options.quick_recipe)
        row = record(path, way, options.seed, found)
        row["total_s"] = round(time.monotonic() - began, 1)
        print(json.dumps(row, ensure_ascii=False, indent=1), flush=True)
        wrong += (row["verdict"] == "passed") != WAYS[way].good
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
