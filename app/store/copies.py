"""Copies of the database that came from elsewhere: looked at before anybody opens them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from app.store.backups import finding


def version_of_copy(path: Path) -> int | None:
    """The schema's version of a whole and sound copy; None for anything else."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError:
        return None
    return version if version > 0 and finding(path) == "ok" else None
