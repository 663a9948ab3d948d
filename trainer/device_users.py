"""Which programs hold the device: ours and Ollama's told apart, since these can be asked to go."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from trainer.contract.fitting import gigabytes

Owner = Literal["ours", "ollama", "other"]

MOST_TOLD = 5
# Less than this is no reason to close anything.
WORTH_TELLING_MB = 200.0
_OURS = ("-m ollama_bridge.runtime", "-m trainer", "-m app.cli")


@dataclass(frozen=True)
class Process:
    """A process as far as it matters here; `above` are the names of those that started it."""

    pid: int
    name: str
    command: str
    mb: float | None
    above: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeviceUser:
    """A program that holds part of the device; the system may keep its share to itself."""

    name: str
    owner: Owner
    mb: float | None
    pids: tuple[int, ...]

    @property
    def words(self) -> str:
        """Who it is, how much it holds, and whether it can be asked to go."""
        held = "memory of this device" if self.mb is None else gigabytes(self.mb)
        can = {"ours": "its runtime can be unloaded", "ollama": "its models can be unloaded"}
        tail = f"; {can[self.owner]}" if self.owner in can else ""
        return f"{self.name} holds {held}{tail}"


def owner_of(process: Process) -> Owner:
    """Whose process it is: Ollama's runners carry another name, but Ollama started them."""
    names = (process.name, *process.above)
    if any(name.lower().startswith("ollama") for name in names):
        return "ollama"
    if process.name.lower().startswith("perennial"):
        return "ours"
    return "ours" if any(mark in process.command for mark in _OURS) else "other"


_NAMES: dict[Owner, str] = {"ours": "Perennial", "ollama": "Ollama"}


def device_users(processes: Iterable[Process], *, own_pid: int) -> list[DeviceUser]:
    """Those that hold most, each program once, ours and Ollama's first; never this training."""
    grouped: dict[tuple[Owner, str], list[Process]] = {}
    for process in processes:
        if process.pid == own_pid:
            continue
        owner = owner_of(process)
        grouped.setdefault((owner, _NAMES.get(owner, process.name)), []).append(process)
    users = [
        DeviceUser(name, owner, _sum(each), tuple(sorted(p.pid for p in each)))
        for (owner, name), each in grouped.items()
    ]
    told = [user for user in users if user.mb is None or user.mb >= WORTH_TELLING_MB]
    told.sort(key=lambda user: (user.owner == "other", -(user.mb or 0.0), user.name))
    return told[:MOST_TOLD]


def _sum(processes: Sequence[Process]) -> float | None:
    known = [process.mb for process in processes if process.mb is not None]
    return round(sum(known), 1) if known else None


def read_users(kind: str) -> list[DeviceUser]:
    """Who holds the device now; on unified memory and processors that is the main memory."""
    processes = _on_cuda() if kind == "cuda" else _in_memory()
    return device_users(processes, own_pid=os.getpid())


@contextmanager
def _nvml() -> Iterator[Any]:
    """NVIDIA's library for what its driver knows, or None where there is none."""
    try:
        import pynvml
    except ImportError:
        yield None
        return
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield None
        return
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()


def driver_version() -> str:
    """The version of NVIDIA's driver; empty where there is none."""
    with _nvml() as nvml:
        if nvml is None:
            return ""
        with suppress(nvml.NVMLError):
            return str(nvml.nvmlSystemGetDriverVersion())
    return ""


def _on_cuda() -> list[Process]:
    held: dict[int, float | None] = {}
    with _nvml() as nvml:
        if nvml is None:
            return []
        with suppress(nvml.NVMLError):
            card = nvml.nvmlDeviceGetHandleByIndex(0)
            for ask in (
                nvml.nvmlDeviceGetComputeRunningProcesses,
                nvml.nvmlDeviceGetGraphicsRunningProcesses,
            ):
                for each in ask(card):
                    bytes_held = each.usedGpuMemory  # None where the driver does not tell
                    held[each.pid] = None if bytes_held is None else bytes_held / 2**20
    return [_process(pid, mb) for pid, mb in held.items()]


def _in_memory() -> list[Process]:
    found = []
    for process in psutil.process_iter(["pid", "memory_info"]):
        memory = process.info["memory_info"]
        mb = memory.rss / 2**20 if memory is not None else 0.0
        if mb >= WORTH_TELLING_MB / 4:  # a browser is many small ones
            found.append(_process(process.info["pid"], mb))
    return found


def _process(pid: int, mb: float | None) -> Process:
    try:
        process = psutil.Process(pid)
        name, above = process.name(), tuple(each.name() for each in process.parents())
    except psutil.Error:
        return Process(pid, f"process {pid}", "", mb)
    with suppress(psutil.Error):
        return Process(pid, name, " ".join(process.cmdline()), mb, above)
    return Process(pid, name, "", mb, above)
