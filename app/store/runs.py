"""Runs: attempts at an adapter, with the last stage that each completed."""

from __future__ import annotations

from collections.abc import Iterable

from app.store.database import Database, Row, now
from app.store.values import Run, RunState


class Runs:
    """The runs of every persona."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        run_id: str,
        persona_id: int,
        base_id: int,
        parent_adapter_id: int | None,
        recipe: str,
        seed: int,
    ) -> Run:
        """A run that has completed no stage yet."""
        moment = now()
        with self._database.transaction():
            self._database.change(
                "INSERT INTO runs (id, persona_id, base_id, parent_adapter_id, stage, state,"
                " recipe, seed, verdict, reason, created, updated)"
                " VALUES (?, ?, ?, ?, '', 'running', ?, ?, NULL, '', ?, ?)",
                (run_id, persona_id, base_id, parent_adapter_id, recipe, seed, moment, moment),
            )
            return self.get(run_id)

    def complete_stage(self, run_id: str, stage: str) -> None:
        self._database.change(
            "UPDATE runs SET stage = ?, updated = ? WHERE id = ?", (stage, now(), run_id)
        )

    def set_state(
        self, run_id: str, state: RunState, *, verdict: str | None = None, reason: str = ""
    ) -> None:
        """Say how a run stands; a verdict once given stays until another is given."""
        self._database.change(
            "UPDATE runs SET state = ?, verdict = coalesce(?, verdict), reason = ?, updated = ?"
            " WHERE id = ?",
            (state, verdict, reason, now(), run_id),
        )

    def get(self, run_id: str) -> Run:
        return _run(self._database.row("run", "runs", run_id))

    def of_persona(self, persona_id: int) -> list[Run]:
        """The runs of a persona, newest first."""
        rows = self._database.rows(
            "SELECT * FROM runs WHERE persona_id = ? ORDER BY created DESC", (persona_id,)
        )
        return [_run(row) for row in rows]

    def unfinished(self) -> list[Run]:
        """Runs that can go on: the running ones and those that wait for the user."""
        rows = self._database.rows(
            "SELECT * FROM runs WHERE state IN ('running', 'waiting') ORDER BY created"
        )
        return [_run(row) for row in rows]

    def use(self, run_id: str, message_ids: Iterable[int]) -> None:
        """Record everything that a run learns from, in place of what stood there before."""
        with self._database.transaction():
            self._database.change("DELETE FROM run_messages WHERE run_id = ?", (run_id,))
            self._database.change_all(
                "INSERT OR IGNORE INTO run_messages (run_id, message_id) VALUES (?, ?)",
                ((run_id, message_id) for message_id in message_ids),
            )

    def used(self, run_id: str) -> list[int]:
        """The messages that a run learns from."""
        rows = self._database.rows(
            "SELECT message_id FROM run_messages WHERE run_id = ? ORDER BY message_id", (run_id,)
        )
        return [row["message_id"] for row in rows]


def _run(row: Row) -> Run:
    return Run(**{key: row[key] for key in row.keys()})  # noqa: SIM118 (a Row iterates values)
