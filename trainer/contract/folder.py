"""The run folder: the only thing that passes between app, trainer and a person who looks."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

Command = Literal["save-and-stop", "discard", "pause", "resume"]
COMMANDS: tuple[str, ...] = get_args(Command)
# How a trainer's process ends; its events tell more, but a full disk may take no event any more.
EXIT_DONE, EXIT_FAILED, EXIT_BUSY, EXIT_DISK_FULL = 0, 1, 5, 6


@dataclass(frozen=True)
class RunFolder:
    """Names every file of a run."""

    root: Path

    @property
    def spec(self) -> Path:
        return self.root / "run.json"

    @property
    def parent(self) -> Path:
        return self.root / "parent"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def events(self) -> Path:
        return self.root / "events.jsonl"

    @property
    def cycle_events(self) -> Path:
        return self.root / "cycle.jsonl"

    @property
    def control(self) -> Path:
        return self.root / "control"

    @property
    def heartbeat(self) -> Path:
        return self.root / "heartbeat"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is a state to go on from; each of several stages keeps its own."""
        return any(self.checkpoints.rglob("step-*"))

    @property
    def adapter(self) -> Path:
        return self.root / "adapter"

    @property
    def adapter_gguf(self) -> Path:
        return self.adapter / "adapter.gguf"

    @property
    def losses(self) -> Path:
        return self.root / "losses.json"

    @property
    def parity(self) -> Path:
        return self.root / "parity.json"

    @property
    def choices(self) -> Path:
        return self.root / "choices.json"

    @property
    def taught(self) -> Path:
        return self.root / "taught.json"

    @property
    def report(self) -> Path:
        return self.root / "report.json"

    @property
    def report_page(self) -> Path:
        return self.root / "report.html"

    @property
    def training_log(self) -> Path:
        return self.root / "TRAINING_LOG.md"


def stage_folder(data: Path, name: str) -> Path:
    """Where the data of one stage of several lies."""
    return data / "stages" / name


def write_atomically(path: Path, text: str) -> None:
    """Replace a file so that a reader sees the old or the new one, never half of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON lines of a file; a torn last line (a writer was killed) is left out."""
    for _, row in read_rows_from(path, 0):
        yield row


def read_rows_from(path: Path, offset: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Complete JSON lines after `offset`, each with the offset behind it."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            offset += len(line)
            if not line.endswith(b"\n"):
                return
            try:
                row = json.loads(line)
            except ValueError:
                continue  # a line torn by a kill and continued by the next writer
            if isinstance(row, dict):
                yield offset, row


class EventWriter:
    """Appends numbered events to a file; one writer a file, it goes on where the last ended."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._seq = max((int(row.get("seq", 0)) for row in read_rows(path)), default=0)
        self._torn = path.exists() and is_torn(path)
        # Unbuffered: what a full disk refused must not come out later, or at the closing.
        self._file = path.open("ab", buffering=0)

    def write(self, event: Mapping[str, Any]) -> None:
        """Append one event, numbered and timed, and hand it to the system at once."""
        row = {**event, "seq": self._seq + 1, "time": round(time.time(), 3), "version": 1}
        line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
        if self._torn:
            line = b"\n" + line
        self._torn = True
        written = self._file.write(line)
        if written != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._file.name))
        self._torn = False
        self._seq += 1

    def close(self) -> None:
        self._file.close()


def is_torn(path: Path) -> bool:
    """Whether the last line of a file lacks its end."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


@dataclass(frozen=True)
class Control:
    """The last command that somebody gave to a run."""

    seq: int
    command: str


def read_control(folder: RunFolder) -> Control | None:
    """The command that stands in the control file, if there is a valid one."""
    try:
        row = json.loads(folder.control.read_text("utf-8"))
        control = Control(int(row["seq"]), str(row["command"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return control if control.command in COMMANDS else None


def send_control(folder: RunFolder, command: Command) -> int:
    """Give a run a command; the number comes back in its `control_applied` event."""
    before = read_control(folder)
    seq = max(before.seq if before else 0, int(time.time() * 1000)) + 1
    write_atomically(folder.control, json.dumps({"seq": seq, "command": command}))
    return seq


def beat(folder: RunFolder) -> None:
    """Tell that a worker is alive: a lock says nothing on a synced folder."""
    row = {"host": socket.gethostname(), "pid": os.getpid(), "time": time.time()}
    folder.heartbeat.write_text(json.dumps(row), "utf-8")
