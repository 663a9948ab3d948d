"""Replay examples: what keeps the abilities of a base alive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.store.database import Database, Row, id_list, now, to_json
from app.store.values import ReplayItem


class ReplayItems:
    """The replay buffers of the home."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_all(self, rows: Iterable[Mapping[str, Any]], source: str) -> int:
        """Take examples in; how many are new. Known ones are brought up to date.

        A row is `{"id", "group", "messages", "language"?, "checks"?}`; whether an item was left
        out stays the user's word.
        """
        with self._database.transaction():
            before = self._count()
            self._database.change_all(
                "INSERT INTO replay_items (external_id, replay_group, language, messages, checks,"
                " source, left_out) VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (external_id)"
                " DO UPDATE SET replay_group = excluded.replay_group,"
                " language = excluded.language, messages = excluded.messages,"
                " checks = excluded.checks, source = excluded.source",
                (
                    (
                        row["id"],
                        row["group"],
                        row.get("language", ""),
                        to_json(row["messages"]),
                        row.get("checks") or "",
                        source,
                    )
                    for row in rows
                ),
            )
            return self._count() - before

    def all(self, groups: Iterable[str] | None = None) -> list[ReplayItem]:
        """Every example of these groups, or of all of them, those left out included."""
        rows = self._database.rows(
            "SELECT replay_items.*, (SELECT max(used) FROM replay_uses WHERE item_id = id)"
            " AS last_used FROM replay_items WHERE ?1 IS NULL"
            " OR replay_group IN (SELECT value FROM json_each(?1)) ORDER BY id",
            (None if groups is None else to_json(list(groups)),),
        )
        return [_item(row) for row in rows]

    def set_left_out(self, item_id: int, left_out: bool) -> None:
        self._database.change(
            "UPDATE replay_items SET left_out = ? WHERE id = ?", (int(left_out), item_id)
        )

    def mark_used(self, item_ids: Iterable[int], run_id: str) -> None:
        """Record that a run drew these examples."""
        self._database.change(
            "INSERT OR REPLACE INTO replay_uses (item_id, run_id, used)"
            " SELECT value, ?2, ?3 FROM json_each(?1)",
            (id_list(item_ids), run_id, now()),
        )

    def _count(self) -> int:
        row = self._database.first("SELECT count(*) AS n FROM replay_items")
        assert row is not None
        return int(row["n"])


def _item(row: Row) -> ReplayItem:
    return ReplayItem(
        id=row["id"],
        external_id=row["external_id"],
        group=row["replay_group"],
        language=row["language"],
        messages=json.loads(row["messages"]),
        checks=row["checks"],
        source=row["source"],
        left_out=bool(row["left_out"]),
        last_used=row["last_used"],
    )
