"""The bulk way into the store: conversations that come from elsewhere, many at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.store.arriving import ArrivingConversation, ArrivingRating
from app.store.database import Database, id_list, now, to_json
from app.store.placing import Placement, place
from app.store.terms import index_terms
from app.store.values import RatingOrigin

_CONVERSATION = """
INSERT INTO conversations (id, persona_id, title, system_prompt, never_train, source,
    external_id, leaf_id, created, updated) VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?)
"""
_MESSAGE = """
INSERT INTO messages (id, conversation_id, parent_id, role, content, created, system_prompt,
    sampling, finish, speaker) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_RATING = """
INSERT INTO ratings (message_id, value, reasons, comment, correction, created, origin)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_CHOICE = "INSERT INTO choices (chosen_id, passed_id, created, origin) VALUES (?, ?, ?, ?)"
# The user may have gone on in a conversation here; then its active branch stays.
_GROWN = """
UPDATE conversations SET updated = max(updated, ?),
    leaf_id = CASE WHEN leaf_id IN (SELECT value FROM json_each(?)) THEN ? ELSE leaf_id END
WHERE id = ?
"""


@dataclass
class _Rows:
    """What one batch writes, table by table."""

    conversations: list[tuple[Any, ...]] = field(default_factory=list)
    messages: list[tuple[Any, ...]] = field(default_factory=list)
    ratings: list[tuple[Any, ...]] = field(default_factory=list)
    choices: list[tuple[Any, ...]] = field(default_factory=list)
    grown: list[tuple[Any, ...]] = field(default_factory=list)


class Intake:
    """Takes conversations in with their branches, ratings and choices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, persona_id: int, batch: Sequence[ArrivingConversation]) -> list[Placement]:
        """What taking these in would do; nothing is written.

        Of what depends on another of the batch only the first is told, so ask again for the rest.
        """
        return place(self._database, persona_id, batch)

    def take(
        self,
        persona_id: int,
        batch: Sequence[ArrivingConversation],
        source: str,
        origin: RatingOrigin = "import",
    ) -> list[Placement]:
        """Take these in, all or none; what was here already is not taken twice."""
        placements: list[Placement] = []
        with self._database.transaction():
            while len(placements) < len(batch):
                placed = place(self._database, persona_id, batch[len(placements) :])
                self._write(_Writer(self._database, persona_id, source, origin), placed)
                placements += placed
        return placements

    def _write(self, writer: _Writer, placements: Sequence[Placement]) -> None:
        rows = writer.rows_of(placements)
        # A conversation names the end of its branch, and that names the conversation.
        self._database.change("PRAGMA defer_foreign_keys = ON")
        for statement, parameters in (
            (_CONVERSATION, rows.conversations),
            (_MESSAGE, rows.messages),
            (_RATING, rows.ratings),
            (_CHOICE, rows.choices),
            (_GROWN, rows.grown),
        ):
            if parameters:
                self._database.change_all(statement, parameters)
        self._database.change_all(
            "INSERT INTO message_index (rowid, terms) VALUES (?, ?)",
            ((row[0], index_terms(row[4])) for row in rows.messages),
        )


