"""What the user begins conversations with, as far as it may be shown again."""

from __future__ import annotations

from dataclasses import dataclass

from app.store.database import Database
from app.store.last_word import LAST_EDIT

_OPENINGS = f"""
SELECT messages.id, messages.conversation_id, coalesce(edits.content, messages.content) AS text
FROM conversations
JOIN messages ON messages.conversation_id = conversations.id AND messages.parent_id IS NULL
    AND messages.role = 'user'
{LAST_EDIT}
WHERE conversations.persona_id = ? AND NOT conversations.never_train
    AND conversations.id NOT IN (SELECT conversation_id FROM deletions)
ORDER BY conversations.updated DESC, messages.id DESC LIMIT ?
"""


@dataclass(frozen=True)
class Opening:
    """The first message of a conversation, as it was masked."""

    message_id: int
    conversation_id: int
    text: str


def openings(database: Database, persona_id: int, limit: int) -> list[Opening]:
    """The newest ones; not of what is kept from learning."""
    return [Opening(*row) for row in database.rows(_OPENINGS, (persona_id, limit))]
