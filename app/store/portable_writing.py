"""The rows of a persona on their way into a home."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.errors import StoreError
from app.store.database import Database, now, to_json
from app.store.personas import free_slug
from app.store.portable_reading import renamed_item
from app.store.portable_rows import BaseRow, PersonaRow, PortableRow, ReplayItemRow
from app.store.portable_tables import PortableTable
from app.store.terms import index_terms

NOT_OVER = "It was under way where it comes from; it does not go on here."
_ROWS_A_CHUNK = 1000
_Values = dict[str, Any]


@dataclass(frozen=True)
class Newcomer:
    """How a persona and its runs are called here."""

    name: str
    slug: str
    run_ids: Mapping[str, str]


class PersonaWriting:
    """Writes a persona's rows with ids of this home; needs a transaction around it.

    The rows are whole: every reference names a row that comes before it or after it.
    """

    def __init__(self, database: Database, who: Newcomer) -> None:
        self._database = database
        self._who = who
        self._moment = now()
        self._offsets: dict[str, int] = {}
        self._base_ids: list[int] = []
        self._own: dict[str, Callable[[_Values], None]] = {
            "personas": self._complete_persona,
            "actions": self._give_owner,
            "runs": self._complete_run,
            "adapters": self._complete_adapter,
            "deployments": self._complete_deployment,
            "conversations": self._give_owner,
            "tombstones": self._give_owner,
            "replay_items": self._complete_item,
        }
        self.persona_id = self._offset("personas") + 1
        self.missing_base = ""
        # A conversation names the end of its branch, and that names the conversation.
        database.change("PRAGMA defer_foreign_keys = ON")

    def write(self, table: PortableTable, rows: Iterable[PortableRow]) -> None:
        """Write all rows of a table."""
        remaining = iter(rows)
        while chunk := list(islice(remaining, _ROWS_A_CHUNK)):
            if table.name == "bases":
                self._base_ids += [self._base(row) for row in chunk if isinstance(row, BaseRow)]
                continue
            values = [self._values(table, row) for row in chunk]
            try:
                self._insert(table.name, values)
            except sqlite3.IntegrityError as error:
                raise contradictory(table.name) from error

    def _insert(self, table: str, rows: list[_Values]) -> None:
        columns = list(rows[0])
        # Targets of groups that are here stay.
        verb = "INSERT OR IGNORE" if table == "replay_groups" else "INSERT"
        self._database.change_all(
            f"{verb} INTO {table} ({', '.join(columns)})"
            f" VALUES ({', '.join('?' for _ in columns)})",
            [tuple(row.values()) for row in rows],
        )
        if table == "messages":
            self._database.change_all(
                "INSERT INTO message_index (rowid, terms) VALUES (?, ?)",
                [(row["id"], index_terms(row["content"])) for row in rows],
            )

    def _values(self, table: PortableTable, row: PortableRow) -> _Values:
        """A row as it is stored here."""
        if table.name == "settings":
            found = row.model_dump()
            key = f"{found['name']}:{self._who.slug}"
            return {"key": key, "value": to_json(found["value"])}
        plain = row.model_dump(include=set(table.json))
        values: _Values = {}
        for name in table.columns:
            value = plain[name] if name in plain else getattr(row, name)
            values[name] = self._value(table, name, value)
        if isinstance(row, ReplayItemRow):
            values["external_id"] = renamed_item(
                row.external_id, row.message_id, values["message_id"]
            )
        if table.name in self._own:
            self._own[table.name](values)
        return values

    def _value(self, table: PortableTable, name: str, value: Any) -> Any:
        if name in table.json:
            return to_json(value)
        if name in table.flags:
            return int(value)
        target = table.name if name == "id" else table.references.get(name)
        if target is None or value is None:
            return value
        if target == "runs":
            return self._who.run_ids[value]
        if target == "bases":
            return self._base_ids[value - 1]
        return self._offset(target) + int(value)

    def _offset(self, table: str) -> int:
        """The highest id that was ever given in a table, read before the first one is used."""
        if table not in self._offsets:
            row = self._database.first(
                f"SELECT max(coalesce((SELECT max(id) FROM {table}), 0), coalesce("
                "(SELECT seq FROM sqlite_sequence WHERE name = ?), 0)) AS id",
                (table,),
            )
            assert row is not None
            self._offsets[table] = int(row["id"])
        return self._offsets[table]

    def _base(self, row: BaseRow) -> int:
        """The base of this digest; one that is not here is known by it until it comes."""
        known = self._database.first("SELECT id FROM bases WHERE digest = ?", (row.digest,))
        if known is not None:
            return int(known["id"])
        stem = hashlib.sha256(row.digest.encode()).hexdigest()[:16]
        return self._database.insert(
            "INSERT INTO bases (name, kind, path, digest, architecture, size_bytes, languages)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                row.name, row.kind, f"models/not-here-{stem}", row.digest, row.architecture,
                row.size_bytes, to_json(row.languages),
            ),
        )  # fmt: skip

    def _give_owner(self, values: _Values) -> None:
        values["persona_id"] = self.persona_id

    def _complete_persona(self, values: _Values) -> None:
        values |= {"id": self.persona_id, "name": self._who.name, "slug": self._who.slug}
        values["active_adapter_id"] = None
        if values["base_id"] is not None:
            base = self._database.row("base", "bases", values["base_id"])
            if not self._database.real_path(base["path"]).exists():
                self.missing_base, values["base_id"] = str(base["name"]), None

    def _complete_run(self, values: _Values) -> None:
        self._give_owner(values)
        if values["state"] in ("running", "waiting"):
            values |= {"state": "stopped", "reason": NOT_OVER}

    def _complete_adapter(self, values: _Values) -> None:
        """Nothing that came along was examined here, so nothing of it is or was live here."""
        self._give_owner(values)
        folder = f"runs/{values['run_id']}/adapter"
        values |= {"peft_path": folder, "gguf_path": f"{folder}/adapter.gguf"}
        if values["status"] in ("live", "previous"):
            values["status"] = "candidate"

    def _complete_deployment(self, values: _Values) -> None:
        """What was live elsewhere is history here."""
        self._give_owner(values)
        values["undone"] = values["undone"] or self._moment

    def _complete_item(self, values: _Values) -> None:
        self._give_owner(values)
        wanted, number = values["external_id"], 1
        while self._database.first(
            "SELECT 1 FROM replay_items WHERE external_id = ?", (values["external_id"],)
        ):
            number += 1
            values["external_id"] = f"{wanted}~{number}"


def newcomer(
    database: Database, row: PersonaRow, name: str | None, run_ids: Iterable[str]
) -> Newcomer:
    """Free names for a persona and its runs, as near to its own as can be."""
    personas = database.rows("SELECT slug, name FROM personas")
    slug = free_slug(name or row.slug, {each["slug"] for each in personas})
    taken = {each["id"] for each in database.rows("SELECT id FROM runs")}
    taken |= {path.name for path in database.home.runs.iterdir()}
    given: dict[str, str] = {}
    for run_id in run_ids:
        given[run_id] = _free_run(run_id, row.slug, slug, taken)
        taken.add(given[run_id])
    free = _free_name(name or row.name, {each["name"] for each in personas})
    return Newcomer(free, slug, given)


def contradictory(table: str) -> StoreError:
    """What to say of rows that are whole one by one and cannot stand beside one another."""
    return StoreError(
        f"The rows of {table} contradict one another.",
        "Export the persona again where it comes from.",
        kind="contradictory",
        kept="Nothing here was changed.",
    )


def _free_name(name: str, taken: Container[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _free_run(run_id: str, old_slug: str, slug: str, taken: Container[str]) -> str:
    """A run's name under the persona's name here, like 2026-11-sunny-2-1."""
    found = re.fullmatch(rf"(\d{{4}}-\d{{2}})-{re.escape(old_slug)}-(\d+)", run_id)
    stem, number = (f"{found[1]}-{slug}", int(found[2])) if found else (run_id, 1)
    free = f"{stem}-{number}" if found else run_id
    while free in taken:
        number += 1
        free = f"{stem}-{number}"
    return free
