"""Kills -9 at random moments, for as long as one likes; nothing may be lost by them.

python -m tests.campaigns.kills [--kills 50] [--target trainer|cycle|runtime|window|all]
                                [--seed N] [--home DIR]

One line of JSON for each target, also when it is broken off by Ctrl-C; exit code 1 if anything
was lost, left behind or broken.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.campaigns import kill_cycle, kill_runtime, kill_trainer, kill_window
from tests.campaigns.tally import Tally

Campaign = Callable[[Path, int, Tally], None]

CAMPAIGNS: Mapping[str, Campaign] = {
    "runtime": kill_runtime.run,
    "window": kill_window.run,
    "cycle": kill_cycle.run,
    "trainer": kill_trainer.run,
}


def main() -> int:
    """Read the command line and kill."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="so many for each target")
    parser.add_argument("--target", choices=[*CAMPAIGNS, "all"], default="all")
    parser.add_argument("--seed", type=int, help="repeats a campaign's choices")
    parser.add_argument("--home", type=Path, help="where the homes are made, and kept")
    options = parser.parse_args()
    # Asked to end, a campaign takes along what it started, and tells what it found so far.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seed = random.randrange(10**6) if options.seed is None else options.seed
    chosen = list(CAMPAIGNS) if options.target == "all" else [options.target]
    tallies = []
    for target in chosen:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            root = Path(options.home or name).resolve() / f"{target}-{seed}"
            tallies.append(Tally(target, seed))
            try:
                CAMPAIGNS[target](root, options.kills, tallies[-1])
            except KeyboardInterrupt:
                break
            finally:
                print(json.dumps(tallies[-1].row()), flush=True)
    return 1 if any(tally.broken for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
