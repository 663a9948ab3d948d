"""Sources: other programs' stores and watched folders, and what was seen of them so far."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.store.database import Database, Row, now, to_json
from app.store.values import Role

SourceKind = Literal["open-webui", "lm-studio", "jan", "folder"]


@dataclass(frozen=True)
class Source:
    """A place that is looked into again and again; what is found there goes to one persona."""

    id: int
    persona_id: int
    kind: SourceKind
    place: str
    looked: str
    created: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A message of a conversation as it came in here."""

    message_id: int
    parent_id: int | None
    role: Role
    content: str
    created: str


class Sources:
    """The sources of every persona; the state of one may be large, and is read by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, persona_id: int, kind: SourceKind, place: str, state: Mapping[str, Any]) -> int:
        """Enter a place, unless it is entered already; its id."""
        self._database.change(
            "INSERT INTO sources (persona_id, kind, place, state, created) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (persona_id, kind, place) DO NOTHING",
            (persona_id, kind, place, to_json(state), now()),
        )
        row = self._database.first(
            "SELECT id FROM sources WHERE persona_id = ? AND kind = ? AND place = ?",
            (persona_id, kind, place),
        )
        assert row is not None
        return int(row["id"])

    def all(self) -> list[Source]:
        """Every source of those in sight, the oldest first."""
        return [
            _source(row)
            for row in self._database.rows(
                "SELECT id, persona_id, kind, place, looked, created FROM sources WHERE persona_id"
                " IN (SELECT id FROM personas WHERE deleted IS NULL) ORDER BY id"
            )
        ]

    def get(self, source_id: int) -> Source:
        return _source(self._database.row("source", "sources", source_id))

    def state(self, source_id: int) -> dict[str, Any]:
        """What was seen of a source."""
        row = self._database.row("source", "sources", source_id)
        found = json.loads(row["state"])
        return found if isinstance(found, dict) else {}

    def set_state(self, source_id: int, state: Mapping[str, Any]) -> None:
        """Remember what was seen; a source that was removed meanwhile stays removed."""
        self._database.change(
            "UPDATE sources SET state = ?, looked = ? WHERE id = ?",
            (to_json(state), now(), source_id),
        )

    def remove(self, source_id: int) -> None:
        """Look there no more; what came in stays."""
        self._database.change("DELETE FROM sources WHERE id = ?", (source_id,))

    def known(self, persona_id: int, names: Iterable[str]) -> set[str]:
        """Those of the names under which there is a conversation here."""
        rows = self._database.rows(
            "SELECT external_id FROM conversations WHERE persona_id = ?"
            " AND external_id IN (SELECT value FROM json_each(?))",
            (persona_id, to_json(list(names))),
        )
        return {row["external_id"] for row in rows}

    def standing(self, persona_id: int, names: Iterable[str]) -> list[Standing]:
        """The messages of the conversation of one of these names, the last of them that is here."""
        rows = self._database.rows(
            "SELECT messages.id, parent_id, role, content, messages.created FROM messages"
            " WHERE conversation_id = (SELECT conversations.id FROM json_each(?) AS names"
            " JOIN conversations ON external_id = names.value AND persona_id = ?"
            " ORDER BY names.key DESC LIMIT 1) ORDER BY messages.id",
            (to_json(list(names)), persona_id),
        )
        return [Standing(*row) for row in rows]


def _source(row: Row) -> Source:
    return Source(
        row["id"], row["persona_id"], row["kind"], row["place"], row["looked"] or "", row["created"]
    )
