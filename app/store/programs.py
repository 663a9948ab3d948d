"""Programs that may talk to the personas; of a key only its hash is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.store.database import Database, Row, now, to_json
from app.store.values import Finish


@dataclass(frozen=True)
class Program:
    """Another program; without a persona it may talk to all of them.

    `collects` is the user's consent that what is said through it is kept for the review.
    """

    id: int
    name: str
    key_hash: str
    collects: bool
    persona_id: int | None
    created: str
    last_used: str
    requests: int

    @property
    def source(self) -> str:
        """What its conversations are marked with."""
        return f"program:{self.name}"


class Programs:
    """The programs of a home."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, key_hash: str, collects: bool, persona_id: int | None) -> Program:
        """A program whose name no other one has."""
        program_id = self._database.insert(
            "INSERT INTO programs (name, key_hash, collects, persona_id, created)"
            " VALUES (?, ?, ?, ?, ?)",
            (name, key_hash, int(collects), persona_id, now()),
        )
        return self.get(program_id)

    def get(self, program_id: int) -> Program:
        return _program(self._database.row("program", "programs", program_id))

    def all(self) -> list[Program]:
        """Every program, the oldest first."""
        return [_program(row) for row in self._database.rows("SELECT * FROM programs ORDER BY id")]

    def set_collects(self, program_id: int, collects: bool) -> Program:
        """Give the consent, or take it back."""
        self._database.change(
            "UPDATE programs SET collects = ? WHERE id = ?", (int(collects), program_id)
        )
        return self.get(program_id)

    def note_use(self, program_id: int) -> None:
        """Count a reply to a program, which may have been removed meanwhile."""
        self._database.change(
            "UPDATE programs SET last_used = ?, requests = requests + 1 WHERE id = ?",
            (now(), program_id),
        )

    def remove(self, program_id: int) -> None:
        """Its key opens nothing any more; what was collected stays."""
        self._database.change("DELETE FROM programs WHERE id = ?", (program_id,))

    def set_maker(
        self,
        message_id: int,
        base_id: int | None,
        adapter_id: int | None,
        sampling: Mapping[str, Any],
        finish: Finish,
    ) -> None:
        """Say what made a collected reply: it is a persona's own, and no stranger's."""
        self._database.change(
            "UPDATE messages SET base_id = ?, adapter_id = ?, sampling = ?, finish = ?"
            " WHERE id = ?",
            (base_id, adapter_id, to_json(dict(sampling)), finish, message_id),
        )


def _program(row: Row) -> Program:
    return Program(
        id=row["id"],
        name=row["name"],
        key_hash=row["key_hash"],
        collects=bool(row["collects"]),
        persona_id=row["persona_id"],
        created=row["created"],
        last_used=row["last_used"] or "",
        requests=row["requests"],
    )
