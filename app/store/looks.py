"""Looks: what was found in each reply, and which replies are nearly the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from app.store.database import Database, Row, id_list, to_json

_BANDS = 8
_BAND_BYTES = 3 * 4  # of three numbers each; more would meet less, fewer nearly everything
_MOST_IN_A_BAND = 16  # a phrase that thousands share must not make each look at all the others

# What would be learned if the user said yes: the last correction, also of an import, else the
# last edit, else the words as they were said.
WORDS = """
SELECT messages.id, messages.conversation_id, messages.parent_id,
    CASE WHEN said.correction IS NULL THEN messages.finish ELSE '' END AS finish,
    coalesce(said.correction, edits.content, messages.content) AS reply,
    CASE WHEN asked.role = 'user' THEN coalesce(reworded.content, asked.content) ELSE '' END
        AS question
FROM messages
LEFT JOIN ratings AS said ON said.id =
    (SELECT max(id) FROM ratings WHERE ratings.message_id = messages.id)
LEFT JOIN edits ON edits.id = (SELECT max(id) FROM edits WHERE edits.message_id = messages.id)
LEFT JOIN messages AS asked ON asked.id = messages.parent_id
LEFT JOIN edits AS reworded ON reworded.id =
    (SELECT max(id) FROM edits WHERE edits.message_id = asked.id)
"""
# Steps from one version to the next along the index, instead of reading all of it.
_VERSIONS = """
WITH RECURSIVE versions (looked) AS (
    SELECT min(looked) FROM replies WHERE persona_id = ?1
    UNION ALL
    SELECT (SELECT min(looked) FROM replies WHERE persona_id = ?1 AND looked > versions.looked)
    FROM versions WHERE versions.looked IS NOT NULL
)
SELECT looked FROM versions WHERE looked IS NOT NULL AND looked <> ?2
"""
_TO_LOOK_AT = """
SELECT message_id FROM replies WHERE persona_id = ? AND looked = ? AND message_id < ?
ORDER BY message_id DESC LIMIT ?
"""
_ALIKE = """
SELECT look_bands.band, look_bands.message_id, looks.signature, messages.conversation_id,
    messages.parent_id, EXISTS (SELECT 1 FROM flags
        WHERE flags.message_id = look_bands.message_id AND flag = 'near_duplicate') AS doubled
