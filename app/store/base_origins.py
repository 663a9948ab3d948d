"""The step of the schema for where bases come from; see migrations.

A table of its own, since a persona's archive takes the bases along and no place of this computer.
"""

from __future__ import annotations

import sqlite3


def base_origins(connection: sqlite3.Connection) -> None:
    """Where a base came from, and under which licence."""
    connection.execute(
        """CREATE TABLE base_origins (
            base_id INTEGER PRIMARY KEY REFERENCES bases (id) ON DELETE CASCADE,
            source TEXT NOT NULL,
            licence TEXT NOT NULL
        ) STRICT"""
    )
