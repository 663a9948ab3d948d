"""Actions: what was done in one go, with everything that hangs on it, can be undone in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.store.database import Database, Row, id_list, now, to_json
from app.store.values import Action

# Where an action leaves rows behind.
_ROWS = ("ratings", "edits", "topics", "choices", "deletions")


class Actions:
    """What the user did to many things at once; ratings, edits, topics, choices and deletions
    that name an action go when it is undone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, persona_id: int, verb: str) -> Action:
        """A new action; write what belongs to it in the same transaction."""
        moment = now()
        action_id = self._database.insert(
            "INSERT INTO actions (persona_id, verb, created) VALUES (?, ?, ?)",
            (persona_id, verb, moment),
        )
        return Action(action_id, persona_id, verb, moment)

    def last(self, persona_id: int, verbs: Sequence[str] | None = None) -> Action | None:
        """What an undo would take back; of these verbs, where some are named."""
        row = self._database.first(
            "SELECT * FROM actions WHERE persona_id = ?1"
            " AND (?2 IS NULL OR verb IN (SELECT value FROM json_each(?2)))"
            " ORDER BY id DESC LIMIT 1",
            (persona_id, None if verbs is None else to_json(verbs)),
        )
        return _action(row) if row else None

    def undo(self, persona_id: int) -> Action | None:
        """Take the last action back; which one it was."""
        with self._database.transaction():
            last = self.last(persona_id)
            if last is not None:
                self._database.change("DELETE FROM actions WHERE id = ?", (last.id,))
            return last

    def take_back(self, action_id: int) -> bool:
        """Take this action back, whatever was done since; whether it was there."""
        return bool(self._database.change("DELETE FROM actions WHERE id = ?", (action_id,)))

    def edit(self, message_id: int, content: str, action_id: int | None = None) -> None:
        """Put another text in the place of a message, for everything that is learned."""
        self._database.insert(
            "INSERT INTO edits (message_id, content, action_id, created) VALUES (?, ?, ?, ?)",
            (message_id, content, action_id, now()),
        )

    def words(self, message_id: int) -> str:
        """The words that stand for a message; of a reply the ones below its correction."""
        row = self._database.first(
            "SELECT coalesce((SELECT content FROM edits WHERE message_id = ?1"
            " ORDER BY id DESC LIMIT 1), content) AS words FROM messages WHERE id = ?1",
            (message_id,),
        )
        return str(row["words"]) if row else ""

    def reworded(self, message_ids: Iterable[int]) -> dict[int, str]:
        """The other words of those messages that have some, as after masking."""
        rows = self._database.rows(
            "SELECT message_id, content FROM edits WHERE id IN (SELECT max(id) FROM edits"
            " WHERE message_id IN (SELECT value FROM json_each(?)) GROUP BY message_id)",
            (id_list(message_ids),),
        )
        return {row["message_id"]: row["content"] for row in rows}

    def set_topic(self, message_ids: Iterable[int], topic: str, action_id: int) -> None:
        """Say what replies are about."""
        moment = now()
        self._database.change_all(
            "INSERT INTO topics (message_id, topic, action_id, created) VALUES (?, ?, ?, ?)",
            ((message_id, topic, action_id, moment) for message_id in message_ids),
        )

    def delete_conversation(self, conversation_id: int, action_id: int) -> None:
        """Put a conversation out of sight, until the action is undone or it is forgotten."""
        self._database.change(
            "INSERT OR REPLACE INTO deletions (conversation_id, action_id) VALUES (?, ?)",
            (conversation_id, action_id),
        )

    def choose(self, chosen_id: int, passed_id: int, action_id: int | None = None) -> None:
        """Say that one reply is better than another one beside it; the last word counts."""
        self._database.insert(
            "INSERT INTO choices (chosen_id, passed_id, action_id, created) VALUES (?, ?, ?, ?)",
            (chosen_id, passed_id, action_id, now()),
        )

    def take_choice_back(self, chosen_id: int) -> None:
        """Have a reply no longer picked over others by the user."""
        with self._database.transaction():
            rows = self._database.rows(
                "DELETE FROM choices WHERE chosen_id = ? AND origin = 'user' RETURNING action_id",
                (chosen_id,),
            )
            remove_empty(self._database, (row["action_id"] for row in rows))

    def bring_back(self, conversation_id: int) -> bool:
        """Have a deleted conversation in sight again; whether it was deleted."""
        with self._database.transaction():
            row = self._database.first(
                "DELETE FROM deletions WHERE conversation_id = ? RETURNING action_id",
                (conversation_id,),
            )
            if row is None:
                return False
            remove_empty(self._database, [row["action_id"]])
            return True


def remove_empty(database: Database, action_ids: Iterable[int | None]) -> None:
    """Remove those of these actions of which nothing is left: an undo would take nothing back."""
    nothing = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {table} WHERE action_id = actions.id)" for table in _ROWS
    )
    database.change(
        f"DELETE FROM actions WHERE id IN (SELECT value FROM json_each(?)) AND {nothing}",
        (id_list(each for each in action_ids if each is not None),),
    )


def _action(row: Row) -> Action:
    return Action(row["id"], row["persona_id"], row["verb"], row["created"])
