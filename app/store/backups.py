"""Copies of the database, made by SQLite's backup API while others may be writing."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from app.home import Home

KEPT = 6

_PATTERN = "perennial-*.db"
_MOMENT = "%Y%m%d-%H%M%S-%f"
# What stays free beside a copy, so that a message or a rating finds room meanwhile.
_ROOM_BYTES = 8 << 20


def back_up(home: Home, version: int) -> Path:
    """Copy the database into the home's backups; the copy appears whole or not at all."""
    _check_room(home)
    moment = datetime.now(UTC).strftime(_MOMENT)
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
    finally:
        for left in home.backups.glob(f"{target.stem}.part*"):
            left.unlink()
    return target


def _check_room(home: Home) -> None:
    wanted = home.database.stat().st_size + _ROOM_BYTES
    if shutil.disk_usage(home.backups).free < wanted:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(home.backups))


def has_backup_since(home: Home, moment: datetime) -> bool:
    """Whether the database was copied after a moment."""
    newest = next(iter(backups(home)), None)
    return newest is not None and newest.name > f"perennial-{moment.strftime(_MOMENT)}"


def drop_old(home: Home) -> None:
    """Keep the newest few copies."""
    for path in backups(home)[KEPT:]:
        path.unlink(missing_ok=True)


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
