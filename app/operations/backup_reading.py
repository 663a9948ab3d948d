"""Opens a backup: refused at once where it is none, is damaged, or would burst."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ValidationError

from app.archive.limits import MAX_CONTENTS_BYTES, bursts
from app.errors import PerennialError
from app.importers.findings import Unusable, shown
from app.importers.zip_limits import check_archive
from app.operations.backup_contents import CONTENTS, DATABASE, VERSION, BackupContents, is_allowed
from app.store.migrations import MIGRATIONS

UNCHANGED = "Nothing was changed."
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OverflowError,
    ValueError, RuntimeError,
)  # fmt: skip
_ENCRYPTED = 0x1
_LINK_BITS, _LINK = 0o170000, 0o120000


class BackupRefused(PerennialError):
    """A file cannot be restored from; nothing was changed."""

    kind = "backup_damaged"


class Versioned(BaseModel):
    """What can be read of every backup, however new."""

    version: int = VERSION
    schema_version: int = 1
    app_version: str = ""


def look_into(file: Path) -> BackupContents:
    """What a backup says that it holds."""
    with opened(file) as (_, contents):
        return contents


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, BackupContents]]:
    """A backup whose members are those that it lists and none other."""
    try:
        check_archive(file)
        zipped = zipfile.ZipFile(file)
    except (Unusable, *UNREADABLE) as error:
        raise refused(file, "it is no sound ZIP file, or was not copied to its end") from error
    except OSError as error:
        raise BackupRefused(
            f"The backup {file} cannot be read: {error.strerror or error}.",
            "Check the name and that you may read it, then try again.",
            kind="backup_unread",
            kept=UNCHANGED,
        ) from error
    with zipped:
        contents = _contents(file, zipped)
        _check_members(file, zipped, contents)
        yield zipped, contents


def _contents(file: Path, zipped: zipfile.ZipFile) -> BackupContents:
    if CONTENTS not in zipped.namelist():
        raise BackupRefused(
            f"{shown(file.name)} is no backup of a home.",
            "Choose a file that `perennial backup` or the window's Back up… wrote. The archive of"
            " one persona comes in with `perennial import`.",
            kind="backup_foreign",
            kept=UNCHANGED,
        )
    if zipped.getinfo(CONTENTS).file_size > MAX_CONTENTS_BYTES:
        raise refused(file, f"{CONTENTS} is far too long")
    try:
        with zipped.open(CONTENTS) as stream:
            raw = stream.read(MAX_CONTENTS_BYTES + 1)
        refuse_newer(file, Versioned.model_validate_json(raw))
        return BackupContents.model_validate_json(raw)
    except ValidationError as error:
        raise refused(file, f"{CONTENTS} says nothing that is understood") from error
    except UNREADABLE as error:
        raise refused(file, f"{CONTENTS} in it is damaged") from error


def refuse_newer(file: Path, found: Versioned) -> None:
    if found.version > VERSION or found.schema_version > len(MIGRATIONS):
        raise BackupRefused(
            f"The backup {shown(file.name)} was written by a newer Perennial"
            f" ({shown(found.app_version, 20)}).",
            "Update Perennial, then restore it.",
            kind="backup_newer",
            kept=UNCHANGED,
        )


def _check_members(file: Path, zipped: zipfile.ZipFile, contents: BackupContents) -> None:
    """Names that lead out of the home, links, bombs, and whatever is not listed are refused."""
    size = file.stat().st_size
    seen: set[str] = set()
    packed = 0
    for each in zipped.infolist():
        name, told = each.orig_filename, shown(each.orig_filename)
        packed += each.compress_size
        if name == CONTENTS and name not in seen:
            seen.add(name)
            continue
        member = contents.members.get(name)
        if name != each.filename or not is_allowed(name) or member is None:
            raise refused(file, f"{told} is no part of a backup")
        # Two names that are one on Windows and macOS would be written over each other.
        if name.casefold() in seen:
            raise refused(file, f"{told} stands in it twice")
        seen.add(name.casefold())
        if each.flag_bits & _ENCRYPTED or each.external_attr >> 16 & _LINK_BITS == _LINK:
            raise refused(file, f"{told} is encrypted or a link")
        plain = each.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if not plain or bursts(each) or not 0 <= each.header_offset < size:
            raise refused(file, f"{told} unpacks as no backup does")
        if each.file_size != member.bytes:
            raise refused(file, f"{told} has another length than is written")
    if packed > size:
        raise refused(file, "its parts lie over one another, as in a ZIP bomb")
    missing = {name for name in contents.members if name.casefold() not in seen}
    if missing or DATABASE not in contents.members:
        raise refused(file, f"{shown(min(missing, default=DATABASE))} is missing")


def refused(file: Path, reason: str) -> BackupRefused:
    return BackupRefused(
        f"The backup {shown(file.name)} cannot be restored: {reason}.",
        "Copy it again from where it comes from, or take another backup.",
        kept=UNCHANGED,
    )
