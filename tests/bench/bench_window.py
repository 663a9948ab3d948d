"""The window: how soon it paints and can be used, what it takes, and what it leaves alone.

python -m tests.bench.bench_window [--times 5] [--home FOLDER]

It can be used when the persona, its last conversation and the month's counter are there and the
keyboard is where one writes. The folder is filled by tests.bench.large_home: 1,000,000 messages.
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

from tests.bench import large_home

LEFT_ALONE = ("torch", "transformers", "peft", "xllamacpp", "pyqtgraph")
FIRST_PAINT_BOUND_S = 0.8
USABLE_BOUND_S = 1.2
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
from PySide6.QtCore import QTimer
from app.gui import main
class Watched(main.MainWindow):
    def start(self):
        super().start()
        self.usable = QTimer(interval=1, timeout=self.see)
        self.usable.start()
    def see(self):
        there = self.session.progress is not None and self.chat.model.rows
        writes = self.focusWidget()  # where the keyboard is once the window is the active one
        if there and writes is not None and writes.objectName() == "composer_text":
            self.usable.stop()
            Path(sys.argv[4]).write_text(f"{time.time():.3f}")
main.MainWindow = Watched
sys.exit(main.run(home))
"""


def open_once(home: Path, folder: Path) -> dict[str, Any]:
    """Open the window, wait until it has settled, measure, close."""
    names = ("first-paint", "modules.json", "usable")
    mark, modules, usable = (folder / name for name in names)
    for path in (mark, modules, usable):
        path.unlink(missing_ok=True)
    began = time.time()
    window = subprocess.Popen(
        [sys.executable, "-c", _WINDOW, str(home), str(modules), str(SETTLE_S), str(usable)],
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
            "usable_s": float(usable.read_text("utf-8")) - began,
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


def measure(times: int, home: Path | None) -> dict[str, Any]:
    """The median of several openings."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if home is None:
            home = folder / "home"
            fill(home)
        open_once(home, folder)  # compiles, and fills the system's file cache
        found = [open_once(home, folder) for _ in range(times)]
    loaded = set(LEFT_ALONE).intersection(*(each["modules"] for each in found))
    return {
        "first_paint_s": round(statistics.median(each["first_paint_s"] for each in found), 3),
        "first_paint_all_s": [round(each["first_paint_s"], 3) for each in found],
        "usable_s": round(statistics.median(each["usable_s"] for each in found), 3),
        "usable_all_s": [round(each["usable_s"], 3) for each in found],
        "memory_mb": round(max(each["memory_mb"] for each in found), 1),
        "loaded_too_early": sorted(loaded),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--home", type=Path, help="a folder that large_home fills")
    options = parser.parse_args()
    if options.home is not None:
        large_home.fill(options.home)
    found = measure(options.times, options.home)
    print(json.dumps(found, indent=2))
    held = (
        found["first_paint_s"] <= FIRST_PAINT_BOUND_S
        and found["usable_s"] <= USABLE_BOUND_S
        and found["memory_mb"] <= MEMORY_BOUND_MB
        and not found["loaded_too_early"]
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
