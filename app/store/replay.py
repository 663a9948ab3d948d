"""Replay examples: what keeps the abilities of a base alive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.store.database import Database, Row, id_list, now, to_json
from app.store.values import ReplayGroup, ReplayItem, ReplayMark

# Nothing of a message that was forgotten since it was read.
_ADD = """
INSERT INTO replay_items (external_id, replay_group, language, messages, checks, source,
    left_out, judges, persona_id, base_id, message_id)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10
WHERE ?10 IS NULL OR EXISTS (SELECT 1 FROM messages WHERE id = ?10) ON CONFLICT (external_id)
DO UPDATE SET replay_group = excluded.replay_group, language = excluded.language,
    messages = excluded.messages, checks = excluded.checks, source = excluded.source,
    judges = excluded.judges
"""
_ITEMS = """
SELECT replay_items.*, last.used AS last_used, last.run_id AS last_run,
    (SELECT count(*) FROM replay_uses WHERE item_id = replay_items.id) AS uses,
    messages.conversation_id, messages.created AS said, conversations.title
FROM replay_items
LEFT JOIN replay_uses AS last ON last.rowid = (SELECT rowid FROM replay_uses
    WHERE item_id = replay_items.id ORDER BY used DESC LIMIT 1)
LEFT JOIN messages ON messages.id = replay_items.message_id
LEFT JOIN conversations ON conversations.id = messages.conversation_id
"""
# Nobody else's words, no other base's answers, and nothing that was rejected or put out of
# sight after it was learned.
_FOR = """(persona_id IS NULL OR persona_id = ?1) AND (base_id IS NULL OR base_id = ?2)
    AND (message_id IS NULL OR EXISTS (SELECT 1 FROM replies
        WHERE replies.message_id = replay_items.message_id AND replies.state = 'approved'))"""
# As with what is new: a draw counts once its run went live.
_MARKS = f"""
SELECT id, external_id, replay_group, language, source, left_out, judges, message_id,
    (SELECT count(*) FROM replay_uses WHERE item_id = replay_items.id AND run_id IN (
        SELECT run_id FROM adapters WHERE adapters.persona_id = ?1
            AND adapters.status IN ('live', 'previous'))) AS uses
