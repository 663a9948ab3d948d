"""The review: pages of replies to decide on, and decisions over many at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from app.store.database import Database, Row, id_list, now
from app.store.looks import WORDS
from app.store.values import RatingValue, Role

FilterKind = Literal["flagged", "unrated", "archive", "sample", "topic", "all"]
State = Literal["open", "approved", "rejected", "hidden"]
_OPEN: tuple[State, ...] = ("open",)
_DECIDED: tuple[State, ...] = ("approved", "rejected")
_HIGHEST = 1 << 62


@dataclass(frozen=True)
class ReviewFilter:
    """Which replies: flagged (a kind by name, or any), unrated ones of the persona itself, of the
    archive, of the sample drawn from it, on a topic by name, or all; those still to be decided
    on, or the decided ones."""

    kind: FilterKind = "flagged"
    name: str = ""
    decided: bool = False


Chosen: TypeAlias = "Sequence[int] | ReviewFilter"


@dataclass(frozen=True)
class ReviewFlag:
    """Why a reply should be looked at; `other_id` is what it nearly is the same as."""

    kind: str
    detail: dict[str, Any]
    other_id: int | None


@dataclass(frozen=True)
class ReviewItem:
    """A reply with all that a decision needs; `reply` is what would be learned."""

    message_id: int
    conversation_id: int
    question_id: int | None
    question: str
    reply: str
    original: str
    title: str
    source: str
    created: str
    own: bool
    state: State
    rating: RatingValue | None
    corrected: bool
    imported_rating: bool
    topic: str
    topic_by_user: bool
    flags: tuple[ReviewFlag, ...]


@dataclass(frozen=True)
class AroundLine:
    """A message of the conversation around a reply, in the words that would be learned."""

    message_id: int
    role: Role
    speaker: str
    words: str


_ROWS = f"""
SELECT words.*, said_as.content AS original, conversations.title, conversations.source,
    said_as.created, said_as.base_id IS NOT NULL AS own, replies.state, replies.topic,
    rating.value, rating.correction IS NOT NULL AS corrected,
    coalesce(rating.origin = 'import', 0) AS imported_rating,
    EXISTS (SELECT 1 FROM topics WHERE topics.message_id = words.id) AS topic_by_user
FROM ({WORDS} WHERE messages.id IN (SELECT value FROM json_each(?))) AS words
JOIN replies ON replies.message_id = words.id
JOIN messages AS said_as ON said_as.id = words.id
JOIN conversations ON conversations.id = words.conversation_id
LEFT JOIN ratings AS rating ON rating.id =
    (SELECT max(id) FROM ratings WHERE ratings.message_id = words.id)
ORDER BY words.id DESC
"""
# The branch that a message stands on, and below it the newest one.
_AROUND = f"""
WITH RECURSIVE above (id, parent_id, far) AS (
    SELECT id, parent_id, 0 FROM messages WHERE id = ?1
    UNION ALL
    SELECT messages.id, messages.parent_id, far + 1
    FROM above JOIN messages ON messages.id = above.parent_id WHERE far < ?2
), below (id, far) AS (
    SELECT ?1, 0
    UNION ALL
    SELECT (SELECT max(id) FROM messages WHERE parent_id = below.id), far + 1
    FROM below WHERE below.id IS NOT NULL AND far < ?2
)
SELECT words.id, words.reply, said_as.role, said_as.speaker
FROM ({WORDS} WHERE messages.id IN (SELECT id FROM above UNION SELECT id FROM below)) AS words
JOIN messages AS said_as ON said_as.id = words.id ORDER BY words.id
"""
# A drop takes a correction back, since one would count as approval; whatever else is decided
# keeps it, that of an import too.
_DECIDE = """
INSERT INTO ratings (message_id, value, reasons, comment, correction, created, origin, action_id)
SELECT chosen.message_id, ?, '[]', '', CASE WHEN ? THEN (
    SELECT correction FROM ratings WHERE ratings.message_id = chosen.message_id
    ORDER BY id DESC LIMIT 1) END, ?, 'user', ? FROM ({chosen}) AS chosen
