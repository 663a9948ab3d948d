"""Ratings: append-only, the last one of a message counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from app.store.actions import remove_empty
from app.store.database import Database, Row, id_list, now, to_json
from app.store.values import Rating, RatingOrigin, RatingValue


class Ratings:
    """What the user said of replies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rate(
        self,
        message_id: int,
        value: RatingValue | None,
        reasons: Sequence[str] = (),
        comment: str = "",
        correction: str | None = None,
        *,
        origin: RatingOrigin = "user",
        action_id: int | None = None,
    ) -> Rating:
        """The whole word on a reply, in place of what was said of it before.

        One of an import is shown, but counts only once the user has said so too.
        """
        moment = now()
        rating_id = self._database.insert(
            "INSERT INTO ratings (message_id, value, reasons, comment, correction, created,"
            " origin, action_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                message_id,
                value,
                to_json(list(reasons)),
                comment,
                correction,
                moment,
                origin,
                action_id,
            ),
        )
        return Rating(
            rating_id, message_id, value, tuple(reasons), comment, correction, moment, origin
        )

    def undo(self, message_id: int) -> Rating | None:
        """Take the user's last word back; what counts now, maybe what an import says."""
        with self._database.transaction():
            self._remove(
                "id = (SELECT max(id) FROM ratings WHERE message_id = ? AND origin = 'user')",
                (message_id,),
            )
            return self.of([message_id]).get(message_id)

    def remove(self, said: Rating) -> bool:
        """Take one word back; whether it was there.

        Known by more than its id: that of a word that was taken back is given to another one.
        """
        with self._database.transaction():
            return self._remove(
                "id = ? AND message_id = ? AND created = ?",
                (said.id, said.message_id, said.created),
            )

    def _remove(self, which: str, parameters: Sequence[Any]) -> bool:
        """Remove a word, and the action that it alone was."""
        rows = self._database.rows(
            f"DELETE FROM ratings WHERE {which} RETURNING action_id", parameters
        )
        remove_empty(self._database, (row["action_id"] for row in rows))
        return bool(rows)

    def of(self, message_ids: Iterable[int]) -> dict[int, Rating]:
        """The rating that counts, for each of these messages that has one."""
        rows = self._database.rows(
            "SELECT ratings.* FROM ratings JOIN (SELECT max(id) AS id FROM ratings"
            " WHERE message_id IN (SELECT value FROM json_each(?)) GROUP BY message_id)"
            " AS last ON last.id = ratings.id",
            (id_list(message_ids),),
        )
        return {row["message_id"]: _rating(row) for row in rows}


def _rating(row: Row) -> Rating:
    return Rating(
        id=row["id"],
        message_id=row["message_id"],
        value=row["value"],
        reasons=tuple(json.loads(row["reasons"])),
        comment=row["comment"],
        correction=row["correction"],
        created=row["created"],
        origin=row["origin"],
    )
