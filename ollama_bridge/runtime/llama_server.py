"""Finding a `llama-server` on this machine that computes on a GPU, Ollama's own among them.

The wheel of `xllamacpp` computes on the processor, on macOS with Metal: there nothing is looked
for. Elsewhere a `llama-server` that is there already often has a GPU. `PERENNIAL_LLAMA_SERVER`
names one to use whatever it computes on, or is `off` for none.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ollama_bridge.runtime.protocol import FileMark

VARIABLE = "PERENNIAL_LLAMA_SERVER"
OFF = "off"
# A driver that wakes up a card, or a virus scanner over a gigabyte of libraries, takes its time.
PROBE_TIMEOUT_S = 20.0
NEEDED = frozenset(
    {
        "--alias", "--ctx-size", "--host", "--list-devices", "--lora", "--lora-init-without-apply",
        "--model", "--parallel", "--port", "--reasoning-format", "--threads", "LLAMA_API_KEY",
    }
)  # fmt: skip
# The older CUDA's libraries know every card that the newer one's know, and more.
BACKENDS = ("cuda_v12", "cuda", "rocm", "vulkan")
# Settings of a user's own server, tools that run commands among them, are not for this one.
SERVER_SETTINGS = "LLAMA_ARG_"

_MIB = 1 << 20
_FLAG = re.compile(r"(?<![\w-])(?:--[a-z][a-z-]+|LLAMA_API_KEY)\b")
_INTEGRATED = re.compile(r"ggml_vulkan:\s+(\d+)\s+=.*\|\s+uma:\s+1\s+\|")
_DEVICE = re.compile(r"^\s+(.+?):\s+(.+?)\s+\((\d+) MiB, (\d+) MiB free\)\s*$", re.MULTILINE)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Device:
    """A card as `llama-server --list-devices` tells of it."""

    name: str
    description: str
    total_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Binary:
    """A `llama-server` with one way to run it, and what it can do."""

    path: str
    backend: str | None = None
    """The library of its GPU code, where that lies in a folder of its own."""
    flags: frozenset[str] = frozenset()
    devices: tuple[Device, ...] = ()

    @property
    def gpu_bytes(self) -> int | None:
        """The free memory of its cards; none for one that computes on the processor."""
        return sum(device.free_bytes for device in self.devices) if self.devices else None

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """What its process is to see of this one's environment, and where its libraries lie."""
        kept = {
            name: value for name, value in environ.items() if not name.startswith(SERVER_SETTINGS)
        }
        if self.backend is None:
            return kept
        variable = {"win32": "PATH", "darwin": "DYLD_LIBRARY_PATH"}.get(
            sys.platform, "LD_LIBRARY_PATH"
        )
        folders = [str(Path(self.path).parent), str(Path(self.backend).parent)]
        kept[variable] = os.pathsep.join([*folders, *filter(None, [kept.get(variable)])])
        kept["GGML_BACKEND_PATH"] = self.backend
        return kept

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "flags": sorted(self.flags)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Binary:
        """Out of plain JSON values."""
        devices = tuple(Device(**each) for each in found["devices"])
        return cls(found["path"], found["backend"], frozenset(found["flags"]), devices)


