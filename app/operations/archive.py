"""A persona with everything that belongs to it, out of one home and into another."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from app.archive.checking import Checking, rows
from app.archive.contents import Contents
from app.archive.opening import UNCHANGED, OpenArchive, opened
from app.archive.own_tests import ArrivedTest, brought_in
from app.archive.provenance import come_from, remember
from app.archive.staging import staged, sweep
from app.archive.writing import pack, run_files
from app.errors import ArchiveRefused, SystemRefused
from app.exporters.part_file import Watch, part_file
from app.home import Home
from app.store import Persona, Store
from app.store.portable_tables import PARTS, Part, chosen_tables

_LOCK = ".import.lock"
_LOCK_PATIENCE_S = 10.0
# The database keeps what comes in twice until it is settled: in its log and in its place.
_ROOM = 3


@dataclass(frozen=True)
class ExportedArchive:
    """An archive that was written."""

    path: Path
    contents: Contents
    bytes: int

    @property
    def adapters(self) -> int:
        """How many adapters came along with their files."""
        return sum(name.endswith("/adapter.gguf") for name in self.contents.members)


@dataclass(frozen=True)
class PartSize:
    """What a part of an archive comes to: rows, and about how many bytes unpacked."""

    rows: int
    bytes: int


@dataclass(frozen=True)
class ImportedPersona:
    """A persona that came in with its test sets, and what it lacks here."""

    persona: Persona
    rows: Mapping[str, int]
    missing_base: str = ""
    tests: tuple[ArrivedTest, ...] = ()


def export_archive(
    home: Home,
    store: Store,
    persona: Persona,
    out: Path,
    *,
    without: Collection[Part] = (),
    force: bool = False,
    watch: Watch | None = None,
) -> ExportedArchive:
    """Write everything of a persona, or all but some parts, into one file."""
    parts = [part for part in PARTS if part not in without]
    with part_file(out, force=force, watch=watch) as stream:
        contents = pack(store, home, persona, parts, stream)
        size = stream.seek(0, 2)
    return ExportedArchive(out, contents, size)


def part_sizes(home: Home, store: Store, persona: Persona) -> dict[Part, PartSize]:
    """How much of a persona each part is, before it is packed; near enough to choose by."""
    with store.portable.reading(persona.id, PARTS) as reading:
        sizes = {part: PartSize(*reading.measure(part)) for part in PARTS}
    adapters = sizes["adapters"]
    files = sum(file.path.stat().st_size for file in run_files(store, home, persona, PARTS))
    return {**sizes, "adapters": PartSize(adapters.rows, adapters.bytes + files)}


def look_into(path: Path) -> Contents:
    """What an archive says that it holds; its rows are checked when it is taken in."""
    with opened(path) as archive:
        return archive.contents


def import_archive(
    home: Home, store: Store, path: Path, *, name: str | None = None, again: bool = False
) -> ImportedPersona:
    """Take a persona in, all of it or nothing; none of its adapters is live here."""
    with opened(path) as archive, _alone(home):
        sweep(home, store)
        if not again:
            _refuse_known(store, archive)
        _refuse_full(home, archive)
        checking = Checking(archive)
        row = checking.check()
        who = store.portable.newcomer(row, name and name.strip(), checking.run_ids)
        with (
            staged(home, archive, who.run_ids) as files,
            brought_in(home, archive, who.slug) as tests,
            store.portable.writing(who) as writing,
        ):
            for table in chosen_tables(frozenset(archive.contents.parts)):
                writing.write(table, rows(archive, table))
            persona = store.personas.get(writing.persona_id)
            remember(store, persona, archive.contents.id, who.run_ids.values())
            files.move()
        return ImportedPersona(persona, archive.contents.rows, writing.missing_base, tests)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """One import of an archive at a time: names are chosen before their rows are there."""
    lock = FileLock(home.personas / _LOCK)
    try:
        lock.acquire(timeout=_LOCK_PATIENCE_S)
    except Timeout as error:
        raise ArchiveRefused(
            "Another archive is being taken in by another process.",
            "Wait for it to end, then try again.",
            kind="locked",
            kept=UNCHANGED,
        ) from error
    try:
        yield
    finally:
        lock.release()


def _refuse_known(store: Store, archive: OpenArchive) -> None:
    known = come_from(store, archive.contents.id)
    if known is not None:
        raise ArchiveRefused(
            f"This archive was taken in before, as {known.name}.",
            "To have the persona a second time, take it in with --again.",
            kind="archive_known",
            kept=UNCHANGED,
        )


def _refuse_full(home: Home, archive: OpenArchive) -> None:
    needed = archive.unpacked_bytes * _ROOM
    if needed > shutil.disk_usage(home.root).free:
        raise SystemRefused(
            f"The archive needs {needed >> 20} MB, and the disk that holds {home.root} has not"
            " that much.",
            "Free some space on it, then try again.",
            kind="disk_full",
            kept=UNCHANGED,
        )
