"""Whether the system ended a process for want of memory: the killed one cannot say it."""

from __future__ import annotations

from pathlib import Path

KILLED = -9
COUNTER = "oom_kill"
_VMSTAT = Path("/proc/vmstat")
_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def counter_files() -> tuple[Path, ...]:
    """Where Linux counts such ends: of the machine, and of the group that this process is in."""
    try:
        groups = [line.split(":", 2) for line in _OWN_GROUP.read_text("utf-8").splitlines()]
    except OSError:
        return ()
    return (_VMSTAT, *(file for _, kinds, place in groups for file in _of_group(kinds, place)))


def _of_group(kinds: str, place: str) -> list[Path]:
    """The count of a group of either generation."""
    if not kinds:
        return [_GROUPS / place.lstrip("/") / "memory.events"]
    if "memory" in kinds.split(","):
        return [_GROUPS / "memory" / place.lstrip("/") / "memory.oom_control"]
    return []


class MemoryKills:
    """Compares the system's count of such ends with what it was."""

    def __init__(self, files: tuple[Path, ...] | None = None) -> None:
        self._files = counter_files() if files is None else files
        self._before = self._counts()

    def explain(self, code: int | None) -> bool:
        """Whether a process that ended with this code (None if nobody knows) was ended so."""
        before, self._before = self._before, self._counts()
        rose = any(count > before.get(file, count) for file, count in self._before.items())
        return rose and code in (KILLED, None)

    def _counts(self) -> dict[Path, int]:
        counts = {}
        for file in self._files:
            try:
                lines = file.read_text("utf-8").splitlines()
                counts[file] = sum(int(n) for n in _of_counter(lines))
            except (OSError, ValueError):
                continue  # another system, or a group of another kind
        return counts


def _of_counter(lines: list[str]) -> list[str]:
    return [line.split()[1] for line in lines if line.split()[:1] == [COUNTER]]
