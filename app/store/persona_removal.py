"""Removing the row of a persona for good, with all that names it; here and in copies."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from app.store.database import Database
from app.store.faults import explained

_BUSY_TIMEOUT_S = 10.0
_OWN_RUNS = "SELECT id FROM runs WHERE persona_id = ?1"
_OWN_ADAPTERS = "SELECT id FROM adapters WHERE persona_id = ?1"
_OF_SLUG = "substr(key, -length(?2) - 1) = ':' || ?2"
# What it said to others stays theirs; nobody knows any more through which adapter.
_REMOVING = (
    f"UPDATE messages SET adapter_id = NULL WHERE adapter_id IN ({_OWN_ADAPTERS})",
    f"UPDATE runs SET parent_adapter_id = NULL WHERE parent_adapter_id IN ({_OWN_ADAPTERS})",
    f"UPDATE adapters SET parent_id = NULL WHERE parent_id IN ({_OWN_ADAPTERS})",
    "UPDATE personas SET active_adapter_id = NULL WHERE id = ?1",
    "DELETE FROM deployments WHERE persona_id = ?1",
    f"DELETE FROM scores WHERE run_id IN ({_OWN_RUNS})",
    f"DELETE FROM run_messages WHERE run_id IN ({_OWN_RUNS})",
    f"DELETE FROM replay_uses WHERE run_id IN ({_OWN_RUNS})",
    "DELETE FROM settings WHERE key IN"
    f" (SELECT 'watching:' || id FROM adapters WHERE persona_id = ?1) OR {_OF_SLUG}",
    "UPDATE settings SET value = (SELECT json_group_array(json(each.value))"
    " FROM json_each(settings.value) AS each WHERE each.value ->> 'persona' IS NOT ?2)"
    " WHERE key = 'schedule.log'",
    "DELETE FROM settings WHERE key = 'persona' AND value = CAST(?1 AS TEXT)",
    "DELETE FROM adapters WHERE persona_id = ?1",
    "DELETE FROM runs WHERE persona_id = ?1",
    "DELETE FROM conversations WHERE persona_id = ?1",
    "DELETE FROM personas WHERE id = ?1",
)


def remove_persona(database: Database, persona_id: int, created: str) -> None:
    """Take a persona with its runs and adapters out of the tables, if it is there.

    A number may have been given again since a copy was made; the moment tells whose it was.
    """
    row = database.first(
        "SELECT slug FROM personas WHERE id = ? AND created = ?", (persona_id, created)
    )
    if row is None:
        return
    database.change("PRAGMA secure_delete = ON")
    with database.transaction():
        for statement in _REMOVING:
            values = (persona_id, row["slug"])
            database.change(statement, values if "?2" in statement else values[:1])


def remove_from_copy(database: Database, path: Path, persona_id: int, created: str) -> None:
    """The same in a copy of the database, which is written anew after it."""
    with (
        explained(database.home),
        closing(
            sqlite3.connect(
                f"{path.as_uri()}?mode=rw", timeout=_BUSY_TIMEOUT_S, isolation_level=None, uri=True
            )
        ) as connection,
    ):
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        copy = Database(database.home, connection)
        remove_persona(copy, persona_id, created)
        copy.change("VACUUM")
