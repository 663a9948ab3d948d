"""The step of the schema for what was deleted and is kept for some weeks; see migrations."""

from __future__ import annotations

import sqlite3

from app.store.database import now


def deletions_that_end(connection: sqlite3.Connection) -> None:
    """Personas can be deleted, too; and what was deleted goes for good after a time."""
    connection.execute("ALTER TABLE personas ADD COLUMN deleted TEXT")
    # What was deleted while that had no end has all of the time from this day on.
    connection.execute("ALTER TABLE deletions ADD COLUMN since TEXT")
    connection.execute("UPDATE deletions SET since = ?", (now(),))
