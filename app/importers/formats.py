"""What every format of conversations offers: to be recognised by its content, and to be read."""

from __future__ import annotations

import itertools
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from app.importers.documents import Document
from app.importers.findings import REST, Aside, Found, LeftOut, Unusable, shown
from app.importers.pieces import (
    HEAD_BYTES,
    LIMITS,
    NOT_OBJECT,
    Broken,
    Layout,
    Piece,
    layout_of,
    pieces,
)
from app.store.arriving import ArrivingConversation

Row = Mapping[str, Any]
_SAMPLE_ROWS, _SAMPLE_PIECES = 20, 1000


@dataclass(frozen=True)
class Sample:
    """The beginning of a document; `limit` says why nothing of it is small enough to be read."""

    label: str
    head: bytes
    layout: Layout
    rows: tuple[Row, ...]
    limit: str = ""


@dataclass(frozen=True)
class Guess:
    """How sure one may be of a format, up to 100, and by what it was recognised."""

    confidence: int
    reason: str


class Format(Protocol):
    """A way in which conversations are written down."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    def recognise(self, sample: Sample) -> Guess | None:
        """How well a document fits; None when it does not."""

    def read(self, document: Document, aside: Aside) -> Iterator[Found]:
        """Its conversations one by one, and what cannot come in at its place between them."""


@dataclass(frozen=True)
class RowFormat:
    """A format in which each value of a JSON document is one conversation.

    `fits` says of a value how much it looks like one, `sign` by what.
    """

    name: str
    title: str
    sign: str
    fits: Callable[[Row], int]
    read_row: Callable[[Row, Aside], ArrivingConversation]

    def recognise(self, sample: Sample) -> Guess | None:
        marks = [self.fits(row) for row in sample.rows]
        confidence = sum(marks) // len(marks) if marks else 0
        if not confidence:
            return None
        fitting = sum(mark > 0 for mark in marks)
        return Guess(confidence, f"{fitting} of the first {len(marks)} entries have {self.sign}")

    def read(self, document: Document, aside: Aside) -> Iterator[Found]:
        yield from read_rows(document, aside, self.read_row)


def sample_of(document: Document) -> Sample:
    """Look into a document; what is broken at its beginning is passed over."""
    with opened(document) as stream:
        head = stream.read(HEAD_BYTES)
    layout = layout_of(head)
    if layout not in ("lines", "values"):
        return Sample(document.label, head, layout, ())
    with opened(document) as stream:
        rows: list[Row] = []
        limit = ""
        for each in itertools.islice(pieces(stream, layout), _SAMPLE_PIECES):
            if isinstance(each, Broken):
                limit = limit or (each.reason if each.reason in LIMITS else "")
            elif isinstance(each.value, dict):
                rows.append(each.value)
            if len(rows) >= _SAMPLE_ROWS:
                break
        return Sample(document.label, head, layout, tuple(rows), "" if rows else limit)


def read_pieces(document: Document) -> Iterator[Piece | LeftOut]:
    """The values of a document, and what of it is broken."""
    with opened(document) as stream:
        head = stream.read(HEAD_BYTES)
    layout = layout_of(head)
    if layout == "utf-16":
        yield LeftOut(document.label, "", "it is UTF-16 text; save it as UTF-8")
    elif layout == "empty":
        yield LeftOut(document.label, "", "it is empty")
    elif layout == "binary":
        yield LeftOut(document.label, "", "it is not text")
    try:
        with opened(document, watched=True) as stream:
            for found in pieces(stream, layout):
                if isinstance(found, Broken):
                    yield LeftOut(document.label, found.place, found.reason)
                else:
                    yield found
    except Unusable as reason:
        yield LeftOut(document.label, REST, str(reason))


def read_rows(
    document: Document,
    aside: Aside,
    read_row: Callable[[Row, Aside], ArrivingConversation],
) -> Iterator[Found]:
    """Each value of a document as a conversation, or why it is none."""
    for piece in read_pieces(document):
        if isinstance(piece, LeftOut):
            yield piece
            continue
        try:
            if not isinstance(piece.value, dict):
                raise Unusable(NOT_OBJECT)
            yield read_row(piece.value, aside)
        except Unusable as reason:
            yield LeftOut(document.label, piece.place, str(reason))
        for fault in aside.take_faults():
            yield LeftOut(document.label, piece.place, fault)


@contextmanager
def opened(document: Document, *, watched: bool = False) -> Iterator[Any]:
    """The bytes of a document; what the disk or an archive refuses is Unusable with the reason."""
    try:
        begin = document.watched if watched and document.watched else document.open
        with begin() as stream:
            yield stream
    except OSError as error:
        raise Unusable(f"it cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Unusable(f"the archive is damaged here ({shown(str(error))})") from error
