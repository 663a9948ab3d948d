"""How much a home holds, for diagnostics: rows of each table, and which settings are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from app.home import Home
from app.store.database import Database
from app.store.opening import connect

BUSY_TIMEOUT_S = 10.0
# Who and what a person named; none of it may leave the computer.
_NAMED = (
    ("personas", "name"),
    ("personas", "slug"),
    ("bases", "name"),
    ("programs", "name"),
    ("ollama_models", "name"),
)


@dataclass(frozen=True)
class Inventory:
    """`names` is there to be taken out of other texts."""

    tables: Mapping[str, int]
    settings: Mapping[str, Any]
    names: frozenset[str]


def take_inventory(home: Home) -> Inventory:
    """Count every row; the tables of the search index are left out."""
    with closing(Database(home, connect(home, BUSY_TIMEOUT_S))) as database:
        listed = database.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND sql NOT LIKE 'CREATE VIRTUAL TABLE%' AND name NOT IN (SELECT v.name || ending"
            " FROM sqlite_master v, (SELECT '_data' ending UNION SELECT '_idx' UNION"
            " SELECT '_content' UNION SELECT '_docsize' UNION SELECT '_config')"
            " WHERE v.sql LIKE 'CREATE VIRTUAL TABLE%') ORDER BY name"
        )
        tables = {
            str(row["name"]): int(database.rows(f'SELECT COUNT(*) FROM "{row["name"]}"')[0][0])
            for row in listed
        }
        kept = database.rows("SELECT key, value FROM settings ORDER BY key")
        names = {
            str(row[0])
            for table, column in _NAMED
            for row in database.rows(f"SELECT DISTINCT {column} FROM {table}")
        }
    settings = {str(row["key"]): json.loads(row["value"]) for row in kept}
    return Inventory(tables, settings, frozenset(name for name in names if name))