def find(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Binary | None:
    """The `llama-server` to serve with, if one is better than `xllamacpp`."""
    told = environ.get(VARIABLE, "")
    if told == OFF or (platform == "darwin" and not told):
        return None
    for path in [Path(told)] if told else candidates(environ, platform):
        for binary in ways(path):
            seen = examine(binary, environ, told=bool(told))
            if seen is not None and preferred(seen, told=bool(told)):
                names = [device.description for device in seen.devices]
                log.info("%s serves, on %s", path, ", ".join(names) or "the processor")
                return seen
    if told:
        log.warning("%s cannot serve here; xllamacpp does", told)
    return None


def preferred(binary: Binary, *, told: bool) -> bool:
    """Whether it is better than `xllamacpp`: one that the user named, or one with a GPU."""
    return binary.flags >= NEEDED and (told or bool(binary.devices))


def tellable(adapters: Iterable[FileMark]) -> bool:
    """Whether a command line can name them: in it, a comma parts two adapters."""
    return not any("," in mark.path for mark in adapters)


def candidates(
    environ: Mapping[str, str], platform: str, usual: Sequence[Path] | None = None
) -> list[Path]:
    """Every `llama-server` in the search path, beside an Ollama there, or in the usual places."""
    suffix = ".exe" if platform == "win32" else ""
    search = environ.get("PATH", "")
    found = [shutil.which("llama-server", path=search)]
    ollamas = [shutil.which("ollama", path=search)]
    ollamas += [str(path) for path in (_usual(environ, platform) if usual is None else usual)]
    for ollama in filter(None, ollamas):
        folder = Path(ollama).resolve().parent
        for beside in (folder.parent / "lib" / "ollama", folder / "lib" / "ollama"):
            found.append(str(beside / f"llama-server{suffix}"))
    files = dict.fromkeys(Path(path).resolve() for path in found if path)
    return [path for path in files if path.is_file()]


def _usual(environ: Mapping[str, str], platform: str) -> list[Path]:
    """Where Ollama's installers put it; a window is often started without the search path."""
    if platform == "win32":
        roots = [environ.get("LOCALAPPDATA"), environ.get("PROGRAMFILES")]
        inside = ("Programs/Ollama/ollama.exe", "Ollama/ollama.exe")
        return [Path(root) / end for root, end in zip(roots, inside, strict=True) if root]
    return [Path("/usr/local/bin/ollama"), Path("/usr/bin/ollama")]


def ways(path: Path) -> list[Binary]:
    """With each GPU library that lies in a folder of its own, as Ollama's do, then as it is."""
    libraries = []
    for folder in sorted(path.parent.iterdir()) if path.parent.is_dir() else []:
        rank = next((at for at, each in enumerate(BACKENDS) if folder.name.startswith(each)), None)
        library = next(_gpu_libraries(folder), None) if rank is not None else None
        if library is not None:
            libraries.append((rank, str(library)))
    return [*(Binary(str(path), library) for _, library in sorted(libraries)), Binary(str(path))]


def _gpu_libraries(folder: Path) -> Iterator[Path]:
    for library in sorted(folder.glob("*ggml-*")):
        name = library.name.removeprefix("lib")
        if library.suffix in (".so", ".dll", ".dylib") and not name.startswith(
            ("ggml-base", "ggml-cpu")
        ):
            yield library


def examine(binary: Binary, environ: Mapping[str, str], *, told: bool) -> Binary | None:
    """What it computes on and can do, by its own words; none for one that is of no use."""
    listed = _asked(binary, "--list-devices", environ)
    cards = devices(listed or "")
    if listed is None or not (cards or told):
        return None
    help_text = _asked(binary, "--help", environ) or ""
    return replace(binary, flags=frozenset(_FLAG.findall(help_text)), devices=cards)


def devices(listed: str) -> tuple[Device, ...]:
    """The cards in what `--list-devices` prints.

    A maths library without memory is none, and a card inside the processor is no faster than it.
    """
    integrated = {f"Vulkan{number}" for number in _INTEGRATED.findall(listed)}
    found = (
        Device(name, description, int(total) * _MIB, int(free) * _MIB)
        for name, description, total, free in _DEVICE.findall(listed)
    )
    return tuple(each for each in found if each.total_bytes and each.name not in integrated)


def _asked(binary: Binary, question: str, environ: Mapping[str, str]) -> str | None:
    try:
        answer = subprocess.run(
            [binary.path, question],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=binary.environment(environ),
            timeout=PROBE_TIMEOUT_S,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.info("%s %s: %s", binary.path, question, error)
        return None
    return answer.stdout.decode("utf-8", "replace")
