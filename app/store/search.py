"""Full-text search over everything that was said."""

from __future__ import annotations

from app.store.database import Database
from app.store.terms import folded, index_terms, match_expression, query_parts
from app.store.values import SearchHit

_BEFORE = 40
_LENGTH = 160


class Search:
    """Finds messages by words, and by any part of a Korean, Chinese or Japanese word."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: str, persona_id: int | None = None, limit: int = 50) -> list[SearchHit]:
        """The messages that hold every part of the query, best first, then newest."""
        expression = match_expression(query)
        if not expression:
            return []
        rows = self._database.rows(
            "SELECT messages.id, messages.conversation_id, messages.content FROM message_index"
            " JOIN messages ON messages.id = message_index.rowid"
            " JOIN conversations ON conversations.id = messages.conversation_id"
            " WHERE message_index MATCH ? AND (?2 IS NULL OR conversations.persona_id = ?2)"
            " ORDER BY message_index.rank, messages.id DESC LIMIT ?3",
            (expression, persona_id, limit),
        )
        parts = query_parts(query)
        return [
            SearchHit(row["id"], row["conversation_id"], _snippet(row["content"], parts))
            for row in rows
        ]

    def put(self, message_id: int, content: str) -> None:
        """Index a message anew; the messages table calls this in its own transaction."""
        self._database.change("DELETE FROM message_index WHERE rowid = ?", (message_id,))
        self._database.insert(
            "INSERT INTO message_index (rowid, terms) VALUES (?, ?)",
            (message_id, index_terms(content)),
        )


def _snippet(content: str, parts: list[str]) -> str:
    """A line of the text around the first match."""
    line = " ".join(content.split())
    text = folded(line)
    # Folding can change lengths ("ß" to "ss"); the place is then near enough for a snippet.
    places = [place for part in parts if (place := text.find(part)) >= 0]
    start = max(0, min(places, default=0) - _BEFORE)
    end = start + _LENGTH
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
