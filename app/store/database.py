"""One connection to the database: statements, transactions, times and stored paths."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.errors import StoreError
from app.home import Home
from app.store.faults import explained, gone

Row = sqlite3.Row


class Database:
    """What the tables speak through; belongs to the thread that opened it."""

    def __init__(self, home: Home, connection: sqlite3.Connection) -> None:
        self.home = home
        self._connection = connection
        self._file = _file_of(home)

    def check_there(self) -> None:
        """Refuse to go on where the home went away: SQLite would write into a file without a name.

        Its disk was taken out, or its folder was moved, deleted, or exchanged.
        """
        if self._file is not None and _file_of(self.home) != self._file:
            raise gone(self.home)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Every row of a query."""
        with explained(self.home):
            return self._connection.execute(sql, parameters).fetchall()

    def each(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        """The rows of a query one by one, for what may not fit into memory."""
        with explained(self.home):
            yield from self._connection.execute(sql, parameters)

    def first(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of a query."""
        with explained(self.home):
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
            return row

    def row(self, what: str, table: str, key: int | str) -> Row:
        """The row of `table` with this id, or a StoreError that names what is missing."""
        row = self.first(f"SELECT * FROM {table} WHERE id = ?", (key,))
        if row is None:
            raise StoreError(
                f"There is no {what} {key} in the store.",
                "It may have been removed by another window; look at the list again.",
                kind="missing",
            )
        return row

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement that writes; how many rows it touched."""
        self._check_before_writing()
        with explained(self.home):
            return self._connection.execute(sql, parameters).rowcount

    def change_all(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run a statement that writes once for each set of parameters."""
        with self.transaction(), explained(self.home):
            self._connection.executemany(sql, parameters)

    def insert(self, sql: str, parameters: Sequence[Any]) -> int:
        """Insert a row; its id."""
        self._check_before_writing()
        with explained(self.home):
            row_id = self._connection.execute(sql, parameters).lastrowid
        assert row_id is not None
        return row_id

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; one inside another is a savepoint of the outer one."""
        nested = self._connection.in_transaction
        # IMMEDIATE, because a reader that turns writer is refused without waiting when
        # another process wrote in between.
        self.change("SAVEPOINT step" if nested else "BEGIN IMMEDIATE")
        done = False
        try:
            yield
            self.change("RELEASE step" if nested else "COMMIT")
            done = True
        finally:
            # On a full disk SQLite may have rolled back by itself.
            if not done and self._connection.in_transaction:
                self._undo(nested)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment, whatever other processes write meanwhile."""
        self.change("BEGIN")
        try:
            yield
        finally:
            if self._connection.in_transaction:
                self.change("ROLLBACK")

    def _check_before_writing(self) -> None:
        if not self._connection.in_transaction:
            self.check_there()

    def _undo(self, nested: bool) -> None:
        if nested:
            self.change("ROLLBACK TO step")
            self.change("RELEASE step")
        else:
            self.change("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def stored_path(self, path: Path | str) -> str:
        """A path as it is stored: relative within the home, so that a home can be moved."""
        absolute = Path(path).expanduser().absolute()
        if absolute.is_relative_to(self.home.root):
            return absolute.relative_to(self.home.root).as_posix()
        return str(absolute)

    def real_path(self, stored: str) -> Path:
        return self.home.root / stored


def _file_of(home: Home) -> int | None:
    """By what a file is known again; None where there is none."""
    try:
        return home.database.stat().st_ino
    except OSError:
        return None


def now() -> str:
    """This moment as it is stored."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def id_list(ids: Iterable[int]) -> str:
    """Ids as one parameter for json_each, which has no limit on their number."""
    return json.dumps(list(ids))
