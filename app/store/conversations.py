"""Conversations."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.store.database import Database, Row, id_list, now
from app.store.values import Conversation

TITLE_LENGTH = 60
# No more of a text than this can hold the words of a title.
_TITLE_WITHIN = 600


def title_of(text: str) -> str:
    """The first words of a text, on one line, to know a conversation by."""
    return " ".join(text[:_TITLE_WITHIN].split())[:TITLE_LENGTH]


class Conversations:
    """The conversations of every persona."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        persona_id: int,
        system_prompt: str,
        title: str = "",
        source: str = "chat",
        external_id: str | None = None,
        never_train: bool = False,
    ) -> Conversation:
        """A new, empty conversation under the persona's prompt of the day."""
        moment = now()
        with self._database.transaction():
            conversation_id = self._database.insert(
                "INSERT INTO conversations (persona_id, title, system_prompt, never_train, source,"
                " external_id, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    persona_id,
                    title,
                    system_prompt,
                    int(never_train),
                    source,
                    external_id,
                    moment,
                    moment,
                ),
            )
            return self.get(conversation_id)

    def get(self, conversation_id: int) -> Conversation:
        return _conversation(self._database.row("conversation", "conversations", conversation_id))

    def several(self, ids: Iterable[int]) -> dict[int, Conversation]:
        """Those of these that are there, by their ids."""
        rows = self._database.rows(
            "SELECT * FROM conversations WHERE id IN (SELECT value FROM json_each(?))",
            (id_list(ids),),
        )
        return {row["id"]: _conversation(row) for row in rows}

    def by_external_id(self, persona_id: int, external_id: str) -> Conversation | None:
        row = self._database.first(
            "SELECT * FROM conversations WHERE persona_id = ? AND external_id = ?",
            (persona_id, external_id),
        )
        return _conversation(row) if row else None

    def page(
        self, persona_id: int, limit: int = 50, before: int | None = None
    ) -> list[Conversation]:
        """The conversations last spoken in, newest first; `before` is the last id of a page."""
        sql = (
            "SELECT * FROM conversations WHERE persona_id = ?"
            " AND id NOT IN (SELECT conversation_id FROM deletions)"
        )
        parameters: list[object] = [persona_id]
        if before is not None:
            last = self.get(before)
            sql += " AND (updated, id) < (?, ?)"
            parameters += [last.updated, last.id]
        rows = self._database.rows(
            f"{sql} ORDER BY updated DESC, id DESC LIMIT ?", (*parameters, limit)
        )
        return [_conversation(row) for row in rows]

    def titled(self, words: str, limit: int) -> list[Conversation]:
        """The conversations that have the words in their title, last spoken in first."""
        wanted = re.sub(r"([%_\\])", r"\\\1", words)
        rows = self._database.rows(
            "SELECT * FROM conversations WHERE title LIKE ? ESCAPE '\\'"
            " AND id NOT IN (SELECT conversation_id FROM deletions)"
            " ORDER BY updated DESC, id DESC LIMIT ?",
            (f"%{wanted}%", limit),
        )
        return [_conversation(row) for row in rows]

    def deleted(
        self, persona_id: int, limit: int = 50, before: int | None = None
    ) -> list[Conversation]:
        """The conversations out of sight, last deleted first; `before` is the last id of a page."""
        rows = self._database.rows(
            "SELECT conversations.* FROM deletions"
            " JOIN conversations ON conversations.id = deletions.conversation_id"
            " WHERE conversations.persona_id = ?1 AND (?2 IS NULL OR"
            " (deletions.action_id, conversations.id) < (SELECT action_id, conversation_id"
            " FROM deletions WHERE conversation_id = ?2))"
            " ORDER BY deletions.action_id DESC, conversations.id DESC LIMIT ?3",
            (persona_id, before, limit),
        )
        return [_conversation(row) for row in rows]

    def set_title(self, conversation_id: int, title: str) -> None:
        self._database.change(
            "UPDATE conversations SET title = ? WHERE id = ?", (title, conversation_id)
        )

    def set_never_train(self, conversation_id: int, never_train: bool) -> None:
        self._database.change(
            "UPDATE conversations SET never_train = ? WHERE id = ?",
            (int(never_train), conversation_id),
        )

    def delete(self, conversation_id: int) -> None:
        """Remove a conversation with its messages, their ratings and their place in search."""
        self._database.change("DELETE FROM conversations WHERE id = ?", (conversation_id,))


def _conversation(row: Row) -> Conversation:
    return Conversation(
        id=row["id"],
        persona_id=row["persona_id"],
        title=row["title"],
        system_prompt=row["system_prompt"],
        never_train=bool(row["never_train"]),
        source=row["source"],
        external_id=row["external_id"],
        leaf_id=row["leaf_id"],
        created=row["created"],
        updated=row["updated"],
    )
