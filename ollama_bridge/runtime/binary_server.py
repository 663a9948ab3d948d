"""A `llama-server` binary as the model server: started, waited for, and ended with this process."""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from ollama_bridge.runtime.llama_server import Binary
from ollama_bridge.runtime.sizing import Size

POLL_S = 0.05
ANSWER_TIMEOUT_S = 5.0
PR_SET_PDEATHSIG = 1


class BinaryFailed(Exception):
    """The binary ended before it served; its own words are in the log."""


class BinaryServer:
    """At most one process of a `llama-server` binary."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = False

    def start(self, binary: Binary, command: list[str], key: str) -> int:
        """Start it with the key in its environment, which other users cannot read; its pid."""
        with self._changing:
            if self._ending:
                raise BinaryFailed("the supervisor has ended")
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=sys.stderr,
                    env=binary.environment(os.environ) | {"LLAMA_API_KEY": key},
                    preexec_fn=_death_with_starter(),
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                raise BinaryFailed(str(error)) from error
            return self._process.pid

    def ready(self, port: int, key: str) -> Size:
        """Wait until it serves; the slots and the context that it gave itself."""
        assert self._process is not None
        while self._process.poll() is None:
            if _get(port, "/health", key) is not None:
                found = _get(port, "/props", key)
                if found is not None:
                    context = found["default_generation_settings"]["n_ctx"]
                    return Size(int(found["total_slots"]), int(context))
            time.sleep(POLL_S)
        raise BinaryFailed(f"llama-server ended with code {self._process.returncode}")

    def wait(self) -> int:
        """Wait for its end."""
        assert self._process is not None
        return self._process.wait()

    def end(self) -> None:
        """Have it ended, also one that is only just being started."""
        with self._changing:
            self._ending = True
            if self._process is not None:
                self._process.kill()
                self._process.wait()


def command(binary: Binary, load: dict[str, Any], size: Size, cores: int, port: int) -> list[str]:
    """The command line that says what `server.parameters` says to xllamacpp."""
    told = [
        binary.path, "--model", load["base"], "--alias", "base",
        "--host", "127.0.0.1", "--port", str(port),
        "--threads", str(max(1, cores - 1)),
        "--parallel", str(size.slots), "--ctx-size", str(size.slots * size.context_tokens),
        "--reasoning-format", "none",
    ]  # fmt: skip
    for path in load["adapters"]:
        told += ["--lora", path]
    if load["adapters"]:
        told.append("--lora-init-without-apply")
    # What versions before the first that took them did of themselves.
    newer = {
        "--threads-batch": [str(cores)], "--poll": ["0"], "--poll-batch": ["0"],
        "--no-kv-unified": [], "--cache-ram": ["0"], "--no-webui": [], "--offline": [],
        "--log-verbosity": ["1"],
    }  # fmt: skip
    for flag, values in newer.items():
        if flag in binary.flags:
            told += [flag, *values]
    return told


def free_port() -> int:
    """A port that nobody listens on; versions differ in whether they choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(port: int, path: str, key: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        body = answer.read()
        return json.loads(body) if answer.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _death_with_starter() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return lambda: library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