FROM replay_items WHERE {_FOR} ORDER BY id
"""


class ReplayItems:
    """The replay groups of the home and their items."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def groups(self) -> list[ReplayGroup]:
        """Every group, in the order in which they were made."""
        rows = self._database.rows("SELECT * FROM replay_groups ORDER BY rowid")
        return [ReplayGroup(row["name"], row["target"], row["language"]) for row in rows]

    def set_group(self, name: str, target: int, language: str = "") -> None:
        """A new group, or another target for a known one."""
        self._database.change(
            "INSERT INTO replay_groups (name, target, language) VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET target = excluded.target",
            (name, target, language),
        )

    def drop_group(self, name: str) -> None:
        """Remove a group with its items."""
        with self._database.transaction():
            self._database.change("DELETE FROM replay_items WHERE replay_group = ?", (name,))
            self._database.change("DELETE FROM replay_groups WHERE name = ?", (name,))

    def add_all(
        self,
        rows: Iterable[Mapping[str, Any]],
        source: str,
        *,
        judges: bool = False,
        persona_id: int | None = None,
        base_id: int | None = None,
    ) -> int:
        """Take examples in; how many are new. Known ones are brought up to date.

        A row is `{"id", "group", "messages", "language"?, "checks"?, "message_id"?}`; whether an
        item was left out stays the user's word.
        """
        with self._database.transaction():
            before = self._count()
            self._database.change_all(
                _ADD,
                (
                    (
                        row["id"],
                        row["group"],
                        row.get("language", ""),
                        to_json(row["messages"]),
                        row.get("checks") or "",
                        source,
                        int(judges),
                        persona_id,
                        base_id,
                        row.get("message_id"),
                    )
                    for row in rows
                ),
            )
            return self._count() - before

    def put_back(self, items: Iterable[ReplayItem]) -> None:
        """Store items again as they were before they were removed."""
        with self._database.transaction():
            for item in items:
                row = {
                    "id": item.external_id, "group": item.group, "language": item.language,
                    "messages": item.messages, "checks": item.checks,
                    "message_id": item.message_id,
                }  # fmt: skip
                self.add_all(
                    [row], item.source, judges=item.judges, persona_id=item.persona_id,
                    base_id=item.base_id,
                )  # fmt: skip
                self._database.change(
                    "UPDATE replay_items SET left_out = ? WHERE external_id = ?",
                    (int(item.left_out), item.external_id),
                )

    def remove(self, item_ids: Iterable[int]) -> int:
        """Remove items; how many there were."""
        return self._database.change(
            "DELETE FROM replay_items WHERE id IN (SELECT value FROM json_each(?))",
            (id_list(item_ids),),
        )

    def remove_others(self, source: str, external_ids: Iterable[str]) -> int:
        """Remove what a source no longer has; how many items that were."""
        return self._database.change(
            "DELETE FROM replay_items WHERE source = ?"
            " AND external_id NOT IN (SELECT value FROM json_each(?))",
            (source, to_json(list(external_ids))),
        )

    def all(
        self, groups: Iterable[str] | None = None, sources: Iterable[str] | None = None
    ) -> list[ReplayItem]:
        """Every example of these groups and sources, or of all, those left out included."""
        rows = self._database.rows(
            f"""{_ITEMS}
            WHERE (?1 IS NULL OR replay_group IN (SELECT value FROM json_each(?1)))
                AND (?2 IS NULL OR replay_items.source IN (SELECT value FROM json_each(?2)))
            ORDER BY replay_items.id""",
            tuple(None if names is None else to_json(list(names)) for names in (groups, sources)),
        )
        return [_item(row) for row in rows]

    def of_ids(self, item_ids: Iterable[int]) -> list[ReplayItem]:
        """These items, the oldest first."""
        rows = self._database.rows(
            f"{_ITEMS} WHERE replay_items.id IN (SELECT value FROM json_each(?))"
            " ORDER BY replay_items.id",
            (id_list(item_ids),),
        )
        return [_item(row) for row in rows]

    def learned_by(self, persona_id: int) -> list[ReplayItem]:
        """What a persona itself once said and learned."""
        rows = self._database.rows(
            f"{_ITEMS} WHERE replay_items.persona_id = ? AND message_id IS NOT NULL"
            " ORDER BY replay_items.id",
            (persona_id,),
        )
        return [_item(row) for row in rows]

    def marks(self, persona_id: int, base_id: int | None) -> list[ReplayMark]:
        """Every item that a persona on this base may come by, the oldest first."""
        return [_mark(row) for row in self._database.rows(_MARKS, (persona_id, base_id))]

    def page(
        self, persona_id: int, base_id: int | None, group: str, limit: int, after: int, text: str
    ) -> list[ReplayItem]:
        """The items of a group behind an id; with a text those whose messages hold it."""
        rows = self._database.rows(
            f"""SELECT id FROM replay_items WHERE {_FOR} AND replay_group = ?3 AND id > ?4
            AND (?5 = '' OR EXISTS (SELECT 1 FROM json_each(messages)
                WHERE json_extract(value, '$.content') LIKE '%' || ?5 || '%' ESCAPE '\\'))
            ORDER BY id LIMIT ?6""",
            (persona_id, base_id, group, after, _literally(text), limit),
        )
        return self.of_ids(row["id"] for row in rows)

    def set_left_out(self, item_id: int, left_out: bool) -> None:
        self._database.change(
            "UPDATE replay_items SET left_out = ? WHERE id = ?", (int(left_out), item_id)
        )

    def mark_used(self, item_ids: Iterable[int], run_id: str) -> None:
        """Record everything that a run drew, in place of what stood there before."""
        with self._database.transaction():
            self._database.change("DELETE FROM replay_uses WHERE run_id = ?", (run_id,))
            self._database.change(
                "INSERT INTO replay_uses (item_id, run_id, used)"
                " SELECT value, ?2, ?3 FROM json_each(?1)",
                (id_list(item_ids), run_id, now()),
            )

    def _count(self) -> int:
        row = self._database.first("SELECT count(*) AS n FROM replay_items")
        assert row is not None
        return int(row["n"])


def _literally(text: str) -> str:
    """A text of which LIKE takes every sign as it is."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _mark(row: Row) -> ReplayMark:
    return ReplayMark(
        row["id"],
        row["external_id"],
        row["replay_group"],
        row["language"],
        row["source"],
        bool(row["left_out"]),
        bool(row["judges"]),
        row["message_id"],
        row["uses"],
    )


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
        uses=row["uses"],
        judges=bool(row["judges"]),
        persona_id=row["persona_id"],
        message_id=row["message_id"],
        base_id=row["base_id"],
        conversation_id=row["conversation_id"],
        title=row["title"] or "",
        said=row["said"],
        last_run=row["last_run"],
    )
