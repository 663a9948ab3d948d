"""What a stranger may know of this installation to help with it: nothing that anybody said."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.errors import PerennialError
from app.home import Home
from app.operations.computer import Computer, this_computer
from app.operations.scrubbing import Scrubber
from app.store.inventory import Inventory, take_inventory
from app.training_findings import Finding

LOG_LINES = 200
_LOG_TAIL_BYTES = 400_000
WINDOW_LOG, RUNTIME_LOG = "window.log", "runtime.log"
PACKAGES = (
    "perennial", "PySide6-Essentials", "xllamacpp", "llama-cpp-python", "ollama", "httpx",
    "pydantic", "torch", "transformers", "peft", "accelerate", "bitsandbytes", "trl",
)  # fmt: skip
# Told with their values, which are chosen from a list; of all others only that they are kept.
_PLAIN_SETTINGS = {
    "theme": r"system|light|dark",
    "language": r"[a-z]{2}",
    "font_scale": r"\d{2,3}",
}
# They name the user's models: only how many there are of each is told.
_NAMES_MODELS = ("trainable", "chat_only")


def diagnostics(home: Home, findings: Sequence[Finding] = ()) -> str:
    """A text of some pages; `findings` are the doctor's, where somebody had them looked for."""
    try:
        found: Inventory | None = take_inventory(home)
        trouble = ""
    except PerennialError as error:
        found, trouble = None, error.kind
    scrubber = Scrubber(found.names if found else (), (home.root, home.root.resolve()))
    parts = [
        ("Perennial", [f"made {datetime.now(UTC).isoformat(timespec='seconds')}"]),
        ("Versions", list(_versions())),
        ("Computer", list(_computer(this_computer(home), scrubber))),
        ("Findings", list(_findings(findings, scrubber))),
        ("Rows", [f"{name}: {count}" for name, count in found.tables.items()] if found else []),
        ("Settings", list(_settings(found.settings)) if found else []),
    ]
    if found is None:
        # Without the names of the home nobody can take them out of its logs.
        parts.append(("Database", [f"cannot be read: {trouble}; the logs are left out"]))
    else:
        logs = home.logs
        parts += [
            (WINDOW_LOG, list(scrubber.window_log(_tail(logs / WINDOW_LOG)))),
            (RUNTIME_LOG, list(scrubber.runtime_log(_tail(logs / RUNTIME_LOG)))),
        ]
    return "\n".join(line for title, lines in parts for line in _part(title, lines))


def save(text: str, path: Path) -> Path:
    """Write what was shown into a file of the user's choosing."""
    path.write_text(text, "utf-8")
    return path


def versions() -> dict[str, str]:
    """The packages that matter and are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _part(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"== {title}"
    yield from lines or ["nothing"]
    yield ""


def _versions() -> Iterator[str]:
    yield f"python {platform.python_version()}, {platform.platform()}, {platform.machine()}"
    yield from (f"{name} {version}" for name, version in versions().items())


def _computer(computer: Computer, scrubber: Scrubber) -> Iterator[str]:
    def gib(size: int) -> str:
        return f"{size / (1 << 30):.1f} GiB"

    yield f"processor: {scrubber.line(computer.processor)}, {computer.cores} cores"
    yield f"memory: {gib(computer.memory_bytes)}, free {gib(computer.free_memory_bytes)}"
    for card in computer.cards:
        name = scrubber.line(card.name)
        yield f"card: {name}, {gib(card.memory_bytes)}, free {gib(card.free_bytes)}"
    yield f"disk of the home: free {gib(computer.free_disk_bytes)}"
    yield f"a training is under way: {'yes' if computer.trains else 'no'}"


def _findings(findings: Sequence[Finding], scrubber: Scrubber) -> Iterator[str]:
    models = Counter(each.name for each in findings if each.name in _NAMES_MODELS)
    for each in findings:
        if each.name not in _NAMES_MODELS:
            yield f"{each.state} {each.name}: {scrubber.line(each.text)}"
    yield from (f"models, {name}: {count}" for name, count in models.items())


def _settings(settings: Mapping[str, Any]) -> Iterator[str]:
    """Keys without what stands behind a colon: that is a persona's name."""
    kept: Counter[str] = Counter()
    for key, value in settings.items():
        head = re.match(r"[a-z_.]+(?=:|$)", key)
        form = _PLAIN_SETTINGS.get(key)
        if form is not None and re.fullmatch(form, str(value)):
            yield f"{key}: {value}"
        elif head is not None and isinstance(value, bool):
            yield f"{head[0]}: {'on' if value else 'off'}"
        elif head is not None:
            kept[head[0]] += 1
    yield from (f"{name}: kept" + (f", {n} times" if n > 1 else "") for name, n in kept.items())


def _tail(path: Path) -> list[str]:
    """The last lines of a log; of a long one only its end is read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _LOG_TAIL_BYTES))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return lines[-LOG_LINES:]
