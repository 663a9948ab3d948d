"""The door of the store through which a persona leaves a home and comes into one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.store.database import Database

if TYPE_CHECKING:
    from app.store.portable_reading import PersonaReading
    from app.store.portable_rows import PersonaRow
    from app.store.portable_tables import Part
    from app.store.portable_writing import Newcomer, PersonaWriting


class Portable:
    """Reads and writes everything of a persona, row by row.

    The shapes of the rows take long to import, so whoever moves nobody does not.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def reading(self, persona_id: int, parts: Iterable[Part]) -> Iterator[PersonaReading]:
        """A persona's rows, all of one moment."""
        from app.store.portable_reading import PersonaReading

        with self._database.snapshot():
            yield PersonaReading(self._database, persona_id, parts)

    def newcomer(self, row: PersonaRow, name: str | None, run_ids: Iterable[str]) -> Newcomer:
        """Free names for a persona and its runs."""
        from app.store.portable_writing import newcomer

        return newcomer(self._database, row, name, run_ids)

    @contextmanager
    def writing(self, who: Newcomer) -> Iterator[PersonaWriting]:
        """Takes a persona in: all of it, or nothing."""
        from app.store.portable_writing import PersonaWriting, contradictory

        try:
            with self._database.transaction():
                yield PersonaWriting(self._database, who)
        except sqlite3.IntegrityError as error:
            raise contradictory("the persona") from error
