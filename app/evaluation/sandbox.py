"""Runs code from replies in a process of its own, with limits, without network or files."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.evaluation import sandbox_child

CPU_S = 2
WALL_S = 5.0
MEMORY_BYTES = 512 * 2**20
FILE_BYTES = 2**20  # its output is a file as well

ONLY_PARSED = "it is Python, but was not run: this system has no limits to run it in"
HELD = "its assertions held"
HELD_ONLINE = "its assertions held; the kernel did not close the network, only Python did"


@dataclass(frozen=True)
class Ran:
    """What became of the code; `isolated` when the kernel itself kept it off the network."""

    ok: bool
    reason: str
    isolated: bool


def parses(code: str) -> bool:
    """Whether the code is Python at all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(code, "<reply>", "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def run_code(code: str, assertions: str, *, wall_s: float = WALL_S) -> Ran:
    """Run the code, then its assertions; where no limits can be set it is only parsed."""
    if not parses(code):
        return Ran(False, "it is not valid Python", True)
    if os.name != "posix":
        return Ran(True, ONLY_PARSED, False)
    with tempfile.TemporaryDirectory(prefix="perennial-code-") as place:
        return _run(code, assertions, wall_s, Path(place))


def _run(code: str, assertions: str, wall_s: float, folder: Path) -> Ran:
    order = {
        "code": code,
        "assertions": assertions,
        "mark": secrets.token_hex(16),  # code cannot say by chance that it held
        "cpu_s": CPU_S,
        "memory_bytes": MEMORY_BYTES,
        "file_bytes": FILE_BYTES,
    }
    work, said, asked = folder / "work", folder / "said", folder / "asked"
    work.mkdir()
    asked.write_text(json.dumps(order), "utf-8")
    with asked.open("rb") as stdin, said.open("wb") as stdout:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-X", "utf8", sandbox_child.__file__],
            cwd=work,
            env={},
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        timed_out = False
        try:
            process.wait(timeout=wall_s)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    with said.open("rb") as file:
        output = file.read(FILE_BYTES)
    told = _told(output.decode("utf-8", "replace"), str(order["mark"]))
    isolated = bool(told.get("isolated"))
    fault = _fault(told, timed_out, process.returncode, len(output))
    if fault:
        return Ran(False, fault, isolated)
    return Ran(True, HELD if isolated else HELD_ONLINE, isolated)


def _told(output: str, mark: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for line in output.splitlines():
        if line.startswith(mark):
            with contextlib.suppress(ValueError):  # cut off by the limit on its output
                told |= json.loads(line.removeprefix(mark))
    return told


def _fault(told: dict[str, Any], timed_out: bool, code: int, written: int) -> str:
    """What went wrong, or nothing."""
    if "fault" in told:
        return str(told["fault"])
    if timed_out or code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "it did not end in time"
    if written >= FILE_BYTES:
        return "it wrote too much"
    return f"it ended before its assertions (code {code})"
