"""Watches a confined process from outside: time, disk, memory, processes; ends it and its own."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.evaluation.sandbox_folder import overfull

LOOK_S, LOOK_AROUND_S = 0.02, 0.05  # at a folder; at all of its processes as well
GONE_S = 5.0
_DISK_IS_SHARED = 4  # others write as well, where no more can be told than what is free
TOO_LONG = "it did not end in time"
TOO_MUCH = "it wrote too much"
TOO_LARGE = "it took too much memory"
TOO_MANY = "it started too many processes"


@dataclass(frozen=True)
class Allowance:
    """What all of it together may take."""

    wall_s: float
    disk_bytes: int
    entries: int
    memory_bytes: int
    processes: int
    alone: bool  # its first process is all there is, and the kernel bounds what that uses


@dataclass(frozen=True)
class _Look:
    """What is watched, and what was there when the watch began."""

    leader: int
    folder: Path
    allowed: Allowance
    free: int
    known: dict[int, psutil.Process]  # all that were seen, by number


def watch(process: subprocess.Popen[bytes], folder: Path, allowed: Allowance) -> str:
    """Wait until it ends; what it overstepped, or nothing. Nothing of it is alive afterwards."""
    look = _Look(process.pid, folder, allowed, _free(folder), {})
    ends = time.monotonic() + allowed.wall_s
    pause_s = LOOK_S if allowed.alone else LOOK_AROUND_S
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=min(pause_s, max(0.0, ends - time.monotonic())))
                return ""
            found = _overstepped(look)
            if found or time.monotonic() >= ends:
                return found or TOO_LONG
    finally:
        _end(process, look.known)


def _overstepped(look: _Look) -> str:
    allowed = look.allowed
    if overfull(look.folder, allowed.disk_bytes, allowed.entries):
        return TOO_MUCH
    if allowed.alone:
        return ""
    for each in _members(look.leader):
        look.known.setdefault(each.pid, each)
    alive = [each for each in look.known.values() if each.is_running() and _lives(each)]
    if len(alive) > allowed.processes:
        return TOO_MANY
    if _memory(alive) > allowed.memory_bytes:
        return TOO_LARGE
    return TOO_MUCH if _hides_too_much(alive, look) else ""


def _members(leader: int) -> list[psutil.Process]:
    """The processes of its group, and on systems where it could leave that, its descendants."""
    found = []
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.name == "posix" and os.getpgid(pid) == leader:
                found.append(psutil.Process(pid))
    if sys.platform != "linux":
        with suppress(psutil.Error):
            found += psutil.Process(leader).children(recursive=True)
    return found


def _memory(processes: list[psutil.Process]) -> int:
    """What they take together; where it can be told, what forked ones share counts once."""
    taken = 0
    for each in processes:
        with suppress(psutil.Error):
            taken += _proportional(each.pid) or each.memory_info().rss
    return taken


def _proportional(pid: int) -> int:
    if sys.platform == "linux":
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    return 0


def _hides_too_much(processes: list[psutil.Process], look: _Look) -> bool:
    """Files that were removed and are still open take room as well."""
    sizes: dict[tuple[int, int], int] = {}
    try:
        for each in processes if sys.platform == "linux" else ():
            sizes |= _removed_and_open(each.pid)
    except PermissionError:  # root in a container: all that it can see is how full the disk is
        return look.free - _free(look.folder) > _DISK_IS_SHARED * look.allowed.disk_bytes
    return sum(sizes.values()) > look.allowed.disk_bytes


def _removed_and_open(pid: int) -> dict[tuple[int, int], int]:
    sizes: dict[tuple[int, int], int] = {}
    with suppress(FileNotFoundError, ProcessLookupError):
        for place in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                is_now = place.stat()
                if stat.S_ISREG(is_now.st_mode) and is_now.st_nlink == 0:
                    sizes[is_now.st_dev, is_now.st_ino] = is_now.st_size
    return sizes


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _end(process: subprocess.Popen[bytes], known: dict[int, psutil.Process]) -> None:
    """Kill the whole group at once, then wait until the last of it has gone."""
    if os.name != "posix":
        process.kill()
        process.wait()
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for each in known.values():
        with suppress(psutil.Error):
            each.kill()
    process.wait()
    ends = time.monotonic() + GONE_S
    while time.monotonic() < ends and any(map(_lives, _members(process.pid))):
        time.sleep(0.01)


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False
