"""The processes that a campaign causes, found by a mark in their environment."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psutil

from tests.tiny_month import LIMIT_S

MARK = "PERENNIAL_KILLS"
# An ending runtime takes two seconds of its own; a busy machine takes more.
GONE_WITHIN_S = 60.0

Kind = Literal["window", "cycle", "trainer", "supervisor", "server", "other"]

_WORDS: Mapping[str, Kind] = {
    "tests.campaigns.window_driver": "window",
    "app.cli": "cycle",
    "trainer": "trainer",
    "ollama_bridge.runtime": "supervisor",
    "ollama_bridge.runtime.server": "server",
}


@contextmanager
def marking(home: Path) -> Iterator[None]:
    """Every process that is started meanwhile, and what it starts, belongs to this home.

    One thread each for torch, so that a campaign leaves something of the machine.
    """
    changed = {MARK: str(home), "OMP_NUM_THREADS": "1"}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        kill_all(home)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def marked(home: Path) -> list[psutil.Process]:
    """What runs for this home."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == str(home) and alive(process):
                found.append(process)
    return found


def alive(process: psutil.Process) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def kind_of(process: psutil.Process) -> Kind:
    """Which part of the product a process is."""
    with contextlib.suppress(psutil.Error):
        words = process.cmdline()
        if "-m" in words[:-1]:
            return _WORDS.get(words[words.index("-m") + 1], "other")
    return "other"


def of_kind(home: Path, kind: Kind) -> list[psutil.Process]:
    """The processes of one part."""
    return [process for process in marked(home) if kind_of(process) == kind]


def surplus(home: Path, allowed: Mapping[Kind, int]) -> list[str]:
    """The parts of which more run than may."""
    counted = Counter(kind_of(process) for process in marked(home))
    return [f"{n} {kind}" for kind, n in counted.items() if n > allowed.get(kind, 0)]


def settle(
    home: Path, allowed: Mapping[Kind, int], limit_s: float = GONE_WITHIN_S
) -> tuple[list[str], float]:
    """Wait until no more runs than may; what still does, and the seconds that it took."""
    began = time.monotonic()
    while found := surplus(home, allowed):
        if time.monotonic() - began > limit_s:
            break
        time.sleep(0.05)
    return found, time.monotonic() - began


def appears(true: Callable[[], object], limit_s: float = LIMIT_S) -> bool:
    """Whether something comes true within a bound that no healthy machine needs."""
    deadline = time.monotonic() + limit_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def kill(process: psutil.Process) -> bool:
    """Kill -9; whether there was something to kill."""
    try:
        process.kill()
    except psutil.Error:
        return False
    return True


def kill_all(home: Path) -> None:
    """End what a campaign leaves when it is broken off."""
    while found := marked(home):
        for process in found:
            kill(process)
        time.sleep(0.05)
