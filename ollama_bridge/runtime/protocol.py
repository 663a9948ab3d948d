"""What clients and supervisor say to each other: JSON lines over loopback connections.

A connection opens with a hello that carries the runtime's key. The open connection itself is
the lease or the turn: the kernel closes it when a process dies, so nothing has to be told.

    {"op": "lease", "key"}                      held open by each client
        {"op": "serve", "need"}  -> {"gap_s"}
    {"op": "turn", "key", "adapter", ...}       held open for as long as a reply is written
                                 -> {"address", "key", "slot", "adapters"}
    {"op": "status" | "unload", "key"}          one answer
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

HELLO_TIMEOUT_S = 5.0
# A serve may wait for a reply to end, and for a large model to load.
ANSWER_TIMEOUT_S = 1_800.0
LINE_LIMIT_BYTES = 1 << 20
REPLACE_TRIES = 10

FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
# How a supervisor ends that finds no room for its file.
EXIT_DISK_FULL = 6

RUNTIME_FILE = "runtime.json"
START_LOCK = "runtime.start.lock"
ALIVE_LOCK = "runtime.lock"
LOG_FILE = "logs/runtime.log"


class ConnectionEnded(Exception):
    """The supervisor is gone, or was never there."""


@dataclass(frozen=True)
class RuntimeFile:
    """`runtime.json`: where the runtime of a home is, and the key that opens it."""

    port: int
    control_port: int
    key: str
    pid: int

    def write(self, home: Path) -> None:
        """Replace the file atomically, readable by its owner alone."""
        draft = home / f"{RUNTIME_FILE}.{self.pid}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(asdict(self), stream)
            _replace(draft, home / RUNTIME_FILE)
        finally:
            draft.unlink(missing_ok=True)


def _replace(draft: Path, target: Path) -> None:
    for _ in range(REPLACE_TRIES):
        try:
            draft.replace(target)
            return
        except PermissionError:
            # Windows, while a client reads the file.
            time.sleep(0.02)
    draft.replace(target)


def read_runtime_file(home: Path) -> RuntimeFile | None:
    """The runtime of this home, if a readable file names one (it may be gone all the same)."""
    try:
        found = json.loads((home / RUNTIME_FILE).read_text("utf-8"))
        return RuntimeFile(
            int(found["port"]), int(found["control_port"]), str(found["key"]), int(found["pid"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class FileMark:
    """A file as it was when it was asked for: a rewritten adapter is another adapter."""

    path: str
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> FileMark:
        """The mark of a file that exists."""
        found = path.resolve(strict=True)
        stat = found.stat()
        return cls(str(found), stat.st_size, stat.st_mtime_ns)


@dataclass(frozen=True)
class Need:
    """What one lease needs the model server to hold."""

    base: FileMark
    adapters: tuple[FileMark, ...]
    slots: int | None = None
    context_tokens: int | None = None
    roomy: bool = False
    """Whether each slot gets as much context as memory allows, beyond what is asked for."""
    memory_budget_mb: int | None = None
    """What weights, adapters and cache may take together; nothing told: half of what is free."""

    @property
    def adapters_bytes(self) -> int:
        """What the adapters take, on disk as in memory."""
        return sum(mark.size_bytes for mark in self.adapters)

    def to_json(self) -> dict[str, Any]:
        """The need as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Need:
        """The need out of plain JSON values."""
        return cls(
            FileMark(**found["base"]),
            tuple(FileMark(**mark) for mark in found["adapters"]),
            found["slots"],
            found["context_tokens"],
            found["roomy"],
            found["memory_budget_mb"],
        )

    def covers(self, other: Need) -> bool:
        """Whether a server that holds this need holds the other one too."""
        return (
            self.base == other.base
            and set(other.adapters) <= set(self.adapters)
            and (other.slots is None or (self.slots or 0) >= other.slots)
            and (other.context_tokens is None or (self.context_tokens or 0) >= other.context_tokens)
            and self.roomy >= other.roomy
            and other.memory_budget_mb in (None, self.memory_budget_mb)
        )


def union(asked: Need, others: list[Need]) -> Need:
    """What a server must hold for one lease and for every other one on the same base."""
    same = [asked, *(need for need in others if need.base == asked.base)]
    marks = {mark: None for need in same for mark in need.adapters}
    newest = {mark.path: mark for mark in marks}
    # The lease that asks has looked at its files last.
    newest.update({mark.path: mark for mark in asked.adapters})
    slots = [need.slots for need in same if need.slots is not None]
    contexts = [need.context_tokens for need in same if need.context_tokens is not None]
    budgets = [need.memory_budget_mb for need in same if need.memory_budget_mb is not None]
    return Need(
        asked.base,
        tuple(newest.values()),
        max(slots) if slots else None,
        max(contexts) if contexts else None,
        any(need.roomy for need in same),
        budgets[0] if budgets else None,
    )


def encode(message: Mapping[str, Any]) -> bytes:
    """One JSON line."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The object of one line; anything else ends the connection."""
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ConnectionEnded("a line that is not JSON") from error
    if not isinstance(found, dict):
        raise ConnectionEnded("a line that is not an object")
    return found


class ControlConnection:
    """The client's end of a connection to the supervisor."""

    def __init__(self, runtime: RuntimeFile, hello: Mapping[str, Any]) -> None:
        try:
            self._socket = socket.create_connection(
                ("127.0.0.1", runtime.control_port), timeout=HELLO_TIMEOUT_S
            )
        except OSError as error:
            raise ConnectionEnded(str(error)) from error
        self._reader = self._socket.makefile("rb")
        try:
            self._send({**hello, "key": runtime.key})
        except ConnectionEnded:
            self.close()
            raise

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Send one message and wait for its answer."""
        self._send(message)
        return self.answer()

    def answer(self, timeout_s: float = ANSWER_TIMEOUT_S) -> dict[str, Any]:
        """The next answer of the supervisor."""
        try:
            self._socket.settimeout(timeout_s)
            line = self._reader.readline(LINE_LIMIT_BYTES)
        except OSError as error:
            raise ConnectionEnded(str(error)) from error
        if not line.endswith(b"\n"):
            raise ConnectionEnded("the supervisor closed the connection")
        return decode(line)

    def _send(self, message: Mapping[str, Any]) -> None:
        try:
            self._socket.settimeout(HELLO_TIMEOUT_S)
            self._socket.sendall(encode(message))
        except OSError as error:
            raise ConnectionEnded(str(error)) from error

    def close(self) -> None:
        """End the lease or the turn."""
        self._reader.close()
        self._socket.close()

    def __enter__(self) -> ControlConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
