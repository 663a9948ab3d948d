"""The values of a JSON document one by one, in memory that does not grow with the document."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

Layout = Literal["lines", "values", "binary", "utf-16", "empty"]

LIMIT_BYTES = 32 << 20
HEAD_BYTES = 64 << 10
_SKIP_BYTES = 1 << 20
# Python makes of one byte of JSON up to 24 bytes of memory, where there is nothing but brackets.
_MANY_PARTS = 2_000_000
_LONG_NUMBER, _ENDLESS_NUMBER = 20, 400
_BOM = b"\xef\xbb\xbf"

TOO_LONG = f"it is longer than {LIMIT_BYTES >> 20} MB"
NOT_JSON = "not valid JSON"
NOT_OBJECT = "not an object"
NOT_UTF8 = "not UTF-8 text"
TOO_DEEP = "nested too deep"
TOO_MANY = "made of too many parts"
LIMITS = (TOO_LONG, TOO_DEEP, TOO_MANY)


@dataclass(frozen=True, slots=True)
class Piece:
    """A value and where it stands."""

    place: str
    value: Any


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where no value can be read, and why."""

    place: str
    reason: str


class NoValue(ValueError):
    """Why a text is no value."""


def layout_of(head: bytes) -> Layout:
    """How a document is laid out, by its first bytes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    text = head.removeprefix(_BOM).lstrip()
    if not text:
        return "empty"
    first, newline, rest = text.partition(b"\n")
    if not first.startswith((b"[", b"{")):
        # A line may hold a NUL by mistake; a file that is no text holds no line that is an object.
        is_text = b"\0" not in text or any(_is(dict, line) for line in rest.split(b"\n"))
        return "lines" if is_text else "binary"
    if first.startswith(b"{") and (not newline or _is(dict, first)):
        return "lines"
    if first.startswith(b"[") and not _is(list, first):
        return "values"
    # A value over many lines; unless other lines are whole by themselves.
    return "lines" if any(_is(dict, line) for line in rest.split(b"\n")) else "values"


def pieces(stream: BinaryIO, layout: Layout) -> Iterator[Piece | Broken]:
    """The values of a document; what cannot be read is told, and what follows is read on."""
    if layout == "lines":
        yield from _lines(stream)
    elif layout == "values":
        from app.importers.scanning import values

        yield from values(stream)


def parse(raw: bytes) -> Any:
    """The value of a piece of JSON; raises NoValue with the reason."""
    if len(raw) > _SKIP_BYTES and sum(raw.count(mark) for mark in (b"[", b"{", b",")) > _MANY_PARTS:
        raise NoValue(TOO_MANY)
    try:
        return DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NoValue(NOT_UTF8) from error
    except RecursionError as error:
        raise NoValue(TOO_DEEP) from error
    except ValueError as error:
        raise NoValue(NOT_JSON) from error


def _whole_number(digits: str) -> int | float:
    """A number; Python refuses to read endless ones, and takes long for long ones."""
    if len(digits) <= _LONG_NUMBER:
        return int(digits)
    return math.inf if len(digits) > _ENDLESS_NUMBER else float(digits)


def _fraction(digits: str) -> float:
    return math.nan if len(digits) > _ENDLESS_NUMBER else float(digits)


DECODER = json.JSONDecoder(parse_int=_whole_number, parse_float=_fraction)


def _lines(stream: BinaryIO) -> Iterator[Piece | Broken]:
    number = 0
    while line := stream.readline(LIMIT_BYTES + 1):
        number += 1
        place = f"line {number}"
        if len(line) > LIMIT_BYTES:
            _skip_line(stream, line)
            yield Broken(place, TOO_LONG)
            continue
        text = line.removeprefix(_BOM) if number == 1 else line
        if not text.strip():
            continue
        try:
            yield Piece(place, parse(text))
        except NoValue as reason:
            yield Broken(place, str(reason))


def _skip_line(stream: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(_SKIP_BYTES)


def _is(kind: type, line: bytes) -> bool:
    """Whether a line is a whole object, or a whole list."""
    try:
        return line[:1] in (b"{", b"[") and isinstance(parse(line), kind)
    except NoValue:
        return False
