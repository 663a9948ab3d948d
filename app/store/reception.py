"""How replies were received: what the user said of them, by the adapter that wrote them."""

from __future__ import annotations

from dataclasses import dataclass

from app.store.database import Database
from app.store.last_word import LAST_RATING

# Another reply that was asked for later stands beside it. What broke off is nobody's manner.
_RECEIVED = f"""
SELECT adapter_id, base_id, count(*) AS replies, sum(down) AS down, sum(corrected) AS corrected,
    sum(again) AS again, sum(down OR corrected OR again) AS unwelcome
FROM (
    SELECT messages.adapter_id, messages.base_id,
        coalesce(ratings.value = 'down', 0) AS down,
        ratings.correction IS NOT NULL AS corrected,
        EXISTS (SELECT 1 FROM messages AS newer WHERE newer.parent_id = messages.parent_id
            AND newer.id > messages.id AND newer.role = 'assistant') AS again
    FROM replies JOIN messages ON messages.id = replies.message_id
    {LAST_RATING}
    WHERE replies.persona_id = ? AND replies.imported = 0 AND messages.base_id IS NOT NULL
        AND messages.finish <> 'error'
        AND messages.conversation_id NOT IN (SELECT conversation_id FROM deletions)
)
GROUP BY adapter_id, base_id
"""


@dataclass(frozen=True)
class Received:
    """Replies of one adapter, or of a base alone; `unwelcome` are those with any of the three."""

    adapter_id: int | None
    base_id: int
    replies: int = 0
    down: int = 0
    corrected: int = 0
    again: int = 0
    unwelcome: int = 0


class Reception:
    """What became of the replies that were given here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_persona(self, persona_id: int) -> list[Received]:
        """By adapter; a base alone has no adapter."""
        rows = self._database.rows(_RECEIVED, (persona_id,))
        return [Received(*row) for row in rows]
