"""The memory that a container or a service leaves to its processes, where Linux bounds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_MIB = 2**20
_GROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def limited_mb(groups: Path = _GROUPS, own: Path = _OWN) -> tuple[float, float] | None:
    """What the narrowest bound allows in all and what is free of it; None without a bound.

    The machine's own figures say nothing of it: a process that believed them would be killed.
    """
    found = [each for each in map(_bound, _above(groups, own)) if each is not None]
    return min(found, key=lambda each: each[1]) if found else None


def _above(groups: Path, own: Path) -> Iterator[Path]:
    """The group of this process and all that hold it."""
    try:
        lines = own.read_text("ascii").splitlines()
    except (OSError, ValueError):
        return
    place = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if place is None:
        return
    folder = groups / place
    while folder != groups and groups in folder.parents:
        yield folder
        folder = folder.parent
    yield groups


def _bound(folder: Path) -> tuple[float, float] | None:
    try:
        most = (folder / "memory.max").read_text("ascii").strip()
        if most == "max":
            return None
        held = int((folder / "memory.current").read_text("ascii"))
        total = int(most)
    except (OSError, ValueError):
        return None
    # Pages of files go as soon as somebody needs the memory.
    free = total - held + _of_files(folder / "memory.stat")
    return total / _MIB, max(0, min(total, free)) / _MIB


def _of_files(stat: Path) -> int:
    try:
        rows = dict(line.split() for line in stat.read_text("ascii").splitlines())
        return int(rows.get("inactive_file", 0)) + int(rows.get("active_file", 0))
    except (OSError, ValueError):
        return 0
