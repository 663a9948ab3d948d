"""The rows of a persona on their way out of a home."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.store.database import Database, Row
from app.store.portable_tables import BY_NAME, PARTS, Part, PortableTable, chosen_tables

# What a part is counted by.
_COUNTED: Mapping[Part, str] = {
    "conversations": "conversations",
    "ratings": "ratings",
    "adapters": "adapters",
    "replay": "replay_items",
}


class PersonaReading:
    """Reads a persona's rows of one moment; ids become numbers that count from 1."""

    def __init__(self, database: Database, persona_id: int, parts: Iterable[Part]) -> None:
        self._database = database
        self._persona_id = persona_id
        self._parts = frozenset(parts)
        self._ids: dict[str, array[int]] = {}
        self.tables = chosen_tables(self._parts)

    def rows(self, table: PortableTable) -> Iterator[dict[str, Any]]:
        """The rows of a table in their order; what refers to nothing that goes along is empty."""
        for number, row in enumerate(self._found(table), 1):
            values = {name: self._value(table, row, name, number) for name in table.columns}
            if table.name == "replay_items":
                values["external_id"] = renamed_item(
                    row["external_id"], row["message_id"], values["message_id"]
                )
            # Only rows that nothing refers to have such columns, so no number is left out.
            if all(values[name] is not None for name in table.required):
                yield values

    def measure(self, part: Part) -> tuple[int, int]:
        """The rows of what a part is about, and the characters in all that goes with it."""
        rows = characters = 0
        for table in self.tables:
            if _part_of(table) != part:
                continue
            lengths = " + ".join(f"coalesce(length({name}), 0)" for name in table.columns)
            found = self._database.first(
                f"SELECT count(*) AS rows, total({lengths}) AS characters FROM ({table.query})",
                (self._persona_id,),
            )
            assert found is not None
            characters += int(found["characters"])
            if table.name == _COUNTED[part]:
                rows = found["rows"]
        return rows, characters

    def _value(self, table: PortableTable, row: Row, name: str, number: int) -> Any:
        if name == "id" and table.numbered:
            return number
        value = row[name]
        if value is None:
            return None
        target = table.references.get(name)
        if target is not None and target != "runs":
            return self._number(target, value)
        if name in table.json:
            return json.loads(value)
        return bool(value) if name in table.flags else value

    def _number(self, table: str, row_id: int) -> int | None:
        """The place of a row; ids are read once, and take 8 bytes each."""
        if table not in self._ids:
            known = table in {each.name for each in self.tables}
            rows = self._found(BY_NAME[table]) if known else ()
            self._ids[table] = array("q", (row["id"] for row in rows))
        ids = self._ids[table]
        place = bisect_left(ids, row_id)
        return place + 1 if place < len(ids) and ids[place] == row_id else None

    def _found(self, table: PortableTable) -> Iterator[Row]:
        query = table.query
        if table.reduced is not None and table.reduced[0] not in self._parts:
            query = table.reduced[1]
        return self._database.each(query, (self._persona_id,))


def renamed_item(external_id: str, old: int | None, new: int | None) -> str:
    """The id of a replay item that was made of a message, by the message's new name."""
    stem, colon, last = external_id.rpartition(":")
    named = old is not None and new is not None and colon and last == str(old)
    return f"{stem}:{new}" if named else external_id


def _part_of(table: PortableTable) -> Part | None:
    """The part that a table stays at home with first; what always goes along has none."""
    return next((part for part in reversed(PARTS) if part in table.parts), None)
