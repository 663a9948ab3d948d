"""Personas."""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from app.store.backups import backups
from app.store.database import Database, Row, now, to_json
from app.store.deletions import Deletions
from app.store.persona_removal import remove_from_copy, remove_persona
from app.store.values import Persona, Traits

_COLOURS = (
    "#2F6FDE", "#C2410C", "#15803D", "#7C3AED", "#B91C6B", "#0E7490", "#A16207", "#4B5563",
)  # fmt: skip
_CHANGEABLE = ("name", "colour", "languages", "system_prompt", "traits", "base_id")


class Personas:
    """The personas of a home."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.deletions = Deletions(database)

    def add(
        self,
        name: str,
        system_prompt: str = "",
        languages: Sequence[str] = ("en",),
        traits: Traits | None = None,
        colour: str | None = None,
        base_id: int | None = None,
    ) -> Persona:
        """A new persona; without a colour it takes the next of the palette."""
        with self._database.transaction():
            slugs = {row["slug"] for row in self._database.rows("SELECT slug FROM personas")}
            persona_id = self._database.insert(
                "INSERT INTO personas (slug, name, colour, languages, system_prompt, traits,"
                " base_id, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    free_slug(name, slugs),
                    name,
                    colour or _COLOURS[len(slugs) % len(_COLOURS)],
                    to_json(list(languages)),
                    system_prompt,
                    to_json(dataclasses.asdict(traits or Traits())),
                    base_id,
                    now(),
                ),
            )
            return self.get(persona_id)

    def get(self, persona_id: int) -> Persona:
        return _persona(self._database.row("persona", "personas", persona_id))

    def by_slug(self, slug: str) -> Persona | None:
        """The persona of this short name, unless it is deleted."""
        row = self._database.first(
            "SELECT * FROM personas WHERE slug = ? AND deleted IS NULL", (slug,)
        )
        return _persona(row) if row else None

    def all(self) -> list[Persona]:
        """Every persona that is not deleted, the oldest first."""
        return self._where("deleted IS NULL")

    def deleted(self) -> list[Persona]:
        """The personas that are out of sight and can be brought back."""
        return self._where("deleted IS NOT NULL")

    def everyone(self) -> list[Persona]:
        """Those out of sight too: for what cleans, forgets or must not take theirs for nobody's."""
        return self._where("true")

    def delete(self, persona_id: int) -> None:
        """Put a persona with all that is its own out of sight."""
        self._database.change(
            "UPDATE personas SET deleted = ? WHERE id = ? AND deleted IS NULL", (now(), persona_id)
        )

    def bring_back(self, persona_id: int) -> bool:
        """Have a deleted persona again; whether it was deleted."""
        return bool(
            self._database.change(
                "UPDATE personas SET deleted = NULL WHERE id = ? AND deleted IS NOT NULL",
                (persona_id,),
            )
        )

    def let_go(self, persona_id: int) -> None:
        """Have a deleted persona forgotten at the next chance, whatever ends this one."""
        self._database.change(
            "UPDATE personas SET deleted = '' WHERE id = ? AND deleted IS NOT NULL", (persona_id,)
        )

    def remove(self, persona: Persona) -> None:
        """Take what is left of a forgotten persona out of the tables and of every copy of them."""
        for path in backups(self._database.home):
            remove_from_copy(self._database, path, persona.id, persona.created)
        remove_persona(self._database, persona.id, persona.created)

    def update(self, persona_id: int, **fields: Any) -> Persona:
        """Change some fields; what is live changes by a deployment alone, the slug never."""
        unknown = set(fields) - set(_CHANGEABLE)
        if unknown:
            raise TypeError(f"not a field that can be changed: {', '.join(sorted(unknown))}")
        values = dict(fields)
        if "languages" in values:
            values["languages"] = to_json(list(values["languages"]))
        if "traits" in values:
            values["traits"] = to_json(dataclasses.asdict(values["traits"]))
        with self._database.transaction():
            if values:
                changes = ", ".join(f"{column} = ?" for column in values)
                self._database.change(
                    f"UPDATE personas SET {changes} WHERE id = ?", (*values.values(), persona_id)
                )
            return self.get(persona_id)

    def _where(self, condition: str) -> list[Persona]:
        rows = self._database.rows(f"SELECT * FROM personas WHERE {condition} ORDER BY id")
        return [_persona(row) for row in rows]


def free_slug(name: str, taken: set[str]) -> str:
    """Plain ASCII, since run folders and served models are named by it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "persona"
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _persona(row: Row) -> Persona:
    return Persona(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        colour=row["colour"],
        languages=tuple(json.loads(row["languages"])),
        system_prompt=row["system_prompt"],
        traits=Traits(**json.loads(row["traits"])),
        base_id=row["base_id"],
        active_adapter_id=row["active_adapter_id"],
        created=row["created"],
    )
