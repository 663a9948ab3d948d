"""Shuts a process in for good: what it uses up, the network, other processes, other files.

Loaded by the sandbox's own processes: the standard library and its like only. The kernel's means
come first; an audit hook stands behind them, and alone on systems that have none of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.evaluation import sandbox_linux

_REFUSED_EVENTS = (
    "socket.", "ctypes.", "subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.spawn",
    "os.system", "os.kill", "os.startfile", "pty.", "signal.pthread_kill", "winreg.", "_winapi.",
    "msvcrt.", "webbrowser.",
)  # fmt: skip
_PATH_EVENTS = {
    "open": 1, "os.remove": 1, "os.rename": 2, "os.mkdir": 1, "os.rmdir": 1, "os.link": 2,
    "os.symlink": 2, "os.chmod": 1, "os.chown": 1, "os.truncate": 1, "os.utime": 1,
    "os.listdir": 1, "os.scandir": 1, "os.chdir": 1, "shutil.rmtree": 1,
}  # fmt: skip
_LOCAL = 1  # AF_UNIX; without the module, which every run would wait for


@dataclass(frozen=True)
class Bounds:
    """How much one process, or a program with those that it starts, may use."""

    cpu_s: int
    memory_bytes: int
    file_bytes: int  # of one file
    open_files: int
    tasks: int  # processes and threads
    programs: bool = False  # an outside program, which may start others


def confine(bounds: Bounds, own: str, readable: Sequence[str]) -> bool:
    """Shut this process into its own folder; whether the kernel closed network and files.

    On macOS it was started shut in; here only the limits are added.
    """
    limit(bounds)
    if sys.platform == "linux":
        libc = sandbox_linux.library()
        return sandbox_linux.confine(libc, own, readable, bounds.programs, bounds.tasks)
    return sys.platform == "darwin"


def limit(bounds: Bounds) -> None:
    """Set the kernel's limits on what a process uses up."""
    if sys.platform == "win32":
        return
    import resource

    # Go reserves far more addresses than it uses; what a program may write to is what counts.
    memory = resource.RLIMIT_DATA if bounds.programs else resource.RLIMIT_AS
    limits = {
        resource.RLIMIT_CPU: (bounds.cpu_s, bounds.cpu_s + 1),
        memory: (bounds.memory_bytes, bounds.memory_bytes),
        resource.RLIMIT_FSIZE: (bounds.file_bytes, bounds.file_bytes),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (bounds.open_files, bounds.open_files),
    }
    for kind, values in limits.items():
        with suppress(ValueError, OSError):  # macOS knows RLIMIT_AS and does not set it
            resource.setrlimit(kind, values)


def watch(own: str, readable: Sequence[str]) -> None:
    """Refuse in Python itself what the kernel may not have been able to."""
    own = _place(own)
    null = _place(os.devnull)
    others = (*readable, *sandbox_linux.SYSTEM_FILES, *sandbox_linux.DEVICES)
    roots = (own, null, *map(_place, others))

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(_REFUSED_EVENTS) and not _makes_a_pair(event, args):
            raise PermissionError(f"{event} is not allowed here")
        for path in args[: _PATH_EVENTS.get(event, 0)]:
            if path is None or isinstance(path, int):
                continue
            place = _place(os.fsdecode(path))
            if not place.startswith(roots):
                raise PermissionError(f"{place.rstrip(os.sep)} is out of bounds")
            writes = event not in ("os.listdir", "os.scandir") and (
                event != "open" or _writes(args)
            )
            if writes and place != null and not place.startswith(own):
                raise PermissionError(f"{place.rstrip(os.sep)} may not be written")

    sys.addaudithook(refuse)


def _place(path: str) -> str:
    return os.path.normcase(os.path.realpath(path)).rstrip(os.sep) + os.sep


def _makes_a_pair(event: str, args: tuple[Any, ...]) -> bool:
    """Two ends in this process, as asyncio has; the kernel refuses a lone local socket."""
    return event == "socket.__new__" and os.name == "posix" and args[1] == _LOCAL


def _writes(args: tuple[Any, ...]) -> bool:
    flags = args[2] if isinstance(args[2], int) else 0
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
