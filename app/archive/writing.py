"""Packs a persona: its tables line by line, and its test sets and adapters as they lie."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from app.archive.contents import (
    CONTENTS,
    RUN_FILES,
    Contents,
    Member,
    PackedFile,
    app_version,
    run_member,
    table_member,
)
from app.archive.limits import bursts
from app.archive.own_tests import own_test_files
from app.archive.run_files import MODELFILE, is_sound, portable_modelfile, portable_text
from app.home import Home
from app.store import Adapter, Persona, Store
from app.store.database import now
from app.store.portable_reading import PersonaReading
from app.store.portable_tables import Part

_PRIVATE_FILE = 0o600 << 16
_COPY_BYTES = 1 << 20


def pack(
    store: Store, home: Home, persona: Persona, parts: Iterable[Part], stream: BinaryIO
) -> Contents:
    """Write the archive of a persona, as it is at one moment."""
    chosen = frozenset(parts)
    # Whatever stays at home: what judges must not be learned from the rest of it.
    files = list(own_test_files(home, persona))
    if "adapters" in chosen:
        files += run_files(store, home, persona, chosen)
    with store.portable.reading(persona.id, chosen) as reading:
        stored: set[str] = set()
        while True:
            stream.seek(0)
            stream.truncate()
            with zipfile.ZipFile(
                stream, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False
            ) as zipped:
                contents = _write(zipped, reading, persona, chosen, files, stored)
                burst = {each.filename for each in zipped.infolist() if bursts(each)}
            if not burst:
                return contents
            # Rows that are all alike pack so well that they would be taken for a ZIP bomb.
            stored |= burst


def _write(
    zipped: zipfile.ZipFile,
    reading: PersonaReading,
    persona: Persona,
    parts: frozenset[Part],
    files: list[PackedFile],
    stored: set[str],
) -> Contents:
    rows: dict[str, int] = {}
    members: dict[str, Member] = {}
    for table in reading.tables:
        packing = _Packing(zipped, table_member(table.name), stored)
        with packing:
            for row in reading.rows(table):
                packing.write(_line(row))
                rows[table.name] = rows.get(table.name, 0) + 1
        rows.setdefault(table.name, 0)
        members[packing.name] = packing.member()
    for file in files:
        packing = _Packing(zipped, file.member, stored)
        with packing:
            for chunk in _chunks(file):
                packing.write(chunk)
        members[packing.name] = packing.member()
    contents = Contents(
        app_version=app_version(),
        created=now(),
        persona=persona.name,
        slug=persona.slug,
        parts=sorted(parts),
        rows=rows,
        members=members,
    )
    text = contents.model_dump_json(indent=2) + "\n"
    with _Packing(zipped, CONTENTS, stored) as packing:
        packing.write(text.encode())
    return contents


class _Packing:
    """One member on its way into the archive, summed up as it goes."""

    def __init__(self, zipped: zipfile.ZipFile, name: str, stored: set[str]) -> None:
        self.name = name
        info = zipfile.ZipInfo(name)
        plain = name in stored or name.endswith((".safetensors", ".gguf"))
        info.compress_type = zipfile.ZIP_STORED if plain else zipfile.ZIP_DEFLATED
        info.external_attr = _PRIVATE_FILE
        self._stream = zipped.open(info, "w", force_zip64=True)
        self._sum = hashlib.sha256()
        self._bytes = 0

    def write(self, data: bytes) -> None:
        self._stream.write(data)
        self._sum.update(data)
        self._bytes += len(data)

    def member(self) -> Member:
        return Member(bytes=self._bytes, sha256=self._sum.hexdigest())

    def __enter__(self) -> _Packing:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stream.close()


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _chunks(file: PackedFile) -> Iterator[bytes]:
    if file.text is not None:
        yield file.text.encode()
        return
    with file.path.open("rb") as stream:
        while chunk := stream.read(_COPY_BYTES):
            yield chunk


def run_files(
    store: Store, home: Home, persona: Persona, parts: Collection[Part]
) -> Iterator[PackedFile]:
    """What lies of a persona's runs and adapters; what was removed stays away."""
    adapters = {each.run_id: each for each in store.adapters.of_persona(persona.id)}
    words = "conversations" in parts
    for run in store.runs.of_persona(persona.id):
        base = store.bases.get(run.base_id).name
        for name, place in RUN_FILES.items():
            path = _place(home.runs / run.id / place, adapters.get(run.id), name)
            if not path.is_file():
                continue
            member = run_member(run.id, name)
            if name == MODELFILE:
                text = portable_modelfile(path, base)
                if text is not None:
                    yield PackedFile(member, path, text)
            elif is_sound(name, path):
                yield PackedFile(member, path, portable_text(name, path, base, words=words))


def _place(path: Path, adapter: Adapter | None, name: str) -> Path:
    if adapter is None or path.parent.name != "adapter":
        return path
    return adapter.gguf_path if name == "adapter.gguf" else adapter.peft_path / name
