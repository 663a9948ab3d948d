"""Runs an outside program on files from replies, shut in: no network, no files of the user's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.evaluation import sandbox_launch, sandbox_macos
from app.evaluation.confinement import Bounds
from app.evaluation.sandbox_folder import put, work_folder
from app.evaluation.sandbox_means import Means, means
from app.evaluation.sandbox_watch import TOO_LONG, TOO_MUCH, Allowance, watch

OUTPUT_BYTES = 10**6
FILE_BYTES = 32 * 2**20
DISK_BYTES = 256 * 2**20
ENTRIES = 10_000
OPEN_FILES = 512
THREADS_EACH = 8
_WAITING = 2  # our own processes above it

CANNOT = "this system has nothing to shut a program in with, so it was not run"
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class ProgramRan:
    """How a program ended: `code` where it ended by itself, `fault` where it could not."""

    code: int | None
    output: str
    fault: str
    isolated: bool


def run_program(
    arguments: Sequence[str],
    files: Mapping[str, str],
    *,
    readable: Sequence[Path] = (),
    environment: Mapping[str, str] = _NOTHING,
    wall_s: float = 60.0,
    memory_bytes: int = 2 * 2**30,
    processes: int = 64,
) -> ProgramRan:
    """Run a program in a folder of its own that holds the files; stdout and stderr together.

    It reads that folder, its own installation, the system's libraries and what is `readable`.
    """
    shut_in = means()
    if not shut_in.shuts_programs_in:
        return ProgramRan(None, "", CANNOT, isolated=False)
    found = shutil.which(arguments[0])
    if found is None:
        return ProgramRan(None, "", f"{arguments[0]} is not installed", isolated=False)
    program = Path(found).absolute()
    cpu_s = int(wall_s * (os.cpu_count() or 1)) + 1
    bounds = Bounds(
        cpu_s, memory_bytes, FILE_BYTES, OPEN_FILES, processes * THREADS_EACH, programs=True
    )
    allowed = Allowance(
        wall_s, DISK_BYTES, ENTRIES, memory_bytes, processes + _WAITING, alone=False
    )
    with work_folder() as folder:
        own = Path(os.path.realpath(folder)) / "own"
        (own / "home").mkdir(parents=True)
        (own / "work").mkdir()
        put(own / "work", files)
        order = {
            "arguments": [str(program), *arguments[1:]],
            "environment": {**_environment(own, program), **environment},
            "own": str(own),
            "readable": _places(program, readable),
            "bounds": asdict(bounds),
        }
        return _run(order, folder, allowed, shut_in)


def _environment(own: Path, program: Path) -> dict[str, str]:
    home = str(own / "home")
    return {
        "HOME": home,
        "TMPDIR": home,
        "PATH": os.pathsep.join((str(program.parent), "/usr/bin", "/bin")),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _places(program: Path, readable: Sequence[Path]) -> list[str]:
    places = {str(each) for each in (program, *readable, *_interpreter(program))}
    return sorted(places | {os.path.realpath(each) for each in places})


def _interpreter(program: Path) -> list[Path]:
    """What a script runs on; of a Python, all that it is installed with."""
    first = ""
    with suppress(OSError), program.open("rb") as file:  # it may be run and not read
        first = file.readline(1000).decode("utf-8", "replace")
    if not first.startswith("#!"):
        return _installation(program)
    words = first[2:].split() or [""]
    named = Path(words[0])
    if named.name != "env":
        return [named, *_installation(named)]
    behind = shutil.which(words[1]) if len(words) > 1 else None
    return [named] if behind is None else [named, Path(behind), *_installation(Path(behind))]


def _installation(interpreter: Path) -> list[Path]:
    """The folders of an interpreter: a virtual environment's, and that of what it was made of."""
    found = []
    for place in (interpreter.absolute(), Path(os.path.realpath(interpreter))):
        prefix = place.parent.parent
        with suppress(OSError):
            has_python = any(prefix.glob("lib/python3*")) or (prefix / "pyvenv.cfg").exists()
            if has_python and not Path.home().is_relative_to(prefix):
                found.append(prefix)
    return found


def _run(order: dict[str, Any], folder: Path, allowed: Allowance, shut_in: Means) -> ProgramRan:
    asked, said = folder / "asked", folder / "said"
    own = Path(order["own"])
    reads, writes = os.pipe()
    try:
        asked.write_text(json.dumps({**order, "pipe": writes}), "utf-8")
        with asked.open("rb") as stdin, said.open("ab") as stdout:
            process = subprocess.Popen(
                _command(order, shut_in),
                cwd=own / "work",
                env={},
                stdin=stdin,
                stdout=stdout,
                stderr=stdout,
                start_new_session=True,
                pass_fds=(writes,),
            )
            fault = watch(process, own, allowed)
    finally:
        os.close(writes)
        told = _all_of(reads)
    with said.open("rb") as file:
        output = file.read(OUTPUT_BYTES).decode("utf-8", "replace")
    if not told.startswith(sandbox_launch.CONFINED):
        return ProgramRan(None, "", fault or CANNOT, isolated=False)
    refused = told.removeprefix(sandbox_launch.CONFINED).decode("utf-8", "replace")
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    fault = refused or fault or _fault(code, said.stat().st_size)
    return ProgramRan(None if fault else code, output, fault, isolated=True)


def _all_of(pipe: int) -> bytes:
    """What lies in a pipe, without waiting for more."""
    os.set_blocking(pipe, False)
    try:
        return os.read(pipe, 1000)
    except BlockingIOError:
        return b""
    finally:
        os.close(pipe)


def _command(order: Mapping[str, Any], shut_in: Means) -> list[str]:
    launch = [sys.executable, "-I", "-S", "-B", "-X", "utf8", sandbox_launch.__file__]
    if shut_in is not Means.SEATBELT:
        return launch
    package = Path(sandbox_launch.__file__).parent
    places = [sys.base_prefix, sys.prefix, str(package), str(package.parent / "__init__.py")]
    readable = [*map(os.path.realpath, places), *order["readable"], "/bin", "/usr/lib"]
    return [*sandbox_macos.shut_in(order["own"], readable, programs=True), *launch]


def _fault(code: int, written: int) -> str:
    """What the kernel ended it for, or nothing."""
    if written >= FILE_BYTES or code == 128 + signal.SIGXFSZ:
        return TOO_MUCH
    return TOO_LONG if code == 128 + signal.SIGXCPU else ""
