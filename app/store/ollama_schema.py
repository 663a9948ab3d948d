"""The step of the schema for what was put into Ollama; see migrations."""

from __future__ import annotations

import sqlite3


def ollama_models(connection: sqlite3.Connection) -> None:
    """Models of ours in an Ollama: names and digests, before and after."""
    # What lies in Ollama outlives its persona until it is taken out there.
    connection.execute(
        """CREATE TABLE ollama_models (
            id INTEGER PRIMARY KEY,
            persona_id INTEGER REFERENCES personas (id) ON DELETE SET NULL,
            run_id TEXT NOT NULL,
            address TEXT NOT NULL,
            server_version TEXT NOT NULL,
            name TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('begun', 'live', 'undone', 'failed')),
            strategy TEXT NOT NULL,
            before_digest TEXT,
            after_digest TEXT,
            base_name TEXT NOT NULL,
            base_is_ours INTEGER NOT NULL CHECK (base_is_ours IN (0, 1)),
            parity TEXT NOT NULL,
            reason TEXT NOT NULL,
            created TEXT NOT NULL,
            ended TEXT
        ) STRICT"""
    )
    connection.execute("CREATE INDEX ollama_models_of_persona ON ollama_models (persona_id)")


def ollama_leaving(connection: sqlite3.Connection) -> None:
    """What learned something that was forgotten goes, also when its server is away meanwhile."""
    connection.execute(
        "ALTER TABLE ollama_models ADD COLUMN leaving INTEGER NOT NULL DEFAULT 0"
        " CHECK (leaving IN (0, 1))"
    )
