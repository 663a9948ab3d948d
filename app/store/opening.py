"""Opening the database: private, in WAL mode, and at the version of this app."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.errors import StoreError
from app.home import Home
from app.store.backups import back_up, backups
from app.store.faults import damaged, explained, gone, read_only
from app.store.migrations import MIGRATIONS

_PRIVATE_FILE = 0o600
_creating = threading.Lock()
_opened: set[Path] = set()  # by this process: what was there once is not made anew


def connect(home: Home, busy_timeout_s: float) -> sqlite3.Connection:
    """A connection to the home's database, migrated where it was older."""
    _make_private(home)
    with ExitStack() as undo, explained(home):
        connection = sqlite3.connect(home.database, timeout=busy_timeout_s, isolation_level=None)
        undo.callback(connection.close)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys=ON")
        _refuse_newer(home, _version(connection))
        connection.execute("PRAGMA journal_mode=WAL")
        # A rating that was acknowledged survives a power cut too.
        connection.execute("PRAGMA synchronous=FULL")
        _migrate(home, connection)
        undo.pop_all()
    _opened.add(home.database)
    return connection


def _make_private(home: Home) -> None:
    """See that the file is there and readable by its owner alone before anything is written."""
    path = home.database
    try:
        # An existing file is never opened here: closing it would drop the locks that other
        # connections of this process hold on it.
        with _creating:
            if not path.exists():
                if path in _opened:
                    raise gone(home)
                path.touch(mode=_PRIVATE_FILE, exist_ok=False)
        found = path.stat()
        if found.st_size == 0 and backups(home):
            raise damaged(home)  # emptied from outside: SQLite would take it for a new database
        if os.name != "nt" and found.st_mode & 0o077:
            path.chmod(_PRIVATE_FILE)
    except FileExistsError:
        return  # another process was quicker, and made it the same way
    except PermissionError as error:
        raise read_only(home) from error
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be opened: {error.strerror or error}.",
            "See to the folder, or choose another home with --home.",
            kept="Nothing in it was changed.",
        ) from error
    if not os.access(path, os.W_OK):
        raise read_only(home)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _refuse_newer(home: Home, version: int) -> None:
    if version > len(MIGRATIONS):
        raise StoreError(
            f"The database {home.database} was written by a newer Perennial"
            f" (version {version}, this one knows {len(MIGRATIONS)}).",
            "Update Perennial, or open another home with --home.",
            kind="newer",
            kept="Nothing in it was changed.",
        )


def _migrate(home: Home, connection: sqlite3.Connection) -> None:
    """Run the missing steps: of a new database at once, of an existing one after a backup,
    each in a transaction of its own."""
    backed_up = False
    while _version(connection) < len(MIGRATIONS):
        with _immediately(connection):
            # Read again under the lock: another process may have migrated meanwhile.
            version = _version(connection)
            if version == len(MIGRATIONS):
                return
            if version > 0 and not backed_up:
                _back_up(home, version)
                backed_up = True
            steps = MIGRATIONS[version : version + 1] if version > 0 else MIGRATIONS
            for step in steps:
                step(connection)
            connection.execute(f"PRAGMA user_version = {version + len(steps)}")


@contextmanager
def _immediately(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _back_up(home: Home, version: int) -> None:
    try:
        back_up(home, version)
    except OSError as error:
        raise StoreError(
            f"The database could not be copied before its update: {error.strerror or error}.",
            f"Free some space for {home.backups}, then start again.",
            kind="disk_full",
            kept="The database was left as it is.",
        ) from error
