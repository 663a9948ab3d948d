"""Copies of the database, made by SQLite's backup API while others may be writing."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from app.home import Home

_PATTERN = "perennial-*.db"


def back_up(home: Home, version: int) -> Path:
    """Copy the database into the home's backups; the copy appears whole or not at all."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    target = home.backups / f"perennial-{moment}-v{version}.db"
    part = target.with_suffix(".part")
    part.touch(mode=0o600, exist_ok=False)
    try:
        with (
            closing(sqlite3.connect(home.database)) as source,
            closing(sqlite3.connect(part)) as copy,
        ):
            source.backup(copy)
            # The copy stands alone: no write-ahead log that could be left behind.
            copy.execute("PRAGMA journal_mode=DELETE")
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except (sqlite3.Error, OSError):
        part.unlink(missing_ok=True)
        raise
    return target


def backups(home: Home) -> list[Path]:
    """The backups of a home, newest first; names carry the time and sort by it."""
    return sorted(home.backups.glob(_PATTERN), reverse=True)


def finding(database: Path) -> str:
    """What SQLite's quick check says of a database: "ok", or the first thing that is wrong."""
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    return str(row[0]).splitlines()[-1]
