"""Opens an archive: refused before a row is read where it is none, is damaged, or would burst."""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ValidationError

from app.archive.contents import CONTENTS, ENDING, VERSION, Contents, is_known, table_member
from app.archive.limits import MAX_CONTENTS_BYTES, bursts
from app.errors import ArchiveRefused
from app.importers.findings import Unusable, shown
from app.importers.zip_limits import check_archive
from app.store.portable_tables import chosen_tables

_ENCRYPTED = 0x1
_AGAIN = "Export the persona again where it comes from."
UNCHANGED = "Nothing here was changed."
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OverflowError,
)  # fmt: skip
_UNOPENABLE = (*_UNREADABLE, ValueError, RuntimeError)
_SHOWN = 8


class _Versioned(BaseModel):
    """What can be read of every archive, however new."""

    version: int = VERSION
    app_version: str = ""


class OpenArchive:
    """An archive whose members are known and none other; their words are still to be checked."""

    def __init__(self, path: Path, zipped: zipfile.ZipFile, contents: Contents) -> None:
        self.path = path
        self.contents = contents
        self._zipped = zipped

    @contextmanager
    def member(self, name: str) -> Iterator[Summed]:
        """The bytes of a member, summed up as they are read."""
        with broken_explained(self.path, name), self._zipped.open(name) as stream:
            yield Summed(stream)

    @property
    def unpacked_bytes(self) -> int:
        return sum(member.bytes for member in self.contents.members.values())


class Summed:
    """A stream that knows the size and the sum of what was read of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._sum = hashlib.sha256()
        self.bytes = 0

    def read(self, size: int) -> bytes:
        return self._counted(self._stream.read(size))

    def readline(self, limit: int) -> bytes:
        return self._counted(self._stream.readline(limit))

    @property
    def sha256(self) -> str:
        return self._sum.hexdigest()

    def _counted(self, data: bytes) -> bytes:
        self._sum.update(data)
        self.bytes += len(data)
        return data


@contextmanager
def opened(path: Path) -> Iterator[OpenArchive]:
    """A persona's archive, as far as its names and sizes go."""
    with _zip_of(path) as zipped:
        members = _members(path, zipped)
        contents = _contents(path, zipped, members)
        _check_names(path, contents, members)
        yield OpenArchive(path, zipped, contents)


def is_archive(path: Path) -> bool:
    """Whether a file is the archive of a persona, whole or not."""
    if path.suffix.lower() == ENDING:
        return True
    try:
        if not zipfile.is_zipfile(path):
            return False
        check_archive(path)
        with zipfile.ZipFile(path) as zipped:
            return CONTENTS in zipped.namelist()
    except (OSError, Unusable, *_UNOPENABLE):
        return False


def refused(path: Path, findings: list[str], more: int = 0) -> ArchiveRefused:
    """One sentence that names all that is wrong, or the first of it."""
    told = "; ".join(findings[:_SHOWN])
    rest = len(findings) - _SHOWN + more
    if rest > 0:
        told += f"; and {rest} more"
    return ArchiveRefused(
        f"The archive {shown(path.name)} cannot be taken in: {told}.", _AGAIN, kept=UNCHANGED
    )


@contextmanager
def broken_explained(path: Path, name: str = "") -> Iterator[None]:
    """Say in words what the reading of a ZIP says in errors of its own."""
    try:
        yield
    except _UNREADABLE as error:
        where = f"{shown(name)} in it is" if name else "it is"
        raise refused(path, [f"{where} damaged or was not copied to the end"]) from error


