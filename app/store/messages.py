"""Messages: each conversation is a tree, and one branch of it is the active one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.store.database import Database, Row, id_list, now, to_json
from app.store.search import Search
from app.store.values import Finish, Message, Role

_PATH = """
WITH RECURSIVE branch (id, depth) AS (
    SELECT leaf_id, 0 FROM conversations WHERE id = ?
    UNION ALL
    SELECT messages.parent_id, depth + 1 FROM branch JOIN messages ON messages.id = branch.id
)
SELECT messages.* FROM branch JOIN messages ON messages.id = branch.id ORDER BY depth DESC
"""
# A reply is always newer than what it answers, so the newest one below is a leaf.
NEWEST_LEAF = """
WITH RECURSIVE below (id) AS (
    VALUES (?)
    UNION ALL
    SELECT messages.id FROM below JOIN messages ON messages.parent_id = below.id
)
SELECT max(id) AS id FROM below
"""


class Messages:
    """The messages of every conversation."""

    def __init__(self, database: Database, search: Search) -> None:
        self._database = database
        self._search = search

    def add(
        self,
        conversation_id: int,
        parent_id: int | None,
        role: Role,
        content: str,
        *,
        base_id: int | None = None,
        adapter_id: int | None = None,
        system_prompt: str = "",
        sampling: Mapping[str, Any] | None = None,
        finish: Finish = "",
    ) -> Message:
        """A new message, which becomes the end of the active branch."""
        moment = now()
        with self._database.transaction():
            if parent_id is not None and self.get(parent_id).conversation_id != conversation_id:
                raise ValueError(f"message {parent_id} belongs to another conversation")
            message_id = self._database.insert(
                "INSERT INTO messages (conversation_id, parent_id, role, content, created,"
                " base_id, adapter_id, system_prompt, sampling, finish)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    conversation_id,
                    parent_id,
                    role,
                    content,
                    moment,
                    base_id,
                    adapter_id,
                    system_prompt,
                    to_json(dict(sampling or {})),
                    finish,
                ),
            )
            self._end_at(conversation_id, message_id, moment)
            self._search.put(message_id, content)
        return self.get(message_id)

    def set_content(self, message_id: int, content: str, finish: Finish) -> Message:
        """Write the whole text of a message, as at the end of a streamed reply."""
        with self._database.transaction():
            self._database.change(
                "UPDATE messages SET content = ?, finish = ? WHERE id = ?",
                (content, finish, message_id),
            )
            message = self.get(message_id)
            self._search.put(message_id, content)
        return message

    def get(self, message_id: int) -> Message:
        return _message(self._database.row("message", "messages", message_id))

    def several(self, ids: Iterable[int]) -> dict[int, Message]:
        """Those of these that are there, by their ids."""
        rows = self._database.rows(
            "SELECT * FROM messages WHERE id IN (SELECT value FROM json_each(?))", (id_list(ids),)
        )
        return {row["id"]: _message(row) for row in rows}

    def path(self, conversation_id: int) -> list[Message]:
        """The active branch, from the first message to the last."""
        return [_message(row) for row in self._database.rows(_PATH, (conversation_id,))]

    def siblings(self, message_id: int) -> list[Message]:
        """The alternatives at a message's place, itself among them, oldest first."""
        message = self.get(message_id)
        # "parent_id IS ?" would go through the first messages of all conversations.
        if message.parent_id is None:
            which, value = "conversation_id = ? AND parent_id IS NULL", message.conversation_id
        else:
            which, value = "parent_id = ?", message.parent_id
        rows = self._database.rows(f"SELECT * FROM messages WHERE {which} ORDER BY id", (value,))
        return [_message(row) for row in rows]

    def places(self, conversation_id: int) -> dict[int, tuple[int, int]]:
        """Which of how many alternatives each message of a conversation is, the oldest first."""
        rows = self._database.rows(
            "SELECT id, row_number() OVER (PARTITION BY parent_id ORDER BY id) AS place,"
            " count(*) OVER (PARTITION BY parent_id) AS number"
            " FROM messages WHERE conversation_id = ?",
            (conversation_id,),
        )
        return {row["id"]: (row["place"], row["number"]) for row in rows}

    def choose(self, message_id: int) -> None:
        """Make the branch of a message the active one, down to its newest end."""
        with self._database.transaction():
            message = self.get(message_id)
            leaf = self._database.first(NEWEST_LEAF, (message_id,))
            assert leaf is not None
            self._end_at(message.conversation_id, leaf["id"], now())

    def _end_at(self, conversation_id: int, message_id: int, moment: str) -> None:
        self._database.change(
            "UPDATE conversations SET leaf_id = ?, updated = ? WHERE id = ?",
            (message_id, moment, conversation_id),
        )


def _message(row: Row) -> Message:
    return Message(
        id=row["id"],
        conversation_id=row["conversation_id"],
        parent_id=row["parent_id"],
        role=row["role"],
        content=row["content"],
        created=row["created"],
        base_id=row["base_id"],
        adapter_id=row["adapter_id"],
        system_prompt=row["system_prompt"],
        sampling=json.loads(row["sampling"]),
        finish=row["finish"],
        speaker=row["speaker"],
        with_note=bool(row["with_note"]),
    )
