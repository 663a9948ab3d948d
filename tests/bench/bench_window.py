"""The window: how soon it paints, what it takes, and what it leaves alone.

python -m tests.bench.bench_window [--times 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

LEFT_ALONE = ("torch", "transformers", "peft", "xllamacpp", "pyqtgraph")
FIRST_PAINT_BOUND_S = 0.8
MEMORY_BOUND_MB = 250
SETTLE_S = 3.0
DEADLINE_S = 60.0

# The window as `perennial` opens it, and a look at its modules once it has settled.
_WINDOW = """
import json, os, sys, threading, time
from pathlib import Path
home, modules = Path(sys.argv[1]), Path(sys.argv[2])
def look():
    time.sleep(float(sys.argv[3]))
    part = modules.with_suffix(".part")
    part.write_text(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
    part.replace(modules)
threading.Thread(target=look, daemon=True).start()
from app.gui.main import run
sys.exit(run(home))
"""


def open_once(home: Path, folder: Path) -> dict[str, Any]:
    """Open the window, wait until it has settled, measure, close."""
    mark, modules = folder / "first-paint", folder / "modules.json"
    mark.unlink(missing_ok=True)
    modules.unlink(missing_ok=True)
    began = time.time()
    window = subprocess.Popen(
        [sys.executable, "-c", _WINDOW, str(home), str(modules), str(SETTLE_S)],
        env={**os.environ, "PERENNIAL_FIRST_PAINT": str(mark)},
        cwd=Path(__file__).parents[2],
    )
    try:
        while not modules.exists():
            if time.time() - began > DEADLINE_S or window.poll() is not None:
                raise SystemExit("The window did not come up.")
            time.sleep(0.02)
        memory = psutil.Process(window.pid).memory_info().rss / 1e6
        return {
            "first_paint_s": float(mark.read_text("utf-8")) - began,
            "memory_mb": memory,
            "modules": json.loads(modules.read_text("utf-8")),
        }
    finally:
        window.kill()
        window.wait()


def fill(home_path: Path) -> None:
    """A home with personas and a month of conversations."""
    from app.home import open_home
    from app.store import open_store
    from tests.gui import homes

    home = open_home(home_path)
    with open_store(home) as store:
        sunny, *_ = homes.add_personas(store, "Sunny", "Technical", "Professional")
        homes.add_usable(store, sunny, 300)
        homes.add_conversation(store, sunny)


def measure(times: int) -> dict[str, Any]:
    """The median of several openings."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder / "home")
        open_once(folder / "home", folder)  # compiles, and fills the system's file cache
        found = [open_once(folder / "home", folder) for _ in range(times)]
    loaded = set(LEFT_ALONE).intersection(*(each["modules"] for each in found))
    return {
        "first_paint_s": round(statistics.median(each["first_paint_s"] for each in found), 3),
        "first_paint_all_s": [round(each["first_paint_s"], 3) for each in found],
        "memory_mb": round(max(each["memory_mb"] for each in found), 1),
        "loaded_too_early": sorted(loaded),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    found = measure(parser.parse_args().times)
    print(json.dumps(found, indent=2))
    held = (
        found["first_paint_s"] <= FIRST_PAINT_BOUND_S
        and found["memory_mb"] <= MEMORY_BOUND_MB
        and not found["loaded_too_early"]
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
