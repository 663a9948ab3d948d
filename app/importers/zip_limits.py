"""ZIP archives that would not be read to their end in a lifetime are refused before reading."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

from app.importers.findings import Unusable

# Text packs ten times, seldom forty; what packs two hundred times is made to burst.
MAX_RATIO = 200
SMALL_BYTES = 1 << 20
MAX_TOTAL_BYTES = 64 << 30
MAX_DIRECTORY_BYTES = 64 << 20
_ENCRYPTED = 0x1
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
_TAIL_BYTES = (1 << 16) + 22 + 20


def check_archive(path: Path) -> None:
    """Refuse a directory that would not fit into memory: it is read as a whole."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) < at + 22:
            raise Unusable("a ZIP archive without its end; it was not copied or loaded to the end")
        directory: int = struct.unpack_from("<I", tail, at + 12)[0]
        locator = tail[at - 20 : at] if at >= 20 else b""
        if locator.startswith(_LOCATOR_64):
            place: int = struct.unpack_from("<Q", locator, 8)[0]
            file.seek(min(place, start + at))
            record = file.read(56)
            if record.startswith(_END_64) and len(record) == 56:
                directory = struct.unpack_from("<Q", record, 40)[0]
    if directory > MAX_DIRECTORY_BYTES:
        raise Unusable("an archive with far too many members")


def check_member(member: zipfile.ZipInfo, total_bytes: int) -> None:
    """Refuse a member that bursts; `total_bytes` is what it and those before it unpack to."""
    ratio = member.file_size / max(1, member.compress_size)
    if member.file_size > SMALL_BYTES and ratio > MAX_RATIO:
        raise Unusable(f"it unpacks to {ratio:.0f} times its size, as a ZIP bomb does")
    if total_bytes > MAX_TOTAL_BYTES:
        raise Unusable(f"the archive unpacks to more than {MAX_TOTAL_BYTES >> 30} GB")
    if member.flag_bits & _ENCRYPTED:
        raise Unusable("it is encrypted; unpack the archive with its password and import the files")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The others can ask for gigabytes of memory at once, and no export uses them.
        raise Unusable("it is packed in a way that is not read here; unpack and pack it again")
