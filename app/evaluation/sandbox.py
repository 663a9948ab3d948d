"""Runs code from replies in a process of its own, with limits, without network or files.

What the code can do is bounded by the kernel. That it fails where it is wrong rests on Python:
code that looks through its own process for how success is told could find it, and would gain
nothing by it but a better mark.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.evaluation import sandbox_child, sandbox_macos, sandbox_windows
from app.evaluation.confinement import Bounds
from app.evaluation.sandbox_folder import work_folder
from app.evaluation.sandbox_means import Means, isolation, means
from app.evaluation.sandbox_program import ProgramRan, run_program
from app.evaluation.sandbox_watch import TOO_LONG, Allowance, watch

__all__ = ["ProgramRan", "Ran", "isolation", "parses", "run_code", "run_program"]

CPU_S = 2
WALL_S = 5.0
MEMORY_BYTES = 512 * 2**20
FILE_BYTES = 2**20
DISK_BYTES = 16 * 2**20
ENTRIES = 1000
OPEN_FILES = 64
THREADS = 32
_TOLD_BYTES = 2**16
_FLAGS = sandbox_windows.SUSPENDED | sandbox_windows.WITHOUT_WINDOW

ONLY_PARSED = "it is Python, but was not run: this system has no limits to run it in"
NOT_STARTED = "it is Python, but was not run: the sandbox did not start"
HELD = "its assertions held"
HELD_ONLINE = "its assertions held; only Python itself closed network and files, not the system"


@dataclass(frozen=True)
class Ran:
    """What became of the code.

    `isolated`: nothing ran that the system itself did not keep from network and files. `ran` is
    False where the code was parsed and no more; `ok` then says only that it is Python.
    """

    ok: bool
    reason: str
    isolated: bool
    ran: bool = True


def parses(code: str) -> bool:
    """Whether the code is Python at all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(code, "<reply>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def run_code(code: str, assertions: str, *, wall_s: float = WALL_S) -> Ran:
    """Run the code, then its assertions; where nothing can shut it in it is only parsed."""
    if not parses(code):
        return Ran(False, "it is not valid Python", True, ran=False)
    shut_in = means()
    if shut_in is Means.NONE:
        return Ran(True, ONLY_PARSED, False, ran=False)
    order = {
        "code": code,
        "assertions": assertions,
        "mark": secrets.token_hex(16),  # code cannot say by chance that it held
        "kernel_only": shut_in is not Means.JOB,
        "bounds": asdict(Bounds(CPU_S, MEMORY_BYTES, FILE_BYTES, OPEN_FILES, THREADS)),
    }
    with work_folder() as folder:
        return _run(order, wall_s, folder, shut_in)


def _run(order: Mapping[str, Any], wall_s: float, folder: Path, shut_in: Means) -> Ran:
    work, asked = folder / "work", folder / "asked"
    work.mkdir()
    asked.write_text(json.dumps(order), "utf-8")
    isolated = shut_in is not Means.JOB
    with ExitStack() as opened:
        stdin = opened.enter_context(asked.open("rb"))
        job = (
            opened.enter_context(sandbox_windows.Job(CPU_S, MEMORY_BYTES)) if not isolated else None
        )
        process = opened.enter_context(
            subprocess.Popen(
                _command(work, shut_in),
                cwd=work,
                env=_environment(work),
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                creationflags=_FLAGS if job else 0,
            )
        )
        if job and not job.take(process.pid):
            process.kill()
            return Ran(True, NOT_STARTED, False, ran=False)
        alone = shut_in is not Means.SEATBELT
        fault = watch(process, work, Allowance(wall_s, DISK_BYTES, ENTRIES, MEMORY_BYTES, 1, alone))
        told = _told(process, str(order["mark"]).encode())
    if sandbox_child.STARTED not in told:
        return Ran(True, NOT_STARTED, False, ran=False)
    if sandbox_child.FAULT in told:
        fault = told[sandbox_child.FAULT]
    elif sandbox_child.HELD not in told:
        fault = fault or _fault(process.returncode)
    if fault:
        return Ran(False, fault, isolated)
    return Ran(True, HELD if isolated else HELD_ONLINE, isolated)


def _command(work: Path, shut_in: Means) -> list[str]:
    # A virtual environment's interpreter on Windows starts another one, which a job would refuse.
    python = getattr(sys, "_base_executable", "") if shut_in is Means.JOB else ""
    child = [python or sys.executable, "-I", "-S", "-B", "-X", "utf8", sandbox_child.__file__]
    if shut_in is not Means.SEATBELT:
        return child
    own = Path(sandbox_child.__file__).parent
    places = [sys.base_prefix, sys.prefix, str(own), str(own.parent / "__init__.py")]
    readable = [os.path.realpath(each) for each in places]
    return [
        *sandbox_macos.shut_in(os.path.realpath(work), readable, programs=False),
        *child,
    ]


def _environment(work: Path) -> dict[str, str]:
    system = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return {"HOME": str(work), "TMPDIR": str(work), **system}


def _told(process: subprocess.Popen[bytes], mark: bytes) -> dict[bytes, str]:
    """What the child told behind its mark; the code may have filled the pipe up to its end."""
    assert process.stdout is not None
    told = {}
    for line in process.stdout.read(_TOLD_BYTES).splitlines():
        if line.startswith(mark):
            what, _, text = line.removeprefix(mark).partition(b" ")
            told[what + b" "] = text.decode("utf-8", "replace")
    return told


def _fault(code: int) -> str:
    """What went wrong when the process ended without a word."""
    if os.name == "posix" and code in (-signal.SIGXCPU, -signal.SIGKILL):
        return TOO_LONG
    return f"it ended before its assertions (code {code})"
