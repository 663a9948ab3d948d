"""Open WebUI's own database, read while that program may be running; nothing is written to it.

Chats are read one statement each, so that a lock is held for milliseconds and its writer never
waits for long.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import SourceRefused

LONGEST_CHAT = 32 << 20
_LONGEST_THUMB = 1 << 20
_BUSY_TIMEOUT_S = 2.0
_MAGIC = b"SQLite format 3\0"
_WAL_VERSION = 2
# What that program shares with a link is a copy of a chat, under an owner made up for it.
_OWN = "(user_id IS NULL OR user_id NOT LIKE 'shared-%')"
# What it says to itself, for a note or a task of its own, is shown to nobody there.
_SHOWN = "NOT coalesce(CASE WHEN json_valid(meta) THEN json_extract(meta, '$.internal') END, 0)"
_AGAIN = "It is tried again next time."
_KEPT = "Nothing was changed, there or here."


@dataclass(frozen=True, slots=True)
class ForeignChat:
    """A row of `chat`; its words are None when they are too long to be read."""

    chat_id: str
    title: str
    words: bytes | None
    created: Any
    updated: Any


@dataclass(frozen=True, slots=True)
class ForeignThumb:
    """A row of `feedback`, as bytes of JSON."""

    data: bytes
    meta: bytes
    updated: Any


@dataclass(frozen=True, slots=True)
class ForeignPerson:
    """Somebody who has chats there."""

    user_id: str
    name: str
    chats: int


class ForeignChats:
    """The chats of an open database."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path, self._connection = path, connection
        self._chat = self._columns("chat")
        if not {"id", "chat"} <= self._chat:
            raise SourceRefused(
                f"{path} holds no chats as Open WebUI keeps them.",
                "Name Open WebUI's own webui.db; if it is, export its chats there and import them.",
                kind="source_foreign",
                kept=_KEPT,
            )

    def people(self) -> list[ForeignPerson]:
        """Whose chats there are, those with most of them first."""
        if "user_id" not in self._chat:
            return []
        rows = self._rows(
            f"SELECT user_id, count(*) FROM chat WHERE {_OWN} AND user_id IS NOT NULL"
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        known = {}
        if {"id", "name", "email"} <= self._columns("user"):
            names = self._rows("SELECT id, coalesce(email, name, '') FROM user")
            known = {str(user_id): str(name) for user_id, name in names}
        return [ForeignPerson(str(who), known.get(str(who), str(who)), n) for who, n in rows]

    def marks(self, user_id: str | None) -> dict[str, str]:
        """When each chat was last changed, of one person or of everybody."""
        where, parameters = self._whose(user_id)
        if "meta" in self._chat:
            where += f"{' AND' if where else ' WHERE'} {_SHOWN}"
        updated = self._first_of("updated_at", "timestamp")
        rows = self._rows(f"SELECT id, {updated} FROM chat{where}", parameters)
        return {chat_id: str(moment) for chat_id, moment in rows if isinstance(chat_id, str)}

    def chat(self, chat_id: str) -> ForeignChat | None:
        """A chat; None when it was deleted meanwhile."""
        title = "title" if "title" in self._chat else "''"
        created = self._first_of("created_at", "timestamp")
        updated = self._first_of("updated_at", "timestamp")
        rows = self._rows(
            f"SELECT {title}, CASE WHEN length(chat) <= ? THEN CAST(chat AS BLOB) END,"
            f" {created}, {updated} FROM chat WHERE id = ?",
            (LONGEST_CHAT, chat_id),
        )
        if not rows:
            return None
        name, words, begun, changed = rows[0]
        return ForeignChat(chat_id, str(name or ""), words, begun, changed)

    def thumbs(self) -> list[ForeignThumb]:
        """What was said of replies, in a table of its own since thumbs are compared there."""
        if not {"data", "meta", "updated_at"} <= self._columns("feedback"):
            return []
        rows = self._rows(
            "SELECT CAST(data AS BLOB), CAST(meta AS BLOB), updated_at FROM feedback"
            " WHERE length(data) <= ? AND length(meta) <= ?",
            (_LONGEST_THUMB, _LONGEST_THUMB),
        )
        return [ForeignThumb(*row) for row in rows]

    def _whose(self, user_id: str | None) -> tuple[str, tuple[str, ...]]:
        if "user_id" not in self._chat:
            return "", ()
        if user_id is None:
            return f" WHERE {_OWN}", ()
        return " WHERE user_id = ?", (user_id,)

    def _first_of(self, *names: str) -> str:
        return next((name for name in names if name in self._chat), "NULL")

    def _columns(self, table: str) -> set[str]:
        return {
            str(row[0]) for row in self._rows("SELECT name FROM pragma_table_info(?)", (table,))
        }

    def _rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with _explained(self._path):
            return self._connection.execute(sql, parameters).fetchall()


@contextmanager
def open_chats(path: Path) -> Iterator[ForeignChats]:
    """The chats of Open WebUI's database; SourceRefused says what is in the way."""
    with _readable(path) as (place, query):
        before = _stamp(place)
        with _explained(path):
            connection = sqlite3.connect(
                f"{place.absolute().as_uri()}?{query}", uri=True, timeout=_BUSY_TIMEOUT_S
            )
        with closing(connection):
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            yield ForeignChats(path, connection)
        if "immutable" in query and _stamp(place) != before:
            raise SourceRefused(
                f"{path} was changed while it was read.", _AGAIN, kind="source_locked",
                kept="What came in before stays.",
            )  # fmt: skip


def stamp_of(path: Path) -> str:
    """Changes when anything is written to a database or to the log beside it."""
    try:
        return f"{_stamp(path)} {_stamp(_beside(path, 'wal'))}"
    except OSError as error:
        raise _unreachable(path, error) from error


@contextmanager
def _readable(path: Path) -> Iterator[tuple[Path, str]]:
    """What to open, and how, so that no file appears or changes beside the database.

    In WAL mode a reader makes the files of the log where they are missing. Without a log nothing
    is pending, and the file is read as one that does not change; a log that nobody has mapped was
    left by a program that was killed, and is read in a copy.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC) + 4)
        log = _beside(path, "wal")
        pending = log.exists() and log.stat().st_size > 0
        mapped = log.exists() and _beside(path, "shm").exists()
    except OSError as error:
        raise _unreachable(path, error) from error
    if not head.startswith(_MAGIC):
        raise _damaged(path, "it is no SQLite database" if head else "it is empty")
    if head[-1] != _WAL_VERSION or mapped:
        yield path, "mode=ro"
    elif not pending:
        yield path, "mode=ro&immutable=1"
    else:
        with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
            copy = Path(folder) / "webui.db"
            try:
                shutil.copyfile(path, copy)
                shutil.copyfile(log, _beside(copy, "wal"))
            except OSError as error:
                raise _unreachable(path, error) from error
            yield copy, "mode=ro"


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}-{ending}")


def _stamp(path: Path) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116 (names what is missing in the same way everywhere)
    except FileNotFoundError:
        return "-"
    return f"{found.st_mtime_ns}.{found.st_size}"


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Raise a SourceRefused for what is wrong with somebody else's database."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise SourceRefused(
                f"Open WebUI is busy writing to {path}.", _AGAIN, kind="source_locked", kept=_KEPT
            ) from error
        if code == sqlite3.SQLITE_READONLY_ROLLBACK:
            raise SourceRefused(
                f"The last change to {path} was broken off in the middle.",
                "Start Open WebUI once, which mends it. It is tried again next time.",
                kind="source_damaged",
                kept=_KEPT,
            ) from error
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> SourceRefused:
    return SourceRefused(
        f"The database {path} cannot be read: {why}.",
        "See that it is Open WebUI's webui.db, whole and copied to the end.",
        kind="source_damaged",
        kept=_KEPT,
    )


def _unreachable(path: Path, error: OSError) -> SourceRefused:
    return SourceRefused(
        f"{path} cannot be opened: {error.strerror or error}.",
        f"See that it is there and that you may read it. {_AGAIN}",
        kind="source_missing",
        kept="What came in before stays.",
    )
