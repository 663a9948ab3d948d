"""The last requests, for the user to see: who asked whom, and what was kept; never a word of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.endpoints.service import Kept

SHOWN = 200
_KEPT_WORDS: dict[Kept, str] = {
    "": "",
    "collected": "COLLECTED for review",
    "here_already": "collected before",
    "forgotten": "not collected: it was forgotten here",
    "no_talk": "not collected: a task of the program's own",
}


@dataclass(frozen=True)
class RequestLine:
    """A request that was answered; `trouble` is the kind of what went wrong.

    `collects` says whether the program's exchanges are collected at all.
    """

    at: datetime
    program: str
    persona: str
    what: str
    status: int
    collects: bool = False
    kept: Kept = ""
    trouble: str = ""

    def __str__(self) -> str:
        parts = [
            f"{self.at:%H:%M:%S}", self.program or "(nobody known)", self.what, self.persona,
            str(self.status), _KEPT_WORDS[self.kept], self.trouble,
        ]  # fmt: skip
        return "  ".join(part for part in parts if part)


class RequestLog:
    """Keeps the last lines, and tells each to whoever listens, in the thread of the request."""

    def __init__(self, on_line: Callable[[RequestLine], None] | None) -> None:
        self._on_line = on_line
        self._lines: deque[RequestLine] = deque(maxlen=SHOWN)
        self._lock = threading.Lock()

    def note(self, line: RequestLine) -> None:
        with self._lock:
            self._lines.append(line)
        if self._on_line is not None:
            self._on_line(line)

    def lines(self) -> tuple[RequestLine, ...]:
        """The last requests, the oldest first."""
        with self._lock:
            return tuple(self._lines)
