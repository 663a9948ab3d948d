"""What Linux gives to shut a process in: namespaces, a user of its own, Landlock, seccomp.

Landlock and seccomp are what is relied on; the rest is added where the system allows it. Standard
library only: it is loaded by the sandbox's own processes.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.evaluation.sandbox_calls import close_calls, known_machine
from app.evaluation.sandbox_namespaces import change_root, descend, die_with_parent, leave

_KEEP_CAPABILITIES, _GET_SECCOMP, _NO_NEW_PRIVILEGES, _AMBIENT = 8, 21, 38, 47
_CAPABILITIES_VERSION = 0x20080522
_READS_ALL, _OVERRIDES = 2, 1  # CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE
_LONE_USERS = 0x70000000  # above every user that a system gives out

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_HANDLED_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # by version of Landlock
_SCOPES_SINCE = 6  # signals and abstract sockets stay inside
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_DEVICES = (1 << 6) | (1 << 11)
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | (1 << 15)
SYSTEM_FILES = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/nix/store",
    "/usr/share/zoneinfo", "/etc/localtime",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


def library() -> Any:
    """The C library, which keeps its errors."""
    return ctypes.CDLL(None, use_errno=True)


def landlock_version(libc: Any) -> int:
    """Landlock's version; below 1 where the kernel has none."""
    return int(libc.syscall(_CREATE_RULESET, None, 0, 1))


def can_confine() -> bool:
    """Whether this kernel has what nothing is run without."""
    libc = library()
    filters = libc.prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0
    return filters and known_machine() and landlock_version(libc) > 0


def confine(libc: Any, own: str, readable: Sequence[str], programs: bool, tasks: int) -> bool:
    """Shut this process into its folder for good; whether files and calls are both closed.

    With `programs` it goes on in a process of its own below, and may start others.
    """
    _die_first()
    user = os.geteuid()
    capability = _first_held(_READS_ALL, _OVERRIDES) if user == 0 else None
    others = _tasks_of(user)
    contained = leave(libc, programs)
    apart = False  # whether there are no sockets of others to be found
    if contained and programs:
        descend(libc)
        apart = change_root(libc, own, (*SYSTEM_FILES, *DEVICES, *readable))
    if capability is not None and not _become_another(libc, own):
        capability = None
    _limit_tasks(tasks if contained or user == 0 else tasks + others)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _drop_capabilities(libc, capability)
    die_with_parent(libc)  # a change of user takes it away
    version = landlock_version(libc)
    if version < 1 or not _close_files(libc, version, own, readable, programs):
        return False
    signals = programs and (contained or version >= _SCOPES_SINCE)
    return close_calls(libc, processes=programs, signals=signals, local_sockets=apart)


def _die_first() -> None:
    """When memory is short, this goes before anything of the user's."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def _become_another(libc: Any, own: str) -> bool:
    """Root becomes a user that owns only the work folder; limits on processes spare root.

    The interpreter may lie in root's home, so a capability to read past the file modes is kept:
    Landlock says what can be read.
    """
    lone = _LONE_USERS + os.getpid()
    with suppress(OSError):  # a container may know no such user, or not let root change
        _give(own, lone)
        libc.prctl(_KEEP_CAPABILITIES, 1, 0, 0, 0)
        os.setgroups([])
        os.setresgid(lone, lone, lone)
        os.setresuid(lone, lone, lone)
        return True
    return False


def _first_held(*wanted: int) -> int | None:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("CapPrm:"):
            held = int(line.split()[1], 16)
            return next((each for each in wanted if held >> each & 1), None)
    return None


def _give(own: str, user: int) -> None:
    os.chown(own, user, user)
    for folder, folders, files in os.walk(own):
        for name in (*folders, *files):
            os.lchown(os.path.join(folder, name), user, user)  # noqa: PTH118


def _tasks_of(user: int) -> int:
    """How many processes and threads a user has now: the kernel counts them all together."""
    there = 0
    for place in Path("/proc").iterdir():
        with suppress(OSError):
            if place.name.isdigit() and place.stat().st_uid == user:
                there += len(list((place / "task").iterdir()))
    return there


def _limit_tasks(most: int) -> None:
    import resource

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _drop_capabilities(libc: Any, kept: int | None) -> None:
    bits = 0 if kept is None else 1 << kept
    header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    libc.capset(header, struct.pack("=6I", bits, bits, bits, 0, 0, 0))
    if kept is not None:
        libc.prctl(_AMBIENT, 2, kept, 0, 0)  # so that the program has it as well


def _close_files(
    libc: Any, version: int, own: str, readable: Sequence[str], programs: bool
) -> bool:
    """Landlock: read what is given and the system's libraries, write the own folder, no more."""
    handled = (1 << _HANDLED_BITS.get(version, 16)) - 1
    attributes = struct.pack("=QQQ", handled, 0, 3 if version >= _SCOPES_SINCE else 0)
    size = 24 if version >= _SCOPES_SINCE else 8
    ruleset = libc.syscall(_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        return False
    reads = _READ | _LIST | (_EXECUTE if programs else 0)
    rules = [(each, reads) for each in (*SYSTEM_FILES, *DEVICES, *readable)]
    rules += [(own, handled & ~_DEVICES & ~_EXECUTE), ("/dev/null", _READ | _WRITE)]
    for path, access in rules:
        with suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = access if Path(path).is_dir() else access & _OF_FILES
            libc.syscall(_ADD_RULE, ruleset, 1, struct.pack("=Qi", allowed, place), 0)
            os.close(place)
    closed = libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return bool(closed)
