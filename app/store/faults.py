"""SQLite's errors, turned into what a person can act on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import StoreError
from app.home import Home
from app.store.backups import backups, finding

_FREE_ENOUGH_BYTES = 1 << 20
_KEPT = "Everything that was stored before is still there."


@contextmanager
def explained(home: Home) -> Iterator[None]:
    """Raise a StoreError for what the environment did; errors of the program pass."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        known = _known(home, error)
        if known is None:
            raise
        raise known from error


def _known(home: Home, error: sqlite3.DatabaseError) -> StoreError | None:
    # Absent on errors that the Python module raises itself; extended codes carry the
    # primary code in the low byte.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or _is_garbled(error):
        return damaged(home)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            "Another Perennial process is busy writing to the database.",
            "Wait for it to end, then try again.",
            kind="locked",
            kept=_KEPT,
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return read_only(home)
    if code == sqlite3.SQLITE_FULL or (
        code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _no_space(home)
    ):
        return StoreError(
            f"The disk that holds {home.root} is full; the last change was not stored.",
            "Free some space on it, then try again.",
            kind="disk_full",
            kept=_KEPT,
        )
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
        return StoreError(
            f"The database {home.database} cannot be reached: {error}.",
            "See that the disk is connected and that the file is yours, then try again.",
            kept="The last change was not stored; the file was left as it is.",
        )
    return None


def _is_garbled(error: sqlite3.DatabaseError) -> bool:
    """Bytes in a text column that are no text; the Python module tells it by words alone."""
    return str(error).startswith("Could not decode to UTF-8")


def read_only(home: Home) -> StoreError:
    """What to say of a database that may be read but not written."""
    return StoreError(
        f"The database {home.database} cannot be written to.",
        "Make it writable for your user, or choose another home with --home.",
        kind="read_only",
        kept=_KEPT,
    )


def gone(home: Home) -> StoreError:
    """What to say of a database that is no longer where it was opened."""
    return StoreError(
        f"The home {home.root} is no longer where it was, or was exchanged for another.",
        "Connect its disk or move the folder back, then try again.",
        kind="home_gone",
        kept="What was stored before lies in it unchanged; the last change was not stored, and"
        " nothing was put in its place.",
    )


def damaged(home: Home) -> StoreError:
    """What to say of a database that SQLite cannot read."""
    wrong = finding(home.database)
    backup = next((path for path in backups(home) if finding(path) == "ok"), None)
    name = home.database.name
    aside = f"Close Perennial and move {name}, {name}-wal and {name}-shm out of {home.root}"
    if backup is None:
        kept = (
            "There is no usable backup; the file was left as it is, and runs and models are intact."
        )
        next_step = (
            f"{aside}; keep them for a repair. Perennial then starts with an empty database."
        )
    else:
        kept = f"The backup {backup} is intact, and the damaged file was left as it is."
        next_step = f"{aside}, then copy the backup to {home.database}."
    return StoreError(
        f"The database {home.database} is damaged{'' if wrong == 'ok' else f' ({wrong})'}.",
        next_step,
        kind="damaged",
        kept=kept,
    )


def _no_space(home: Home) -> bool:
    return shutil.disk_usage(home.root).free < _FREE_ENOUGH_BYTES
