"""Exchanges that can help a reply: found by the search index, and remembered below the reply."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.store.database import Database, Row, id_list
from app.store.values import Exchange, GivenExample

# A word that is met more often than this counts as met so often, and of the messages that it
# stands in only the newest are looked at: so common words cost no more than rare ones.
NEWEST = 2_000

_MET = (
    "SELECT count(*) AS met FROM (SELECT 1 FROM message_index WHERE message_index MATCH ? LIMIT ?)"
)
# `replies` says who speaks and whether the user approved, and that nothing is out of sight.
# CROSS JOIN: in this order, from the few messages found to their replies.
_APPROVED_BELOW = """
SELECT replies.message_id FROM (
    SELECT rowid AS id FROM message_index WHERE message_index MATCH ? ORDER BY rowid DESC LIMIT ?
) AS found
CROSS JOIN messages AS reply ON reply.parent_id = found.id
CROSS JOIN replies ON replies.message_id = reply.id
WHERE replies.state = 'approved' AND replies.persona_id = ? AND reply.conversation_id <> ?
"""
# A correction is the last word; without one an edit stands in the place of what was said.
_EXCHANGES = """
SELECT reply.id, reply.conversation_id, ratings.correction IS NOT NULL AS corrected,
    asked.parent_id IS NOT NULL AS follows, coalesce(asked_edit.content, asked.content) AS question,
    coalesce(ratings.correction, reply_edit.content, reply.content) AS reply
FROM json_each(?1) AS wanted
CROSS JOIN replies ON replies.message_id = wanted.value
CROSS JOIN messages AS reply ON reply.id = replies.message_id
CROSS JOIN messages AS asked ON asked.id = reply.parent_id AND asked.role = 'user'
LEFT JOIN ratings ON ratings.id = (SELECT max(id) FROM ratings AS said
    WHERE said.message_id = reply.id AND said.origin = 'user')
LEFT JOIN edits AS asked_edit ON asked_edit.id =
    (SELECT max(id) FROM edits WHERE edits.message_id = asked.id)
LEFT JOIN edits AS reply_edit ON reply_edit.id =
    (SELECT max(id) FROM edits WHERE edits.message_id = reply.id)
WHERE replies.state = 'approved' AND replies.persona_id = ?2
"""
_GIVEN = """
SELECT help_given.message_id, help_given.example_id,
    substr(coalesce((SELECT content FROM edits WHERE edits.message_id = asked.id
        ORDER BY edits.id DESC LIMIT 1), asked.content), 1, ?2) AS words
FROM help_given
JOIN messages AS reply ON reply.id = help_given.example_id
JOIN messages AS asked ON asked.id = reply.parent_id
WHERE help_given.message_id IN (SELECT value FROM json_each(?1))
    AND reply.conversation_id NOT IN (SELECT conversation_id FROM deletions)
ORDER BY help_given.message_id, help_given.place
"""
WORDS_LENGTH = 200


class Helping:
    """What rode along with a question, and what could."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def messages(self) -> int:
        """About how many messages there are."""
        row = self._database.first("SELECT max(id) AS last FROM messages")
        return (row["last"] if row else 0) or 0

    def met(self, term: str) -> int:
        """In how many messages a term of the index stands, NEWEST at most."""
        row = self._database.first(_MET, (_phrase(term), NEWEST))
        assert row is not None
        return int(row["met"])

    def approved_below(self, term: str, persona_id: int, but_conversation: int) -> list[int]:
        """The approved replies of a persona to messages with this term, in other conversations."""
        rows = self._database.rows(
            _APPROVED_BELOW, (_phrase(term), NEWEST, persona_id, but_conversation)
        )
        return [row["message_id"] for row in rows]

    def exchanges(self, message_ids: Iterable[int], persona_id: int) -> list[Exchange]:
        """Those of these replies that the user approves of, with what they answer."""
        rows = self._database.rows(_EXCHANGES, (id_list(message_ids), persona_id))
        return [_exchange(row) for row in rows]

    def exchange(self, message_id: int) -> Exchange | None:
        """A reply that helped, with what it answers; None when it helps no longer."""
        persona = self._database.first(
            "SELECT persona_id FROM replies WHERE message_id = ?", (message_id,)
        )
        found = self.exchanges([message_id], persona["persona_id"]) if persona else []
        return found[0] if found else None

    def record(self, message_id: int, example_ids: Sequence[int], *, with_note: bool) -> None:
        """Remember below a reply what rode along with its question."""
        with self._database.transaction():
            self._database.change(
                "UPDATE messages SET with_note = ? WHERE id = ?", (int(with_note), message_id)
            )
            self._database.change_all(
                "INSERT OR IGNORE INTO help_given (message_id, example_id, place)"
                " SELECT ?, id, ? FROM messages WHERE id = ?",
                ((message_id, place, each) for place, each in enumerate(example_ids)),
            )

    def given(self, message_ids: Iterable[int]) -> dict[int, tuple[GivenExample, ...]]:
        """What helped each of these replies, as far as it is still there."""
        found: dict[int, tuple[GivenExample, ...]] = {}
        for row in self._database.rows(_GIVEN, (id_list(message_ids), WORDS_LENGTH)):
            given = GivenExample(row["example_id"], row["words"])
            found[row["message_id"]] = (*found.get(row["message_id"], ()), given)
        return found


def _phrase(term: str) -> str:
    """A term as a query; terms are letters and digits only, so nothing in them is an operator."""
    return f'"{term}"'


def _exchange(row: Row) -> Exchange:
    return Exchange(
        message_id=row["id"],
        conversation_id=row["conversation_id"],
        question=row["question"],
        reply=row["reply"],
        corrected=bool(row["corrected"]),
        follows=bool(row["follows"]),
    )
