"""What reading a document finds beside conversations: what was left out, and what lay aside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from app.store.arriving import ArrivingConversation

# What is passed over within conversations that come in; no fault of the file.
AsideKind = Literal[
    "picture", "tool", "reasoning", "file", "part", "system", "hidden", "empty", "role", "orphan",
    "nul", "document",
]  # fmt: skip
ASIDE_WORDS: dict[AsideKind, str] = {
    "picture": "pictures and sounds",
    "tool": "tool calls and their results",
    "reasoning": "reasoning before replies",
    "file": "attached files",
    "part": "parts that are not text",
    "system": "system messages in the middle",
    "hidden": "hidden messages",
    "empty": "messages without text",
    "role": "messages of unknown roles",
    "orphan": "messages whose parent is missing, kept as beginnings",
    "nul": "NUL characters",
    "document": "other files in an archive or a folder",
}


REST = "from here on"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that cannot come in: where it stands, and why."""

    file: str
    place: str
    reason: str

    @property
    def is_of_document(self) -> bool:
        """Whether it speaks of a document, or of all the rest of it."""
        return self.place in ("", REST)

    @property
    def text(self) -> str:
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{where}: {self.reason}"


Found = ArrivingConversation | LeftOut


class Unusable(ValueError):
    """Why something cannot come in."""


@dataclass
class Aside:
    """Collects what is passed over, and faults in what still comes in."""

    counts: Counter[AsideKind] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def count(self, kind: AsideKind, times: int = 1) -> None:
        self.counts[kind] += times

    def fault(self, reason: str) -> None:
        """Something of a conversation that cannot come in, where the rest can."""
        self.faults.append(reason)

    def take_faults(self) -> list[str]:
        faults, self.faults = self.faults, []
        return faults


def shown(text: str, length: int = 60) -> str:
    """A name or a word from a file, as it may stand in a message: one line, no controls."""
    line = "".join(char if char.isprintable() else "\ufffd" for char in text[: length + 1])
    return line if len(line) <= length else line[:length] + "…"
