"""Runs pip, tells in words how far it is, and turns its failures into known errors."""

from __future__ import annotations

import queue
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from app.errors import PerennialError

REPORT_EVERY_S = 10.0
_KEPT_LINES = 200
_DOWNLOADING = re.compile(r"\s*Downloading (?:\S*/)?([A-Za-z0-9_.]+?)-\d\S*\.whl \(([^)]+)\)")
_CACHED = re.compile(r"\s*Using cached (?:\S*/)?([A-Za-z0-9_.]+?)-\d\S*\.whl")
_AGAIN = "start again: what was downloaded is kept."

# What pip says, the kind, and what happened; the first that is found counts.
_FAILURES = (
    (
        r"No space left on device|Errno 28|disk quota exceeded|not enough space on the disk",
        "setup_disk_full",
        "The disk is full.",
        f"Free some space and {_AGAIN}",
    ),
    (
        r"NewConnectionError|NameResolutionError|Temporary failure in name resolution"
        r"|Failed to establish a new connection|Network is unreachable|ConnectTimeout"
        r"|ReadTimeout|Read timed out|Connection refused|ProxyError|getaddrinfo failed"
        r"|Connection aborted|IncompleteRead|Connection broken",
        "setup_offline",
        "The package index cannot be reached.",
        f"Connect to the internet and {_AGAIN}",
    ),
    (
        r"Permission denied|Read-only file system|Errno 13|Errno 30|Access is denied",
        "setup_read_only",
        "A folder cannot be written to.",
        f"Make it writable for your user, close other windows of Perennial, and {_AGAIN}",
    ),
    (
        r"No matching distribution|requires a different Python|ResolutionImpossible",
        "setup_unavailable",
        "A package is not to be had for this Python and system.",
        "Perennial runs on Python 3.11 to 3.13 on Linux, macOS and Windows, 64 bit.",
    ),
)


def run_pip(
    python: Path, arguments: Sequence[str], title: str, tell: Callable[[str], None], log: Path
) -> None:
    """Run pip to its end, with a line of progress every ten seconds and its words in `log`."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += [*arguments, "--progress-bar", "off"]
    began = time.monotonic()
    tell(f"{title}.")
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        lines = _follow(process, began, tell, log)
        code = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if code:
        raise explained("\n".join(lines), log)
    tell(f"Done in {time.monotonic() - began:.0f} s.")


def explained(said: str, log: Path) -> PerennialError:
    """What pip's last words mean to a person."""
    for pattern, kind, text, next_step in _FAILURES:
        found = re.search(pattern, said, re.IGNORECASE)
        if found:
            detail = _line_around(said, found) if kind != "setup_offline" else ""
            return PerennialError(f"{text} {detail}".strip(), next_step, kind=kind)
    errors = [line for line in said.splitlines() if "ERROR" in line] or said.splitlines()
    return PerennialError(
        f"pip failed: {errors[-1].strip() if errors else 'it gave no reason'}",
        f"Start again; if it fails again, its words stand in {log}.",
        kind="setup_failed",
    )


def _line_around(said: str, found: re.Match[str]) -> str:
    start = said.rfind("\n", 0, found.start()) + 1
    end = said.find("\n", found.end())
    line = said[start : end if end >= 0 else len(said)]
    return f"({line.removeprefix('ERROR: ').strip()[:160]})"


def _follow(
    process: subprocess.Popen[str], began: float, tell: Callable[[str], None], log: Path
) -> deque[str]:
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    lines: queue.Queue[str | None] = queue.Queue()
    assert process.stdout is not None
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    state = "looking up versions"
    told = began
    with log.open("w", encoding="utf-8") as file:
        while True:
            try:
                line = lines.get(timeout=1.0)
            except queue.Empty:
                line = ""
            if line is None:
                break
            if line:
                file.write(line)
                last.append(line.rstrip("\n"))
                state = state_of(line) or state
            if time.monotonic() - told >= REPORT_EVERY_S:
                told = time.monotonic()
                tell(f"  {told - began:.0f} s: {state}")
    reader.join()
    return last


def _read(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def state_of(line: str) -> str:
    """What a line of pip's output says about how far it is; empty when nothing new."""
    if found := _DOWNLOADING.match(line):
        return f"downloading {found[1]} ({found[2]})"
    if found := _CACHED.match(line):
        return f"{found[1]} was downloaded before"
    if line.startswith("Installing collected packages:"):
        return f"putting {line.count(',') + 1} packages in place"
    if "Preparing" in line or "Building" in line:
        return "preparing Perennial itself"
    return ""