@contextmanager
def _zip_of(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        check_archive(path)
        zipped = zipfile.ZipFile(path)
    except (Unusable, *_UNOPENABLE) as error:
        reason = str(error) if isinstance(error, Unusable) else "it is no sound ZIP archive"
        raise refused(path, [reason]) from error
    except OSError as error:
        raise ArchiveRefused(
            f"The archive {path} cannot be read: {error.strerror or error}.",
            "Check the name and that you may read it, then try again.",
            kept=UNCHANGED,
        ) from error
    with zipped:
        yield zipped


def _members(path: Path, zipped: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    size = path.stat().st_size
    wrong = []
    for each in zipped.infolist():
        # What the directory says, before Python mends separators and NUL bytes in it.
        name = each.orig_filename
        told = shown(name)
        if name in found:
            wrong.append(f"{told} stands in it twice")
        elif name != each.filename or (name != CONTENTS and not is_known(name)):
            wrong.append(f"{told} is no part of a persona's archive")
        elif each.flag_bits & _ENCRYPTED:
            wrong.append(f"{told} is encrypted")
        elif each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            wrong.append(f"{told} is packed in a way that is not read here")
        elif not 0 <= each.header_offset < size:
            wrong.append(f"{told} lies outside of it")
        elif bursts(each):
            wrong.append(f"{told} unpacks to far more than itself, as a ZIP bomb does")
        found[name] = each
    if sum(each.compress_size for each in found.values()) > size:
        wrong.append("its members lie over one another, as in a ZIP bomb")
    if CONTENTS not in found:
        raise ArchiveRefused(
            f"{shown(path.name)} is not the archive of a persona.",
            "Choose a file that `perennial export --format archive` wrote.",
            kind="archive_foreign",
            kept=UNCHANGED,
        )
    if wrong:
        raise refused(path, wrong)
    return found


def _contents(path: Path, zipped: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> Contents:
    if members[CONTENTS].file_size > MAX_CONTENTS_BYTES:
        raise refused(path, [f"{CONTENTS} is far too long"])
    with broken_explained(path, CONTENTS), zipped.open(CONTENTS) as stream:
        raw = stream.read(MAX_CONTENTS_BYTES + 1)
    _refuse_newer(path, raw)
    try:
        return Contents.model_validate_json(raw)
    except ValidationError as error:
        wrong = [f"{CONTENTS}, {words}" for words in shape_faults(error)]
        raise refused(path, wrong) from error


def _refuse_newer(path: Path, raw: bytes) -> None:
    """A newer archive may hold what is not known here, so its version is read before the rest."""
    try:
        found = _Versioned.model_validate_json(raw)
    except ValidationError:
        return
    if found.version > VERSION:
        raise ArchiveRefused(
            f"The archive {shown(path.name)} was written by a newer Perennial"
            f" ({shown(found.app_version, 20)}).",
            "Update Perennial, then take it in again.",
            kind="archive_newer",
            kept=UNCHANGED,
        )
    if found.version < 1:
        raise refused(path, [f"its version {found.version} was never written"])


def _check_names(path: Path, contents: Contents, members: dict[str, zipfile.ZipInfo]) -> None:
    """What is listed is there and nothing else is, each as long as is said."""
    there = set(members) - {CONTENTS}
    wrong = [f"{shown(name)} is missing" for name in sorted(contents.members.keys() - there)]
    wrong += [f"{shown(name)} is not listed" for name in sorted(there - contents.members.keys())]
    tables = {table.name for table in chosen_tables(frozenset(contents.parts))}
    if tables != contents.rows.keys():
        odd = ", ".join(shown(name) for name in sorted(tables ^ contents.rows.keys())[:_SHOWN])
        wrong.append(f"its parts do not go with its tables ({odd})")
    wrong += [
        f"{table_member(name)} is missing"
        for name in sorted(tables)
        if table_member(name) not in contents.members
    ]
    wrong += [
        f"{name} is {members[name].file_size} bytes long in place of {member.bytes}"
        for name, member in contents.members.items()
        if name in there and members[name].file_size != member.bytes
    ]
    if wrong:
        raise refused(path, wrong)


def shape_faults(error: ValidationError) -> list[str]:
    """What is wrong with a value, a part each."""
    return [
        f"{shown('.'.join(str(part) for part in each['loc'])) or 'the line'}: {each['msg']}"
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    ]
