"""The step of the schema for other programs that may talk to the personas; see migrations."""

from __future__ import annotations

import sqlite3


def programs(connection: sqlite3.Connection) -> None:
    """Programs with a key each, and whether what is said through them is collected."""
    # A program of one persona goes with it: with all personas in reach it could do more.
    connection.execute(
        """CREATE TABLE programs (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE,
            key_hash TEXT NOT NULL UNIQUE,
            collects INTEGER NOT NULL CHECK (collects IN (0, 1)),
            persona_id INTEGER REFERENCES personas (id) ON DELETE CASCADE,
            created TEXT NOT NULL,
            last_used TEXT,
            requests INTEGER NOT NULL DEFAULT 0
        ) STRICT"""
    )
