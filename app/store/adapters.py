"""Adapters with their lineage."""

from __future__ import annotations

from pathlib import Path

from app.store.database import Database, Row, now
from app.store.values import Adapter, AdapterStatus


class Adapters:
    """The adapters of every persona, one a run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        persona_id: int,
        base_id: int,
        run_id: str,
        parent_id: int | None,
        peft_path: Path | str,
        gguf_path: Path | str,
        digest: str,
    ) -> Adapter:
        """The candidate that a run made; a repeated stage brings its files up to date."""
        paths = (self._database.stored_path(peft_path), self._database.stored_path(gguf_path))
        with self._database.transaction():
            self._database.change(
                "INSERT INTO adapters (persona_id, base_id, run_id, parent_id, version, status,"
                " peft_path, gguf_path, digest, created) SELECT ?1, ?2, ?3, ?4,"
                " (SELECT coalesce(max(version), 0) + 1 FROM adapters WHERE persona_id = ?1),"
                " 'candidate', ?5, ?6, ?7, ?8 WHERE true"
                " ON CONFLICT (run_id) DO UPDATE SET peft_path = excluded.peft_path,"
                " gguf_path = excluded.gguf_path, digest = excluded.digest",
                (persona_id, base_id, run_id, parent_id, *paths, digest, now()),
            )
            adapter = self.of_run(run_id)
            assert adapter is not None
            return adapter

    def get(self, adapter_id: int) -> Adapter:
        return self._adapter(self._database.row("adapter", "adapters", adapter_id))

    def of_run(self, run_id: str) -> Adapter | None:
        row = self._database.first("SELECT * FROM adapters WHERE run_id = ?", (run_id,))
        return self._adapter(row) if row else None

    def of_persona(self, persona_id: int) -> list[Adapter]:
        """The adapters of a persona, newest first."""
        rows = self._database.rows(
            "SELECT * FROM adapters WHERE persona_id = ? ORDER BY version DESC", (persona_id,)
        )
        return [self._adapter(row) for row in rows]

    def of_base(self, base_id: int) -> list[Adapter]:
        """The adapters that were trained on a base, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM adapters WHERE base_id = ? ORDER BY id", (base_id,)
        )
        return [self._adapter(row) for row in rows]

    def set_status(self, adapter_id: int, status: AdapterStatus) -> None:
        self._database.change("UPDATE adapters SET status = ? WHERE id = ?", (status, adapter_id))

    def _adapter(self, row: Row) -> Adapter:
        return Adapter(
            id=row["id"],
            persona_id=row["persona_id"],
            base_id=row["base_id"],
            run_id=row["run_id"],
            parent_id=row["parent_id"],
            version=row["version"],
            status=row["status"],
            peft_path=self._database.real_path(row["peft_path"]),
            gguf_path=self._database.real_path(row["gguf_path"]),
            digest=row["digest"],
            created=row["created"],
        )
