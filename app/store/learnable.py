"""What a persona may learn from: its active branches with what the user said of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from app.store.database import Database, Row, id_list
from app.store.last_word import LAST_EDIT, LAST_RATING
from app.store.values import LearnableConversation, Turn

# Read in chunks, so that neither memory nor an open read transaction grows with the history.
_CONVERSATIONS_A_CHUNK = 200

# An archive of a hundred thousand conversations costs nothing as long as nobody rated in it.
_RATED = """
SELECT DISTINCT conversations.id FROM ratings
JOIN messages ON messages.id = ratings.message_id
JOIN conversations ON conversations.id = messages.conversation_id
WHERE ratings.origin = 'user' AND conversations.persona_id = ? AND NOT conversations.never_train
    AND conversations.id NOT IN (SELECT conversation_id FROM deletions)
ORDER BY conversations.id
"""

_TURNS = f"""
WITH RECURSIVE chosen (conversation_id) AS (SELECT value FROM json_each(?1)),
branch (conversation_id, message_id, depth) AS (
    SELECT id, leaf_id, 0 FROM conversations JOIN chosen ON conversation_id = id
    UNION ALL
    SELECT branch.conversation_id, messages.parent_id, depth + 1
    FROM branch JOIN messages ON messages.id = branch.message_id
)
SELECT branch.conversation_id, conversations.system_prompt, conversations.created,
    messages.id AS message_id, messages.role,
    coalesce(edits.content, messages.content) AS content, ratings.value, ratings.correction,
    messages.base_id IS NOT NULL AS own, coalesce(topics.topic, looks.topic, '') AS topic,
    coalesce(looks.signature, x'') AS signature,
    EXISTS (
        SELECT 1 FROM run_messages JOIN adapters ON adapters.run_id = run_messages.run_id
        WHERE run_messages.message_id = messages.id AND adapters.status IN ('live', 'previous')
    ) AS used
FROM branch
JOIN messages ON messages.id = branch.message_id
JOIN conversations ON conversations.id = branch.conversation_id
{LAST_RATING}
{LAST_EDIT}
LEFT JOIN topics ON topics.id =
    (SELECT max(id) FROM topics AS told WHERE told.message_id = messages.id)
LEFT JOIN looks ON looks.message_id = messages.id
ORDER BY branch.conversation_id, depth DESC
"""


def learnable_conversations(database: Database, persona_id: int) -> Iterator[LearnableConversation]:
    """The rated conversations of a persona that may be trained on, oldest first."""
    rows = database.rows(_RATED, (persona_id,))
    for start in range(0, len(rows), _CONVERSATIONS_A_CHUNK):
        ids = [row["id"] for row in rows[start : start + _CONVERSATIONS_A_CHUNK]]
        turns = database.rows(_TURNS, (id_list(ids),))
        for conversation_id, group in groupby(turns, key=lambda row: row["conversation_id"]):
            yield _conversation(conversation_id, list(group))


def _conversation(conversation_id: int, rows: list[Row]) -> LearnableConversation:
    return LearnableConversation(
        conversation_id,
        rows[0]["system_prompt"],
        rows[0]["created"],
        [
            Turn(
                row["message_id"],
                row["role"],
                row["content"],
                row["value"],
                row["correction"],
                bool(row["used"]),
                bool(row["own"]),
                row["topic"],
                row["signature"],
            )
            for row in rows
        ],
    )