class _Writer:
    """Turns placements into rows with ids of their own."""

    def __init__(
        self, database: Database, persona_id: int, source: str, origin: RatingOrigin
    ) -> None:
        self._database = database
        self._persona_id, self._source, self._origin = persona_id, source, origin
        self._moment = now()
        self._conversation_id = self._highest("SELECT max(id) AS id FROM conversations")
        # An id that was given to a message once never names another one.
        self._message_id = self._highest(
            "SELECT seq AS id FROM sqlite_sequence WHERE name = 'messages'"
        )

    def rows_of(self, placements: Sequence[Placement]) -> _Rows:
        rows = _Rows()
        said = _said(self._database, placements)
        for placement in placements:
            if placement.state == "new":
                self._begin(rows, placement.arriving)
            elif placement.ids:
                self._go_on(rows, placement, said)
        return rows

    def _begin(self, rows: _Rows, arriving: ArrivingConversation) -> None:
        self._conversation_id += 1
        ids = self._numbered([0] * len(arriving.messages))
        leaf_id = ids[-1 if arriving.leaf is None else arriving.leaf]
        created = arriving.created or self._moment
        rows.conversations.append(
            (
                self._conversation_id,
                self._persona_id,
                arriving.known_as,
                arriving.system_prompt,
                self._source,
                arriving.external_id,
                leaf_id,
                created,
                arriving.updated or created,
            )
        )
        self._say(rows, arriving, self._conversation_id, ids, range(len(ids)))
        for message_id, message in zip(ids, arriving.messages, strict=True):
            if message.rating is not None:
                rows.ratings.append(self._rating(message_id, message.rating))
        self._choose(rows, arriving, ids)

    def _go_on(
        self, rows: _Rows, placement: Placement, said: dict[int, tuple[ArrivingRating, str]]
    ) -> None:
        arriving, known = placement.arriving, list(placement.ids)
        ids = self._numbered(known)
        added = placement.added
        self._say(rows, arriving, placement.conversation_id, ids, added)
        for message_id, message in zip(ids, arriving.messages, strict=True):
            if message.rating is not None and self._is_news(message.rating, said.get(message_id)):
                rows.ratings.append(self._rating(message_id, message.rating))
        if not added:
            return
        self._choose(rows, arriving, ids)
        leaf_id = ids[-1 if arriving.leaf is None else arriving.leaf]
        moment = arriving.updated or self._moment
        rows.grown.append(
            (moment, id_list(filter(None, known)), leaf_id, placement.conversation_id)
        )

    def _is_news(self, rating: ArrivingRating, last: tuple[ArrivingRating, str] | None) -> bool:
        """The user's own word stays; another one is replaced by what it says now.

        A thumb comes first and its reason a little later; what gives none takes none back.
        """
        if last is None:
            return True
        word, origin = last
        same = (word.value, word.correction) == (rating.value, rating.correction) and (
            not (rating.reasons or rating.comment)
            or (word.reasons, word.comment) == (rating.reasons, rating.comment)
        )
        return origin == "import" and (not same or self._origin == "user")

    def _numbered(self, known: list[int]) -> list[int]:
        ids = []
        for message_id in known:
            if not message_id:
                self._message_id += 1
            ids.append(message_id or self._message_id)
        return ids

    def _say(
        self,
        rows: _Rows,
        arriving: ArrivingConversation,
        conversation_id: int,
        ids: list[int],
        places: Sequence[int],
    ) -> None:
        created = arriving.created or self._moment
        for at in places:
            message = arriving.messages[at]
            replies = message.role == "assistant"
            rows.messages.append(
                (
                    ids[at],
                    conversation_id,
                    None if message.parent is None else ids[message.parent],
                    message.role,
                    message.content,
                    message.created or created,
                    arriving.system_prompt if replies else "",
                    to_json({"model": message.model}) if message.model else "{}",
                    "stop" if replies else "",
                    message.speaker,
                )
            )

    def _rating(self, message_id: int, rating: ArrivingRating) -> tuple[Any, ...]:
        return (
            message_id, rating.value, to_json(list(rating.reasons)), rating.comment,
            rating.correction, self._moment, self._origin,
        )  # fmt: skip

    def _choose(self, rows: _Rows, arriving: ArrivingConversation, ids: list[int]) -> None:
        rows.choices += [
            (ids[chosen], ids[passed], self._moment, self._origin)
            for chosen, passed in arriving.choices
        ]

    def _highest(self, sql: str) -> int:
        row = self._database.first(sql)
        return int(row["id"] or 0) if row else 0


def _said(
    database: Database, placements: Sequence[Placement]
) -> dict[int, tuple[ArrivingRating, str]]:
    """The last word on each message that a source has a word on again."""
    rated = list(_rated_again(placements))
    if not rated:
        return {}
    rows = database.rows(
        "SELECT ratings.* FROM ratings JOIN (SELECT max(id) AS id FROM ratings"
        " WHERE message_id IN (SELECT value FROM json_each(?)) GROUP BY message_id)"
        " AS last ON last.id = ratings.id",
        (id_list(rated),),
    )
    return {
        row["message_id"]: (
            ArrivingRating(
                row["value"], row["correction"], tuple(json.loads(row["reasons"])), row["comment"]
            ),
            # What the user masked of it is the user's word, too.
            row["origin"] if row["action_id"] is None else "user",
        )
        for row in rows
    }


def _rated_again(placements: Sequence[Placement]) -> Iterator[int]:
    for placement in placements:
        for message_id, message in zip(placement.ids, placement.arriving.messages, strict=False):
            if message_id and message.rating is not None:
                yield message_id