FROM look_bands LEFT JOIN looks ON looks.message_id = look_bands.message_id
LEFT JOIN messages ON messages.id = look_bands.message_id
WHERE look_bands.band IN (SELECT value FROM json_each(?))
"""
# Into a flag of its own message only, and only while both are there.
_FLAG = """
INSERT OR IGNORE INTO flags (message_id, flag, detail, other_id, persona_id, state)
SELECT replies.message_id, ?, ?, ?, replies.persona_id, replies.state
FROM replies JOIN looks ON looks.message_id = replies.message_id
WHERE replies.message_id = ? AND (?3 IS NULL OR EXISTS (SELECT 1 FROM messages WHERE id = ?3))
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A reply to be looked at, with its context."""

    message_id: int
    conversation_id: int
    parent_id: int | None
    question: str
    reply: str
    finish: str


@dataclass(frozen=True, slots=True)
class StoredFlag:
    """A flag of a message, with the message that it nearly is the same as, where there is one."""

    message_id: int
    kind: str
    detail: dict[str, Any]
    other_id: int | None = None


@dataclass(frozen=True, slots=True)
class StoredLook:
    """What was found in a subject."""

    subject: Subject
    topic: str
    signature: bytes
    bands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """A reply that shares a band, and may be nearly the same; `doubled` when flagged for it."""

    band: int
    message_id: int
    signature: bytes
    conversation_id: int
    parent_id: int | None
    doubled: bool = False


class Looks:
    """What was found in the replies of every persona."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def left(self, persona_id: int, version: int) -> int:
        """How many replies nobody has looked at by these rules."""
        return sum(self._count(persona_id, looked) for looked in self.outdated(persona_id, version))

    def outdated(self, persona_id: int, version: int) -> list[int]:
        """The versions of the other rules that replies were looked at by; 0 for not at all."""
        return [row["looked"] for row in self._database.rows(_VERSIONS, (persona_id, version))]

    def to_look_at(
        self, persona_id: int, looked: int, before: int | None, limit: int
    ) -> list[Subject]:
        """The newest replies that were last looked at by these rules, newest first."""
        highest = (1 << 62) if before is None else before
        rows = self._database.rows(_TO_LOOK_AT, (persona_id, looked, highest, limit))
        subjects = self.words_of(row["message_id"] for row in rows)
        return sorted(subjects, key=lambda subject: -subject.message_id)

    def approved_words(self, persona_id: int, limit: int) -> list[str]:
        """The newest replies that the user approved or corrected."""
        rows = self._database.rows(
            "SELECT message_id FROM (SELECT message_id FROM replies WHERE persona_id = ?1"
            " AND imported = 0 AND state = 'approved' ORDER BY message_id DESC LIMIT ?2)"
            " UNION ALL SELECT message_id FROM (SELECT message_id FROM replies WHERE"
            " persona_id = ?1 AND imported = 1 AND state = 'approved' ORDER BY message_id DESC"
            " LIMIT ?2) ORDER BY message_id DESC LIMIT ?2",
            (persona_id, limit),
        )
        return [subject.reply for subject in self.words_of(row["message_id"] for row in rows)]

    def alike(self, bands: Iterable[int]) -> list[Alike]:
        """The replies that share one of these bands."""
        rows = self._database.rows(_ALIKE, (id_list(bands),))
        ended = [(row["band"], row["message_id"]) for row in rows if row["signature"] is None]
        if ended:
            self._database.change_all(
                "DELETE FROM look_bands WHERE band = ? AND message_id = ?", ended
            )
        return [
            Alike(
                row["band"],
                row["message_id"],
                row["signature"],
                row["conversation_id"],
                row["parent_id"],
                bool(row["doubled"]),
            )
            for row in rows
            if row["signature"] is not None
        ]

    def put(
        self, version: int, looks: Sequence[StoredLook], flags: Iterable[StoredFlag]
    ) -> set[int]:
        """Store what was found; not of replies whose words changed since they were read.

        Gives the messages whose look was stored.
        """
        with self._database.transaction():
            now = {each.message_id: each for each in self.words_of(_ids(looks))}
            same = [look for look in looks if now.get(look.subject.message_id) == look.subject]
            ids = set(_ids(same))
            changed = set(_ids(looks)) - ids
            self._database.change(
                "DELETE FROM looks WHERE message_id IN (SELECT value FROM json_each(?))",
                (id_list(ids),),
            )
            self._database.change_all(
                "INSERT INTO looks (message_id, version, topic, signature) VALUES (?, ?, ?, ?)",
                ((each.subject.message_id, version, each.topic, each.signature) for each in same),
            )
            self._database.change_all(
                "INSERT OR IGNORE INTO look_bands (band, message_id) VALUES (?, ?)",
                ((band, each.subject.message_id) for each in same for band in each.bands),
            )
            self._database.change_all(
                _FLAG,
                (
                    (flag.kind, to_json(flag.detail), flag.other_id, flag.message_id)
                    for flag in flags
                    if not changed & {flag.message_id, flag.other_id}
                ),
            )
        return ids

    def words_of(self, message_ids: Iterable[int]) -> list[Subject]:
        """What would be learned of these replies, with their questions."""
        rows = self._database.rows(
            f"{WORDS} WHERE messages.id IN (SELECT value FROM json_each(?))",
            (id_list(message_ids),),
        )
        return [_subject(row) for row in rows]

    def _count(self, persona_id: int, looked: int) -> int:
        row = self._database.first(
            "SELECT count(*) FROM replies WHERE persona_id = ? AND looked = ?",
            (persona_id, looked),
        )
        assert row is not None
        return int(row[0])


def band_keys(persona_id: int, signature: bytes) -> tuple[int, ...]:
    """Keys of which near-duplicates share one: of two that are seven tenths the same 96 in 100
    do, of four fifths nearly all; personas share none but by chance."""
    parts = range(0, min(len(signature), _BANDS * _BAND_BYTES), _BAND_BYTES)
    return tuple(crc32(signature[at : at + _BAND_BYTES], (persona_id << 8) + at) for at in parts)


def is_full(in_band: int) -> bool:
    """Whether enough of a band's replies are known to recognise the next one."""
    return in_band >= _MOST_IN_A_BAND


def _ids(looks: Iterable[StoredLook]) -> list[int]:
    return [look.subject.message_id for look in looks]


def _subject(row: Row) -> Subject:
    return Subject(
        row["id"],
        row["conversation_id"],
        row["parent_id"],
        row["question"],
        row["reply"],
        row["finish"],
    )
