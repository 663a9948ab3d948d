"""What was deleted and can still be brought back: conversations and whole personas, with when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.store.database import Database, Row

# When a conversation was put out of sight; see deletion_schema for `since`.
_WHEN = "coalesce(deletions.since, actions.created)"
_TALKS = f"""
SELECT conversations.id, conversations.title, personas.name, {_WHEN} AS moment FROM deletions
JOIN actions ON actions.id = deletions.action_id
JOIN conversations ON conversations.id = deletions.conversation_id
JOIN personas ON personas.id = conversations.persona_id
WHERE personas.deleted IS NULL
"""
_PERSONAS = """
SELECT id, name AS title, name, deleted AS moment FROM personas WHERE deleted IS NOT NULL
"""


@dataclass(frozen=True)
class Deletion:
    """One thing that was deleted; a persona takes its conversations along."""

    kind: Literal["conversation", "persona"]
    id: int
    title: str
    persona: str
    moment: str


class Deletions:
    """Everything that is out of sight and not yet forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Deletion]:
        """The last deleted first."""
        talks = [_deletion("conversation", row) for row in self._database.rows(_TALKS)]
        personas = [_deletion("persona", row) for row in self._database.rows(_PERSONAS)]
        return sorted((*talks, *personas), key=lambda each: each.moment, reverse=True)


def _deletion(kind: Literal["conversation", "persona"], row: Row) -> Deletion:
    return Deletion(kind, row["id"], row["title"], row["name"], row["moment"])
