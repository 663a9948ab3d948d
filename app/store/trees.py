"""Whole conversations with every branch, for what shows all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from app.store.conversations import title_of
from app.store.database import Database, Row, id_list
from app.store.values import RatingValue, Role

# Read in chunks, so that neither memory nor an open read transaction grows with the history.
_CONVERSATIONS_A_CHUNK = 200

_CONVERSATIONS = """
SELECT id FROM conversations
WHERE persona_id = ? AND id NOT IN (SELECT conversation_id FROM deletions) ORDER BY id
"""
_MESSAGES = """
SELECT messages.id, messages.conversation_id, messages.parent_id, messages.role,
    coalesce(edits.content, messages.content) AS content, messages.created, messages.speaker,
    CASE WHEN edits.id IS NOT NULL THEN messages.content END AS before,
    ratings.value, ratings.correction, ratings.reasons, ratings.comment,
    conversations.title, conversations.system_prompt, conversations.never_train,
    conversations.leaf_id, conversations.created AS begun
FROM messages JOIN conversations ON conversations.id = messages.conversation_id
LEFT JOIN ratings ON ratings.id =
    (SELECT max(id) FROM ratings AS said WHERE said.message_id = messages.id)
LEFT JOIN edits ON edits.id =
    (SELECT max(id) FROM edits AS made WHERE made.message_id = messages.id)
WHERE messages.conversation_id IN (SELECT value FROM json_each(?))
ORDER BY messages.conversation_id, messages.id
"""


@dataclass(frozen=True)
class Spoken:
    """A message as it reads now, with the last word on it, whoever said that."""

    message_id: int
    parent_id: int | None
    role: Role
    content: str
    created: str
    speaker: str
    rating: RatingValue | None
    correction: str | None
    reasons: tuple[str, ...]
    comment: str


@dataclass(frozen=True)
class ConversationTree:
    """A conversation with all that was ever said in it, oldest first."""

    conversation_id: int
    title: str
    system_prompt: str
    never_train: bool
    leaf_id: int | None
    created: str
    messages: tuple[Spoken, ...]

    def branches(self) -> list[list[Spoken]]:
        """Every way from a beginning to an end, the active one first."""
        by_id = {each.message_id: each for each in self.messages}
        answered = {each.parent_id for each in self.messages}
        ends = [each.message_id for each in self.messages if each.message_id not in answered]
        # A branch may have been left open before its end.
        if self.leaf_id is not None and self.leaf_id not in ends:
            ends.append(self.leaf_id)
        ends.sort(key=lambda message_id: message_id != self.leaf_id)
        return [_way_to(end, by_id) for end in ends]


def conversation_trees(database: Database, persona_id: int) -> Iterator[ConversationTree]:
    """The conversations of a persona that hold a message and are in sight, oldest first."""
    ids = [row["id"] for row in database.rows(_CONVERSATIONS, (persona_id,))]
    for start in range(0, len(ids), _CONVERSATIONS_A_CHUNK):
        rows = database.rows(_MESSAGES, (id_list(ids[start : start + _CONVERSATIONS_A_CHUNK]),))
        for _, group in groupby(rows, key=lambda row: row["conversation_id"]):
            yield _tree(list(group))


def _way_to(end: int, by_id: dict[int, Spoken]) -> list[Spoken]:
    way: list[Spoken] = []
    at: int | None = end
    while at is not None:
        way.append(by_id[at])
        at = by_id[at].parent_id
    return way[::-1]


def _tree(rows: list[Row]) -> ConversationTree:
    first = rows[0]
    return ConversationTree(
        first["conversation_id"],
        _title(rows),
        first["system_prompt"],
        bool(first["never_train"]),
        first["leaf_id"],
        first["begun"],
        tuple(_spoken(row) for row in rows),
    )


def _title(rows: list[Row]) -> str:
    """The title; what are the first words of a message follows what that reads now."""
    title: str = rows[0]["title"]
    for row in rows:
        if row["before"] is not None and title == title_of(row["before"]):
            return title_of(row["content"])
    return title


def _spoken(row: Row) -> Spoken:
    return Spoken(
        row["id"],
        row["parent_id"],
        row["role"],
        row["content"],
        row["created"],
        row["speaker"],
        row["value"],
        row["correction"],
        tuple(json.loads(row["reasons"])) if row["reasons"] else (),
        row["comment"] or "",
    )
