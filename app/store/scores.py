"""Scores of examinations."""

from __future__ import annotations

from collections.abc import Iterable

from app.store.database import Database
from app.store.values import Score


class Scores:
    """What the examination of each run measured."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, run_id: str, rows: Iterable[Score]) -> None:
        """Store scores of a run; the same measure of the same subject is replaced."""
        self._database.change_all(
            "INSERT OR REPLACE INTO scores (run_id, subject, measure, score_group, value, n)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            ((run_id, row.subject, row.measure, row.group, row.value, row.n) for row in rows),
        )

    def of_run(self, run_id: str) -> list[Score]:
        rows = self._database.rows(
            "SELECT * FROM scores WHERE run_id = ? ORDER BY measure, score_group, subject",
            (run_id,),
        )
        return [
            Score(
                row["run_id"],
                row["subject"],
                row["measure"],
                row["score_group"],
                row["value"],
                row["n"],
            )
            for row in rows
        ]
