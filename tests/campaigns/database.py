"""A look into the database of a home whose window was killed."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

_QUESTIONS = {
    "message": "SELECT role, content, finish FROM messages WHERE id = ?",
    "rating": "SELECT message_id, value, reasons, correction FROM ratings WHERE id = ?",
}


def check_database(database: Path, ledger: Path, *, alone: bool) -> list[str]:
    """What is wrong with it: damage, and lines of the ledger that it does not hold.

    Where nobody else writes, a copy is read, so that the next window finds what the killed one
    left: the last to close a database tidies it up.
    """
    with tempfile.TemporaryDirectory() as name:
        looked_at = database
        if alone:
            looked_at = Path(name) / database.name
            for path in database.parent.glob(f"{database.name}*"):
                if not path.name.endswith("-shm"):
                    shutil.copyfile(path, looked_at.with_name(path.name))
        with closing(sqlite3.connect(looked_at)) as connection:
            connection.row_factory = sqlite3.Row
            return [*_damage(connection), *_missing(connection, ledger)]


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    if found != ["ok"]:
        yield f"the database is damaged: {found[:3]}"
    orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    if orphans:
        yield f"{len(orphans)} rows name rows that are not there"


def _missing(connection: sqlite3.Connection, ledger: Path) -> Iterator[str]:
    if not ledger.exists():
        return
    for line in ledger.read_bytes().splitlines(keepends=True):
        if not line.endswith(b"\n"):
            continue
        said = json.loads(line)
        found = connection.execute(_QUESTIONS[said["kind"]], (said["id"],)).fetchone()
        if found is None or _plain(found) != {key: said[key] for key in found.keys()}:  # noqa: SIM118
            yield f"{said} is stored as {None if found is None else _plain(found)}"


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: row[key] for key in row.keys()}  # noqa: SIM118 (sqlite3.Row yields values)
    if "reasons" in values:
        values["reasons"] = json.loads(values["reasons"])
    return values
