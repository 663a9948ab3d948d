"""Finding the runtime of a home, or starting it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from filelock import FileLock, Timeout

import ollama_bridge
from ollama_bridge.errors import RuntimeStartError
from ollama_bridge.runtime.protocol import (
    EXIT_DISK_FULL,
    FULL,
    LOG_FILE,
    START_LOCK,
    ConnectionEnded,
    ControlConnection,
    RuntimeFile,
    read_runtime_file,
)

START_TIMEOUT_S = 60.0
POLL_S = 0.02
LOG_LIMIT_BYTES = 1 << 20

_NEXT_STEP = "Try again; if it stays so, the log is runtime.log in the home's logs folder."


def lease(home: Path, python: str) -> tuple[RuntimeFile, ControlConnection]:
    """A lease on the runtime of a home, started if there is none."""
    found = _lease_on(read_runtime_file(home))
    if found is not None:
        return found
    try:
        with FileLock(home / START_LOCK, timeout=START_TIMEOUT_S):
            # Somebody else may have started it while this process waited for the lock.
            return _lease_on(read_runtime_file(home)) or _start(home, python)
    except Timeout as error:
        raise RuntimeStartError(
            "Another process has been starting the runtime for a minute.", _NEXT_STEP
        ) from error
    except OSError as error:
        if error.errno in FULL:
            raise _no_room() from error
        raise RuntimeStartError(
            f"The runtime could not start: {error.strerror or error}.", _NEXT_STEP
        ) from error


def _lease_on(runtime: RuntimeFile | None) -> tuple[RuntimeFile, ControlConnection] | None:
    if runtime is None:
        return None
    try:
        connection = ControlConnection(runtime, {"op": "lease"})
    except ConnectionEnded:
        return None
    try:
        answer = connection.answer(timeout_s=5.0)
    except ConnectionEnded:
        connection.close()
        return None
    if "lease" not in answer:
        connection.close()
        return None
    return runtime, connection


def _start(home: Path, python: str) -> tuple[RuntimeFile, ControlConnection]:
    stale = read_runtime_file(home)
    process = _spawn(home, python)
    ended = threading.Event()

    def reap() -> None:
        process.wait()
        ended.set()

    # The supervisor outlives nobody's wait: without one it would stay behind as a zombie.
    threading.Thread(target=reap, name="runtime-reaper", daemon=True).start()
    limit = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < limit:
        found = read_runtime_file(home)
        # Not told by the process id: in a virtual environment on Windows that is a launcher's.
        if found is not None and found != stale:
            leased = _lease_on(found)
            if leased is not None:
                return leased
        if ended.wait(POLL_S):
            if process.returncode == EXIT_DISK_FULL:
                raise _no_room()
            raise RuntimeStartError(
                f"The runtime ended while it started (code {process.returncode}).", _NEXT_STEP
            )
    process.kill()
    raise RuntimeStartError("The runtime did not answer in time.", _NEXT_STEP)


def _spawn(home: Path, python: str) -> subprocess.Popen[bytes]:
    log_file = home / LOG_FILE
    log_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if log_file.exists() and log_file.stat().st_size > LOG_LIMIT_BYTES:
        with contextlib.suppress(PermissionError):
            log_file.replace(log_file.with_suffix(".log.1"))
    # Found also when the packages run from their source folder, uninstalled.
    packages = str(Path(ollama_bridge.__file__).parents[1])
    inherited = os.environ.get("PYTHONPATH")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([packages, inherited] if inherited else [packages]),
    }
    command = [python, "-m", "ollama_bridge.runtime", "--home", str(home)]
    with log_file.open("ab") as log:
        # Out of the starter's session: its Ctrl-C, or its terminal's end, is not the runtime's.
        if sys.platform == "win32":
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                creationflags=(
                    subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
                ),
            )  # fmt: skip
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
            start_new_session=True,
        )  # fmt: skip


def _no_room() -> RuntimeStartError:
    return RuntimeStartError(
        "The disk is full; the runtime could not start.",
        "Free some space, then try again.",
        kept="Everything that was stored is still there.",
        kind="disk_full",
    )
