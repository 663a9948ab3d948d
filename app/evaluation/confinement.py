"""Shuts a process in for good: what it uses up, the network, other processes, other files.

Standard library only and no other module of the app: it is loaded by the sandbox's own process.
The kernel's means come first (limits, namespaces, Landlock, seccomp), each where it is there; an
audit hook stands behind them, and alone on systems that have none of them.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = (1 << 2) | (1 << 3)
_HANDLED_BITS = {1: 13, 2: 14, 3: 15}  # by version of Landlock
_SYSTEM_FILES = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
    "/dev/null", "/dev/urandom", "/usr/share/zoneinfo",
)  # fmt: skip

# Numbers of: socket, connect, socketpair, clone, fork, vfork, execve, kill, tkill, tgkill,
# ptrace, execveat, clone3, io_uring_setup, pidfd_open. Thread and process are one call.
_REFUSED_CALLS = {
    "x86_64": (0xC000003E, (41, 42, 53, 56, 57, 58, 59, 62, 200, 234, 101, 322, 435, 425, 434)),
    "aarch64": (0xC00000B7, (198, 203, 199, 220, 221, 129, 130, 131, 117, 281, 435, 425, 434)),
}
_REFUSED_EVENTS = (
    "socket.", "ctypes.", "subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.spawn",
    "os.system", "os.kill", "os.startfile", "pty.", "signal.pthread_kill",
)  # fmt: skip
_PATH_EVENTS = {
    "open": 1, "os.remove": 1, "os.rename": 2, "os.mkdir": 1, "os.rmdir": 1, "os.link": 2,
    "os.symlink": 2, "os.chmod": 1, "os.chown": 1, "os.truncate": 1, "os.utime": 1,
    "os.listdir": 1, "os.scandir": 1, "os.chdir": 1, "shutil.rmtree": 1,
}  # fmt: skip


def confine(cpu_s: int, memory_bytes: int, file_bytes: int) -> bool:
    """Shut this process into its working folder; whether the kernel closed the network."""
    readable = [os.path.realpath(each) for each in sys.path if Path(each).exists()]
    own = os.path.realpath(Path.cwd())
    _limit(cpu_s, memory_bytes, file_bytes)
    offline = False
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        offline = libc.unshare(_NEW_USER | _NEW_NET) == 0
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _close_files(libc, own, readable)
        offline = _close_calls(libc) or offline
    _watch(own, (*readable, *_SYSTEM_FILES))
    return offline


def kernel_closes_files() -> bool:
    """Whether Landlock is there to keep a process to its own folder."""
    return sys.platform == "linux" and _landlock_version(ctypes.CDLL(None)) > 0


def _landlock_version(libc: Any) -> int:
    return int(libc.syscall(_CREATE_RULESET, None, 0, 1))


def _limit(cpu_s: int, memory_bytes: int, file_bytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    limits = {
        resource.RLIMIT_CPU: (cpu_s, cpu_s + 1),
        resource.RLIMIT_AS: (memory_bytes, memory_bytes),
        resource.RLIMIT_FSIZE: (file_bytes, file_bytes),
        resource.RLIMIT_NPROC: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (64, 64),
    }
    for kind, values in limits.items():
        with suppress(ValueError, OSError):  # macOS knows RLIMIT_AS and does not set it
            resource.setrlimit(kind, values)


def _close_files(libc: Any, own: str, readable: Sequence[str]) -> None:
    """Landlock: read Python and the system's libraries, write the own folder, nothing else."""
    version = _landlock_version(libc)
    if version < 1:
        return
    handled = (1 << _HANDLED_BITS[min(version, 3)]) - 1
    attributes = struct.pack("=Q", handled)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return
    for path, access in [(own, handled & ~1), *((each, _READ) for each in readable)] + [
        (each, _READ) for each in _SYSTEM_FILES
    ]:
        with suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = access if Path(path).is_dir() else access & ~(1 << 3)
            libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", allowed, place), 0)
            os.close(place)
    libc.syscall(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _close_calls(libc: Any) -> bool:
    """Seccomp: no sockets, no processes, no signals, whoever asks (limits spare root)."""
    if platform.machine() not in _REFUSED_CALLS or sys.maxsize < 2**32:
        return False
    architecture, refused = _REFUSED_CALLS[platform.machine()]
    last = len(refused)
    program = [
        (0x20, 0, 0, 4),  # load the architecture
        (0x15, 1, 0, architecture),
        (0x06, 0, 0, 0x80000000),  # another one: kill
        (0x20, 0, 0, 0),  # load the call
        (0x35, last + 1, 0, 0x40000000),  # x32 calls
        *((0x15, last - place, 0, call) for place, call in enumerate(refused)),
        (0x06, 0, 0, 0x7FFF0000),  # allow
        (0x06, 0, 0, 0x00050001),  # EPERM
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    header = struct.pack("@HP", len(program), ctypes.addressof(code))
    return bool(libc.prctl(_SECCOMP, _FILTER, header, 0, 0) == 0)


def _watch(own: str, readable: Sequence[str]) -> None:
    """Refuse in Python itself what the kernel may not have been able to."""
    roots = tuple(f"{root}{os.sep}" for root in (own, *readable))

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith(_REFUSED_EVENTS):
            raise PermissionError(f"{event} is not allowed here")
        for path in args[: _PATH_EVENTS.get(event, 0)]:
            if path is None or isinstance(path, int):
                continue
            place = os.path.realpath(os.fsdecode(path))
            if not f"{place}{os.sep}".startswith(roots):
                raise PermissionError(f"{place} is out of bounds")
            writes = event != "open" or _writes(args)
            if writes and not f"{place}{os.sep}".startswith(f"{own}{os.sep}"):
                if event in ("os.listdir", "os.scandir"):
                    continue
                raise PermissionError(f"{place} may not be written")

    sys.addaudithook(refuse)


def _writes(args: tuple[Any, ...]) -> bool:
    flags = args[2] if isinstance(args[2], int) else 0
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
