"""How true the preflight is: `python -m tests.bench.bench_preflight [FOLDER [CASE ...]]`.

Short real trainings of random 35M, 135M and 360M bases, each in a process of its own; told over
taken for memory (peak of the process) and time. FOLDER keeps the bases for the next time.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from random import Random

from tests.bench.training_run import RunCase, run_apart

MEMORY_WITHIN, TIME_WITHIN = 0.15, 0.25


def _mixed(count: int) -> tuple[int, ...]:
    """Lengths as a real month has them: many short ones and a few of a thousand tokens."""
    random = Random(0)
    return tuple(round(min(1000.0, 30 * 1.2 ** random.uniform(0, 19))) for _ in range(count))


# Every part of the sum is the largest in one of these.
CASES = {
    "35M mixed": RunCase("35M", lengths=_mixed(32), epochs=2),
    "35M short, bf16": RunCase("35M", "bf16", lengths=(60,) * 64, batch_size=16, epochs=2),
    "35M long, rank 64": RunCase("35M", rank=64, lengths=(1024,) * 4, batch_size=2, epochs=2),
    "135M mixed": RunCase("135M", lengths=_mixed(16), epochs=2),
    "135M uniform, held": RunCase("135M", lengths=(128,) * 16, held_share=0.3, packed_tokens=512),
    "135M rank 64": RunCase("135M", rank=64, lengths=(256,) * 8, packed_tokens=512),
    "135M dropout": RunCase("135M", dropout=0.05, lengths=(256,) * 8, packed_tokens=1024),
    "135M checkpointing": RunCase("135M", lengths=(256,) * 8, checkpointing="on"),
    "360M mixed": RunCase("360M", lengths=_mixed(8), epochs=2, batch_size=4),
    "360M short": RunCase("360M", lengths=(64,) * 16, packed_tokens=512, epochs=2),
}


def _line(name: str, case: RunCase, root: Path) -> bool:
    found = run_apart(case, root)
    taken_mb = max(found["peak_mb"], found["loading_peak_mb"], found["warm_up_peak_mb"])
    memory = found["needed_mb"] / taken_mb
    time = found["told_seconds"] / found["seconds"]
    good = abs(memory - 1) <= MEMORY_WITHIN and abs(time - 1) <= TIME_WITHIN
    print(
        f"{name:22} memory told {found['needed_mb']:6.0f} MB, taken {taken_mb:6.0f}, ratio"
        f" {memory:.2f}; time told {found['told_seconds']:6.1f} s, taken {found['seconds']:6.1f},"
        f" ratio {time:.2f}{'' if good else '  <-- off'}",
        flush=True,
    )
    return good


def main() -> int:
    """Print a line for each case; 1 when one of them is off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("case", nargs="*")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as fresh:
        root = Path(asked.folder or fresh)
        chosen = asked.case or list(CASES)
        told = [_line(name, CASES[name], root) for name in chosen]
    print(f"{sum(told)} of {len(told)} within {MEMORY_WITHIN:.0%} and {TIME_WITHIN:.0%}")
    return int(not all(told))


if __name__ == "__main__":
    raise SystemExit(main())
