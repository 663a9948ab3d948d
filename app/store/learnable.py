"""What a persona may learn from: its active branches with what the user said of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from app.store.database import Database, Row, id_list
from app.store.values import LearnableConversation, Turn

# Read in chunks, so that neither memory nor an open read transaction grows with the history.
_CONVERSATIONS_A_CHUNK = 200

_TURNS = """
WITH RECURSIVE chosen (conversation_id) AS (SELECT value FROM json_each(?1)),
branch (conversation_id, message_id, depth) AS (
    SELECT id, leaf_id, 0 FROM conversations JOIN chosen ON conversation_id = id
    UNION ALL
    SELECT branch.conversation_id, messages.parent_id, depth + 1
    FROM branch JOIN messages ON messages.id = branch.message_id
)
SELECT branch.conversation_id, conversations.system_prompt, messages.id AS message_id,
    messages.role, messages.content, ratings.value, ratings.correction,
    EXISTS (
        SELECT 1 FROM run_messages JOIN adapters ON adapters.run_id = run_messages.run_id
        WHERE run_messages.message_id = messages.id AND adapters.status IN ('live', 'previous')
    ) AS used
FROM branch
JOIN messages ON messages.id = branch.message_id
JOIN conversations ON conversations.id = branch.conversation_id
LEFT JOIN ratings ON ratings.id =
    (SELECT max(id) FROM ratings AS said WHERE said.message_id = messages.id)
ORDER BY branch.conversation_id, depth DESC
"""


def learnable_conversations(database: Database, persona_id: int) -> Iterator[LearnableConversation]:
    """The conversations of a persona that may be trained on, oldest first."""
    rows = database.rows(
        "SELECT id FROM conversations WHERE persona_id = ? AND NOT never_train ORDER BY id",
        (persona_id,),
    )
    for start in range(0, len(rows), _CONVERSATIONS_A_CHUNK):
        ids = [row["id"] for row in rows[start : start + _CONVERSATIONS_A_CHUNK]]
        turns = database.rows(_TURNS, (id_list(ids),))
        for conversation_id, group in groupby(turns, key=lambda row: row["conversation_id"]):
            yield _conversation(conversation_id, list(group))


def _conversation(conversation_id: int, rows: list[Row]) -> LearnableConversation:
    return LearnableConversation(
        conversation_id,
        rows[0]["system_prompt"],
        [
            Turn(
                row["message_id"],
                row["role"],
                row["content"],
                row["value"],
                row["correction"],
                bool(row["used"]),
            )
            for row in rows
        ],
    )
