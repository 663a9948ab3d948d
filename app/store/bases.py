"""Base models that adapters are trained on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from app.store.database import Database, Row, to_json
from app.store.values import Base, BaseKind


class Bases:
    """The base models that the home knows, each once by its digest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        name: str,
        kind: BaseKind,
        path: Path | str,
        digest: str,
        architecture: str = "",
        size_bytes: int = 0,
        languages: Sequence[str] = ("en",),
        *,
        source: str = "",
        licence: str = "",
    ) -> Base:
        """Take a base in; one of the same digest is the same base at a new place."""
        with self._database.transaction():
            self._database.change(
                "INSERT INTO bases (name, kind, path, digest, architecture, size_bytes, languages)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET"
                " name = excluded.name, kind = excluded.kind, path = excluded.path,"
                " architecture = excluded.architecture, size_bytes = excluded.size_bytes,"
                " languages = excluded.languages",
                (
                    name,
                    kind,
                    self._database.stored_path(path),
                    digest,
                    architecture,
                    size_bytes,
                    to_json(list(languages)),
                ),
            )
            row = self._database.first("SELECT * FROM bases WHERE digest = ?", (digest,))
            assert row is not None
            if source or licence:
                self._database.change(
                    "INSERT OR REPLACE INTO base_origins (base_id, source, licence)"
                    " VALUES (?, ?, ?)",
                    (row["id"], source, licence),
                )
            return self._base(row)

    def get(self, base_id: int) -> Base:
        return self._base(self._database.row("base", "bases", base_id))

    def by_digest(self, digest: str) -> Base | None:
        row = self._database.first("SELECT * FROM bases WHERE digest = ?", (digest,))
        return self._base(row) if row else None

    def all(self) -> list[Base]:
        return [self._base(row) for row in self._database.rows("SELECT * FROM bases ORDER BY id")]

    def _base(self, row: Row) -> Base:
        origin = self._database.first(
            "SELECT source, licence FROM base_origins WHERE base_id = ?", (row["id"],)
        )
        return Base(
            id=row["id"],
            name=row["name"],
            kind=row["kind"],
            path=self._database.real_path(row["path"]),
            digest=row["digest"],
            architecture=row["architecture"],
            size_bytes=row["size_bytes"],
            languages=tuple(json.loads(row["languages"])),
            source=origin["source"] if origin else "",
            licence=origin["licence"] if origin else "",
        )
