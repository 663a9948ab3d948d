"""Processes that outlive the one that starts them, and its terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import trainer


def spawn(command: list[str], output: int) -> subprocess.Popen[bytes]:
    """Start a process that no end of this one, or of its terminal, takes along."""
    packages = str(Path(trainer.__file__).parents[1])
    inherited = os.environ.get("PYTHONPATH")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([packages, inherited] if inherited else [packages]),
    }
    if sys.platform == "win32":
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW,
        )  # fmt: skip
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment,
        start_new_session=True,
    )  # fmt: skip


def reap(process: subprocess.Popen[bytes]) -> None:
    """See that a process which ends before this one does not stay as a zombie."""
    threading.Thread(target=process.wait, name=f"reaper-{process.pid}", daemon=True).start()
