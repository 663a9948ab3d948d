"""Trains in the background: the desktop comes first."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

# Halfway down: other programs are asked first, and an idle machine still gives all it has.
NICENESS = 10
_GROUP = Path("/proc/self/autogroup")


def missing_niceness(now: int, wanted: int = NICENESS) -> int:
    """How much nicer to become; a trainer that was started nicer stays as it is."""
    return max(0, wanted - now)


def lower_priority() -> None:
    """Ask for less of the processor than the programs that a person looks at."""
    if sys.platform == "win32":
        import psutil

        with contextlib.suppress(psutil.Error):
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        return
    with contextlib.suppress(OSError):
        os.nice(missing_niceness(os.nice(0)))
    # Where Linux shares the processor among sessions, niceness counts only inside of one; the
    # trainer leads its own when the app started it, and a terminal's is none of its business.
    if _GROUP.exists() and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):
            _GROUP.write_text(str(NICENESS), "ascii")
