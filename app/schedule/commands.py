"""The one place from which the system's own programs are asked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

NOT_THERE = 127
_PATIENCE_S = 15.0


@dataclass(frozen=True)
class Ran:
    """How a program ended, and what it said."""

    code: int
    said: str

    @property
    def well(self) -> bool:
        return self.code == 0


def run(command: Sequence[str]) -> Ran:
    """Run a program of the system; one that is not there, or never ends, has failed."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE_S,
            check=False,
            creationflags=flags,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Ran(NOT_THERE, str(error))
    return Ran(ended.returncode, ended.stdout.decode("utf-8", "replace").strip())
