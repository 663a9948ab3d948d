"""What this computer is: what would chat and train, what there is of it, and what is installed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from app import training_environment
from app.cycle.device import chat_unloaded_by
from app.home import Home
from app.operations.choosing_bases import BaseCard, base_cards
from app.store import Store

_ASK_TIMEOUT_S = 20.0
_MIB = 1 << 20


@dataclass(frozen=True)
class GraphicsCard:
    """A card that the driver names, with its memory."""

    name: str
    memory_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Computer:
    """The parts that decide how large a model can be."""

    processor: str
    cores: int
    memory_bytes: int
    free_memory_bytes: int
    cards: tuple[GraphicsCard, ...]
    shared_memory: bool
    """Whether the graphics processor takes its memory from that of the computer, as in a Mac."""
    disk_bytes: int
    free_disk_bytes: int
    trains: str
    """Whose training has chat out of memory now; empty where none has."""


@dataclass(frozen=True)
class TrainingPackages:
    """What only a training needs: whether it is installed, and what it takes."""

    missing: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    size: str

    @property
    def ready(self) -> bool:
        return not self.missing


@dataclass(frozen=True)
class ModelsHere:
    """This computer, the bases of this home, and what a training needs."""

    computer: Computer
    bases: tuple[BaseCard, ...]
    packages: TrainingPackages


def look_around(store: Store) -> ModelsHere:
    """All three; takes a second where bases are large, so never in a window's thread."""
    return ModelsHere(this_computer(store.home), tuple(base_cards(store)), training_packages())


def this_computer(home: Home) -> Computer:
    """What is here now."""
    memory, disk = psutil.virtual_memory(), shutil.disk_usage(home.root)
    use = chat_unloaded_by(home)
    return Computer(
        processor_name(),
        psutil.cpu_count(logical=False) or os.cpu_count() or 1,
        memory.total,
        memory.available,
        graphics_cards(),
        sys.platform == "darwin" and platform.machine() == "arm64",
        disk.total,
        disk.free,
        use.persona if use is not None else "",
    )


def training_packages() -> TrainingPackages:
    """Read without importing any of them."""
    missing = training_environment.missing()
    versions = tuple(
        (name, importlib.metadata.version(name))
        for name in training_environment.MODULES
        if name not in missing
    )
    return TrainingPackages(missing, versions, training_environment.size_text())


def processor_name() -> str:
    """As its maker calls it, where the system tells."""
    if sys.platform == "darwin":
        told = _said("sysctl", "-n", "machdep.cpu.brand_string").strip()
    else:
        told = _from_cpuinfo()
    return told or platform.processor() or platform.machine()


def _from_cpuinfo() -> str:
    try:
        listed = Path("/proc/cpuinfo").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^model name\s*:\s*(.+)$", listed, re.MULTILINE)
    return found[1].strip() if found else ""


def graphics_cards() -> tuple[GraphicsCard, ...]:
    """The NVIDIA cards, as far as their driver answers."""
    said = _said(
        "nvidia-smi",
        "--query-gpu=name,memory.total,memory.free",
        "--format=csv,noheader,nounits",
    )
    found = re.findall(r"^(.+), *(\d+), *(\d+)$", said, re.MULTILINE)
    return tuple(
        GraphicsCard(name.strip(), int(total) * _MIB, int(free) * _MIB)
        for name, total, free in found
    )


def _said(command: str, *arguments: str) -> str:
    place = shutil.which(command)
    if place is None:
        return ""
    try:
        ran = subprocess.run(
            [place, *arguments],
            capture_output=True,
            text=True,
            timeout=_ASK_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout if ran.returncode == 0 else ""
