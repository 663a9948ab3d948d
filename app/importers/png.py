"""The text that a PNG file carries beside its picture; the picture itself is never decoded."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from app.importers.findings import Unusable

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXT_LIMIT_BYTES = 16 << 20
_LONGEST_CHUNK = (1 << 31) - 1
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_SKIP_BYTES = 1 << 20


def texts_of(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The keyword and the text of every text chunk; raises Unusable where the file is broken."""
    if stream.read(len(SIGNATURE)) != SIGNATURE:
        raise Unusable("not a PNG picture")
    number = 0
    while header := stream.read(8):
        number += 1
        if len(header) < 8:
            raise Unusable(f"the picture ends in the middle of chunk {number}")
        length, kind = struct.unpack(">I4s", header)
        if length > _LONGEST_CHUNK:
            raise Unusable(f"chunk {number} of the picture has an impossible length")
        if kind not in _TEXTS:
            _pass(stream, length + 4, number)
            if kind == b"IEND":
                return
            continue
        if length > TEXT_LIMIT_BYTES:
            raise Unusable(f"the text in chunk {number} is longer than 16 MB")
        data, checksum = stream.read(length), stream.read(4)
        if len(data) < length or len(checksum) < 4:
            raise Unusable(f"the picture ends in the middle of chunk {number}")
        if zlib.crc32(kind + data) != struct.unpack(">I", checksum)[0]:
            raise Unusable(f"chunk {number} of the picture is damaged (its checksum is wrong)")
        yield _text(kind, data, number)


def _pass(stream: BinaryIO, length: int, number: int) -> None:
    while length > 0:
        taken = len(stream.read(min(length, _SKIP_BYTES)))
        if not taken:
            raise Unusable(f"the picture ends in the middle of chunk {number}")
        length -= taken


def _text(kind: bytes, data: bytes, number: int) -> tuple[str, bytes]:
    keyword, _, rest = data.partition(b"\0")
    name = keyword.decode("latin-1")
    if kind == b"tEXt":
        return name, rest
    if kind == b"zTXt":
        return name, _unpacked(rest[1:], number)
    packed = rest[:1] == b"\1"
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return name, _unpacked(text, number) if packed else text


def _unpacked(data: bytes, number: int) -> bytes:
    machine = zlib.decompressobj()
    try:
        text = machine.decompress(data, TEXT_LIMIT_BYTES)
    except zlib.error as error:
        raise Unusable(f"the packed text in chunk {number} is damaged") from error
    if machine.unconsumed_tail:
        raise Unusable(f"the packed text in chunk {number} bursts to more than 16 MB")
    return text
