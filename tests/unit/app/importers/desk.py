"""A store with a persona, and files to bring in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.importers.tally import ImportResult
from app.operations.importing import import_files, preview_import
from app.store import Conversation, Message, Store, Turn


class Desk:
    """Brings files in as a user would."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.path = folder / "month.jsonl"
        self.persona_id = store.personas.add("Sunny").id

    def bring(self, *lines: dict[str, Any] | bytes, **choices: Any) -> ImportResult:
        """Import these as lines of a file."""
        raw = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        self.path.write_bytes(b"\n".join(raw))
        return import_files(self.store, self.persona_id, [self.path], **choices)

    def file(self, name: str, content: object) -> Path:
        """A file with bytes, or with a value as JSON."""
        path = self.folder / name
        path.write_bytes(
            content if isinstance(content, bytes) else json.dumps(content).encode("utf-8")
        )
        return path

    def path_of_good(self) -> Path:
        """A file with one conversation, to stand beside a bad one."""
        return self.file("good.jsonl", said("a good question", "a good reply"))

    def take(self, *paths: Path, **choices: Any) -> ImportResult:
        return import_files(self.store, self.persona_id, paths, **choices)

    def preview(self, *paths: Path, **choices: Any) -> ImportResult:
        return preview_import(self.store, self.persona_id, paths, **choices)

    def conversations(self) -> list[Conversation]:
        """Everything that is here, the oldest first."""
        page = self.store.conversations.page(self.persona_id, limit=100_000)
        return sorted(page, key=lambda conversation: conversation.id)

    def path_of(self, conversation: Conversation) -> list[Message]:
        """The active branch of a conversation."""
        return self.store.messages.path(conversation.id)

    def texts(self) -> list[list[str]]:
        """The active branches as plain words."""
        return [[each.content for each in self.path_of(talk)] for talk in self.conversations()]

    def turns(self) -> list[list[Turn]]:
        """What may be learned."""
        return [item.turns for item in self.store.learnable(self.persona_id)]

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that an import may write, to see whether anything changed."""
        tables = ("conversations", "messages", "ratings", "choices", "message_index")
        database = self.store._database
        return {
            table: [tuple(row) for row in database.rows(f"SELECT rowid, * FROM {table}")]
            for table in tables
        }


def said(*texts: str, **more: Any) -> dict[str, Any]:
    """A row of `messages` in which user and assistant take turns."""
    roles = ("user", "assistant")
    messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]
    return {"messages": messages, **more}


def reasons(result: ImportResult) -> Sequence[tuple[str, str]]:
    """What was left out: the place, and why."""
    return [(each.place, each.reason) for each in result.left_out]