"""
_TAG = """
INSERT INTO topics (message_id, topic, action_id, created)
SELECT chosen.message_id, ?, ?, ? FROM ({chosen}) AS chosen
"""
# Multiplied by a large odd number, ids that follow one another fall far apart.
_DRAW = """
INSERT INTO samples (message_id) SELECT message_id FROM replies
WHERE persona_id = ? AND imported = 1 AND state = 'open'
ORDER BY (message_id * 2654435761) % 4294967296 LIMIT ?
"""
# An edit of a question concerns the replies to it.
_TOUCHED = """
SELECT message_id FROM replies WHERE message_id IN (
    SELECT message_id FROM ratings WHERE action_id = ?1
    UNION SELECT message_id FROM edits WHERE action_id = ?1
    UNION SELECT messages.id FROM edits JOIN messages ON messages.parent_id = edits.message_id
        WHERE action_id = ?1
    UNION SELECT message_id FROM topics WHERE action_id = ?1
) ORDER BY message_id DESC
"""


class Review:
    """The queue of every persona."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, persona_id: int, chosen: ReviewFilter, limit: int, after: int | None
    ) -> list[ReviewItem]:
        """The newest replies that the filter lets through; `after` is the last id of a page."""
        return self.items(self.ids(persona_id, chosen, limit, after))

    def items(self, ids: Sequence[int]) -> list[ReviewItem]:
        """These replies, newest first."""
        rows = self._database.rows(_ROWS, (id_list(ids),))
        flags = self._flags(ids)
        return [_review_item(row, tuple(flags.get(row["id"], ()))) for row in rows]

    def around(self, message_id: int, most: int) -> list[AroundLine]:
        """What was said before a message and after it, at most so many of each, oldest first."""
        rows = self._database.rows(_AROUND, (message_id, most))
        return [AroundLine(row["id"], row["role"], row["speaker"], row["reply"]) for row in rows]

    def ids(
        self, persona_id: int, chosen: Chosen, limit: int = -1, after: int | None = None
    ) -> list[int]:
        """The messages that are meant, newest first."""
        sql, parameters = selection(persona_id, chosen, limit, after)
        return [row["message_id"] for row in self._database.rows(sql, parameters)]

    def count(self, persona_id: int, chosen: ReviewFilter) -> int:
        """How many replies the filter lets through."""
        return sum(self._count(*walk) for walk in _walks(persona_id, chosen, _HIGHEST))

    def decide(self, persona_id: int, chosen: Chosen, value: RatingValue, action_id: int) -> int:
        """Say the same of all that are meant; how many they are."""
        sql, parameters = selection(persona_id, chosen)
        keeps_correction = int(value != "dropped")
        return self._database.change(
            _DECIDE.format(chosen=sql), (value, keeps_correction, now(), action_id, *parameters)
        )

    def tag(self, persona_id: int, chosen: Chosen, topic: str, action_id: int) -> int:
        """Give all that are meant the same topic; how many they are."""
        sql, parameters = selection(persona_id, chosen)
        return self._database.change(
            _TAG.format(chosen=sql), (topic, action_id, now(), *parameters)
        )

    def touched(self, action_id: int) -> tuple[int, ...]:
        """The replies that an action said something of."""
        rows = self._database.rows(_TOUCHED, (action_id,))
        return tuple(row["message_id"] for row in rows)

    def approved_by_topic(self, persona_id: int, topics: Iterable[str]) -> dict[str, int]:
        """How many approved replies are on each topic."""
        return {
            topic: self._count(
                "SELECT message_id FROM replies WHERE persona_id = ? AND topic = ?"
                " AND topic <> '' AND state = 'approved'",
                (persona_id, topic),
            )
            for topic in topics
        }

    def draw_sample(self, persona_id: int, size: int) -> None:
        """Put another sample of the undecided archive in place of the last one."""
        with self._database.transaction():
            self._database.change(
                "DELETE FROM samples WHERE message_id IN"
                " (SELECT message_id FROM replies WHERE persona_id = ?)",
                (persona_id,),
            )
            self._database.change(_DRAW, (persona_id, size))

    def _count(self, select: str, parameters: Sequence[Any]) -> int:
        row = self._database.first(f"SELECT count(*) FROM ({select})", parameters)
        assert row is not None
        return int(row[0])

    def _flags(self, ids: Iterable[int]) -> dict[int, list[ReviewFlag]]:
        rows = self._database.rows(
            "SELECT message_id, flag, detail, other_id FROM flags"
            " WHERE message_id IN (SELECT value FROM json_each(?)) ORDER BY message_id, flag",
            (id_list(ids),),
        )
        flags: dict[int, list[ReviewFlag]] = {}
        for row in rows:
            flag = ReviewFlag(row["flag"], json.loads(row["detail"]), row["other_id"])
            flags.setdefault(row["message_id"], []).append(flag)
        return flags


