"""`perennial doctor`: looks at everything that Perennial stands on, and says what to do."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

import psutil

from app import starter
from app.evaluation.sandbox_means import Means, isolation, means
from app.home import Home
from app.input_methods import input_method
from app.installation import GB
from app.store.backups import finding
from app.store.faults import damaged
from app.system_libraries import (
    RUNTIME_LIBRARIES,
    WINDOW_LIBRARIES,
    install_command,
    missing,
)
from app.training_findings import Finding, runtime, training
from ollama_bridge import ollama
from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.strategies import refuses_adapters
from ollama_bridge.errors import OllamaError

__all__ = ["Finding", "examine"]

LITTLE_DISK_BYTES = 5 * GB
LITTLE_MEMORY_BYTES = 4 * GB
_FONTS_TIMEOUT_S = 20.0


def examine(home: Home) -> list[Finding]:
    """Everything that was found; takes some seconds when torch is installed."""
    checks: tuple[Callable[[Home], Iterator[Finding]], ...] = (
        _python,
        _packages,
        _libraries,
        _fonts,
        _input_method,
        _home_folder,
        _database,
        _memory,
        _sandbox,
        _starter,
        runtime,
        _ollama,
        training,
    )
    return [finding for check in checks for finding in check(home)]


def _python(_home: Home) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    known = (3, 11) <= sys.version_info[:2] <= (3, 13)
    step = "" if known else "Install Python 3.13 and start again with: python3.13 start.py"
    yield Finding("python", "ok" if known else "bad", f"Python {version}, {sys.platform}", step)


def _packages(_home: Home) -> Iterator[Finding]:
    absent = missing_packages()
    if absent:
        yield Finding(
            "packages",
            "bad",
            f"Packages are missing: {', '.join(absent)}.",
            "Put them back with: python3 start.py setup",
        )
    else:
        yield Finding("packages", "ok", "Every package of the window and chat is there.")


def missing_packages() -> list[str]:
    """Required packages that are not installed; those of the extras do not count."""
    try:
        required = importlib.metadata.requires("perennial") or []
    except importlib.metadata.PackageNotFoundError:
        return ["perennial"]
    names = [_name(line) for line in required if "extra ==" not in line]
    return [name for name in names if not _is_installed(name)]


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found[0] if found else requirement


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _libraries(_home: Home) -> Iterator[Finding]:
    for name, libraries in (("window", WINDOW_LIBRARIES), ("runtime", RUNTIME_LIBRARIES)):
        absent = missing(libraries)
        if not absent:
            yield Finding(f"libraries_{name}", "ok", f"The {name} has its system libraries.")
            continue
        command = install_command(absent)
        yield Finding(
            f"libraries_{name}",
            "bad",
            f"The {name} lacks: {', '.join(library.file for library in absent)}.",
            f"Install with: sudo {command}" if command else "Install them with your system.",
        )


def _fonts(_home: Home) -> Iterator[Finding]:
    if not sys.platform.startswith("linux"):
        return
    listing = shutil.which("fc-list")
    if listing is None:
        yield Finding(
            "fonts",
            "warn",
            "Fonts cannot be listed.",
            "Install with: sudo apt-get install fontconfig",
        )
        return
    wanted = (
        ("fonts_korean", ":lang=ko", "Korean", "fonts-noto-cjk"),
        ("fonts_emoji", ":charset=1f600", "Emoji", "fonts-noto-color-emoji"),
    )
    for name, pattern, what, package in wanted:
        found = subprocess.run(
            [listing, pattern, "family"],
            capture_output=True,
            text=True,
            timeout=_FONTS_TIMEOUT_S,
            check=False,
        ).stdout.strip()
        if found:
            yield Finding(name, "ok", f"{what}: {found.splitlines()[0].split(',')[0]}")
        else:
            yield Finding(
                name,
                "warn",
                f"No font has the letters for {what}; they are shown as boxes.",
                f"Install with: sudo apt-get install {package}",
            )


def _input_method(_home: Home) -> Iterator[Finding]:
    yield from input_method()


def _home_folder(home: Home) -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=home.root) as file:
            file.write(b"0")
    except OSError as error:
        yield Finding(
            "home",
            "bad",
            f"{home.root} cannot be written to: {error.strerror or error}.",
            "Make it writable and see to the space on its disk, or choose another with --home.",
        )
        return
    yield Finding("home", "ok", f"{home.root} can be written to.")
    free = shutil.disk_usage(home.root).free
    little = free < LITTLE_DISK_BYTES
    yield Finding(
        "disk",
        "warn" if little else "ok",
        f"{free / GB:.1f} GB free at {home.root}.",
        f"A training and its packages want {LITTLE_DISK_BYTES / GB:.0f} GB." if little else "",
    )


def _database(home: Home) -> Iterator[Finding]:
    if not home.database.exists():
        return
    if finding(home.database) == "ok":
        yield Finding("database", "ok", f"The database is whole: {home.database}")
        return
    error = damaged(home)
    yield Finding("database", "bad", f"{error.text} {error.kept}", error.next_step)


def _memory(_home: Home) -> Iterator[Finding]:
    memory = psutil.virtual_memory()
    little = memory.total < LITTLE_MEMORY_BYTES
    yield Finding(
        "memory",
        "warn" if little else "ok",
        f"{memory.total / GB:.1f} GB, {memory.available / GB:.1f} GB of it free.",
        "Training the starter model wants 4 GB." if little else "",
    )


def _sandbox(_home: Home) -> Iterator[Finding]:
    open_ = means() in (Means.JOB, Means.NONE)
    yield Finding("sandbox", "warn" if open_ else "ok", isolation())


def _starter(home: Home) -> Iterator[Finding]:
    place = starter.find_starter(home.root)
    if place is not None and starter.is_whole(place, read_again=True):
        yield Finding("starter", "ok", f"The starter model is whole: {place}")
    elif (home.models / starter.FILE_NAME).exists():
        yield Finding(
            "starter",
            "bad",
            "The starter model is damaged.",
            "Fetch it again with: python3 start.py setup",
        )
    else:
        yield Finding(
            "starter",
            "warn",
            "The starter model is not in this home.",
            "Fetch it with: python3 start.py setup",
        )


def _ollama(_home: Home) -> Iterator[Finding]:
    server = ollama.find()
    if server is None:
        yield Finding("ollama", "ok", "No Ollama answers here; the built-in runtime needs none.")
    else:
        try:
            with OllamaApi(server.address) as api:
                way = "through a registry of ours" if refuses_adapters(api) else "as they are"
        except OllamaError as error:
            yield Finding("ollama", "warn", error.text, error.next_step)
            return
        told = f"Ollama {server.version} at {server.address}; it takes adapters {way}."
        yield Finding("ollama", "ok", told)
