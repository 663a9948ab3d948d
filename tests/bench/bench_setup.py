"""How long a new machine takes until everything is there, downloads and all.

python -m tests.bench.bench_setup
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
BOUND_S = 240
# What the demo needs, and what the tests need.
EXTRAS = ("train", "dev")


def set_up(folder: Path) -> float:
    """Clone into an empty folder and set up with an empty home."""
    clone = folder / "perennial"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    kept_out = ("PERENNIAL_STARTER", "VIRTUAL_ENV")
    own = {name: text for name, text in os.environ.items() if name not in kept_out}
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "start.py", "setup", *EXTRAS], cwd=clone, check=True,
        env={**own, "PERENNIAL_HOME": str(folder / "home")}, stdout=sys.stderr,
    )  # fmt: skip
    return time.monotonic() - began


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        took = set_up(Path(name))
    print(json.dumps({"seconds": round(took, 1), "bound": BOUND_S}))
    return int(took > BOUND_S)


if __name__ == "__main__":
    raise SystemExit(main())
