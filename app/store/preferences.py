"""The replies that were judged, with what they answer: what preferences are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from app.store.database import Database, id_list
from app.store.last_word import LAST_EDIT, LAST_RATING
from app.store.values import Judged, Pick, Question, Said

_QUESTIONS_A_CHUNK = 500

_JUDGED = f"""
WITH named (id) AS (
    SELECT ratings.message_id FROM ratings WHERE ratings.origin = 'user'
    UNION SELECT chosen_id FROM choices WHERE choices.origin = 'user'
    UNION SELECT passed_id FROM choices WHERE choices.origin = 'user'
)
SELECT messages.id, messages.conversation_id, messages.parent_id,
    coalesce(edits.content, messages.content) AS content, ratings.value, ratings.correction
FROM named JOIN messages ON messages.id = named.id
JOIN conversations ON conversations.id = messages.conversation_id
{LAST_RATING}
{LAST_EDIT}
WHERE conversations.persona_id = ? AND NOT conversations.never_train
    AND messages.role = 'assistant' AND messages.parent_id IS NOT NULL
    AND conversations.id NOT IN (SELECT conversation_id FROM deletions)
ORDER BY messages.id
"""
_CHOICES = f"""
SELECT chosen_id, passed_id FROM choices
JOIN messages ON messages.id = choices.chosen_id
JOIN conversations ON conversations.id = messages.conversation_id
{LAST_RATING}
WHERE conversations.persona_id = ? AND choices.origin = 'user'
    AND NOT coalesce(ratings.value IN ('down', 'dropped') AND ratings.correction IS NULL
        AND ratings.created > choices.created, 0)
ORDER BY choices.id
"""
_PATHS = f"""
WITH RECURSIVE branch (question_id, message_id, depth) AS (
    SELECT value, value, 0 FROM json_each(?)
    UNION ALL
    SELECT branch.question_id, messages.parent_id, depth + 1
    FROM branch JOIN messages ON messages.id = branch.message_id
    WHERE messages.parent_id IS NOT NULL
)
SELECT branch.question_id, messages.conversation_id, conversations.system_prompt, messages.role,
    coalesce(ratings.correction, edits.content, messages.content) AS content
FROM branch JOIN messages ON messages.id = branch.message_id
JOIN conversations ON conversations.id = messages.conversation_id
{LAST_RATING}
{LAST_EDIT}
ORDER BY branch.question_id, depth DESC
"""


class Preferences:
    """What the user said of replies beside one another."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def judged(self, persona_id: int) -> list[Judged]:
        """Every reply of a persona that was rated, corrected, chosen or passed over."""
        return [
            Judged(
                row["id"],
                row["conversation_id"],
                row["parent_id"],
                row["content"],
                row["value"],
                row["correction"],
            )
            for row in self._database.rows(_JUDGED, (persona_id,))
        ]

    def choices(self, persona_id: int) -> list[tuple[int, int]]:
        """What was chosen over what, oldest first; not what was rejected after it was chosen."""
        rows = self._database.rows(_CHOICES, (persona_id,))
        return [(row["chosen_id"], row["passed_id"]) for row in rows]

    def picked(self, question_ids: Iterable[int]) -> dict[int, Pick]:
        """The reply to each of these messages that was picked last; the user's word outweighs
        an import's."""
        rows = self._database.rows(
            "SELECT messages.parent_id, choices.chosen_id, choices.origin FROM messages"
            " JOIN choices ON choices.chosen_id = messages.id"
            " WHERE messages.parent_id IN (SELECT value FROM json_each(?))"
            " ORDER BY choices.origin = 'user', choices.id",
            (id_list(question_ids),),
        )
        return {row["parent_id"]: Pick(row["chosen_id"], row["origin"]) for row in rows}

    def questions(self, message_ids: Iterable[int]) -> Iterator[Question]:
        """What was said up to and with each of these messages, as it would be learned."""
        ids = sorted(set(message_ids))
        for start in range(0, len(ids), _QUESTIONS_A_CHUNK):
            rows = self._database.rows(_PATHS, (id_list(ids[start : start + _QUESTIONS_A_CHUNK]),))
            for question_id, group in groupby(rows, key=lambda row: row["question_id"]):
                path = list(group)
                yield Question(
                    question_id,
                    path[0]["conversation_id"],
                    path[0]["system_prompt"],
                    tuple(Said(row["role"], row["content"]) for row in path),
                )