def selection(
    persona_id: int, chosen: Chosen, limit: int = -1, after: int | None = None
) -> tuple[str, tuple[Any, ...]]:
    """The ids that are meant as a query: each part of it a walk along one index, newest first."""
    if not isinstance(chosen, ReviewFilter):
        return (
            "SELECT message_id FROM (SELECT DISTINCT value FROM json_each(?)) AS named"
            " CROSS JOIN replies ON replies.message_id = named.value"
            " WHERE persona_id = ? ORDER BY message_id DESC LIMIT ?",
            (id_list(chosen), persona_id, limit),
        )
    walks = _walks(persona_id, chosen, _HIGHEST if after is None else after)
    parts = " UNION ALL ".join(f"SELECT * FROM ({sql} LIMIT ?)" for sql, _ in walks)
    parameters = [value for _, part in walks for value in (*part, limit)]
    return f"{parts} ORDER BY message_id DESC LIMIT ?", (*parameters, limit)


def _walks(persona_id: int, chosen: ReviewFilter, before: int) -> list[tuple[str, tuple[Any, ...]]]:
    """One query for each state (and origin) that the filter lets through."""
    states = _DECIDED if chosen.decided else _OPEN
    end = "message_id < ? ORDER BY message_id DESC"
    table, condition, fixed = _place(chosen)
    return [
        (
            f"SELECT message_id FROM {table} WHERE persona_id = ? AND {condition} AND state = ?"
            f" AND {end}",
            (persona_id, *each, state, before),
        )
        for each in fixed
        for state in states
    ]


def _place(chosen: ReviewFilter) -> tuple[str, str, tuple[tuple[Any, ...], ...]]:
    """The table to walk, what holds there, and the values of that, one walk each."""
    if chosen.kind == "flagged":
        if chosen.name:
            return "flags", "flag = ?", ((chosen.name,),)
        return "replies INDEXED BY replies_flagged", "flagged", ((),)
    if chosen.kind == "topic":
        return "replies", "topic = ? AND topic <> ''", ((chosen.name,),)
    if chosen.kind == "sample":
        # CROSS keeps the few of the sample in front of the many of the persona.
        return "samples CROSS JOIN replies USING (message_id)", "imported", ((),)
    origins: dict[str, tuple[tuple[int], ...]] = {"unrated": ((0,),), "archive": ((1,),)}
    return "replies", "imported = ?", origins.get(chosen.kind, ((0,), (1,)))


def _review_item(row: Row, flags: tuple[ReviewFlag, ...]) -> ReviewItem:
    return ReviewItem(
        message_id=row["id"],
        conversation_id=row["conversation_id"],
        question_id=row["parent_id"] if row["question"] else None,
        question=row["question"],
        reply=row["reply"],
        original=row["original"],
        title=row["title"],
        source=row["source"],
        created=row["created"],
        own=bool(row["own"]),
        state=row["state"],
        rating=row["value"],
        corrected=bool(row["corrected"]),
        imported_rating=bool(row["imported_rating"]),
        topic=row["topic"],
        topic_by_user=bool(row["topic_by_user"]),
        flags=flags,
    )
