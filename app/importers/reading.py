"""Reads files, folders and archives: each document in its format, with progress, until stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

from app.importers.cards import FORMAT as CARD
from app.importers.cards import card_of
from app.importers.documents import Document, gathered
from app.importers.findings import Aside, Found, LeftOut, Unusable
from app.importers.formats import Format
from app.importers.recognising import NotRecognised, Recognised, recognise

_PROGRESS_EVERY_S = 0.1
# One format for everything, or one for some of the files and folders that were named.
Chosen = Format | Mapping[Path, Format] | None
# In a folder these are expected to hold conversations; in an archive many other things do too.
_EXPECTED = (".json", ".jsonl", ".ndjson")


class ImportStopped(Exception):
    """The user stopped the import."""


@dataclass(frozen=True)
class ImportProgress:
    """How far an import is."""

    done_bytes: int
    total_bytes: int
    conversations: int
    file: str


@dataclass
class Watch:
    """Tells how far reading is, and ends it when it shall stop."""

    progress: Callable[[ImportProgress], None] | None = None
    stop: Callable[[], bool] | None = None
    total_bytes: int = 0
    before_bytes: int = 0
    conversations: int = 0
    file: str = ""
    told: float = field(default_factory=time.monotonic)

    def advance(self, read_bytes: int) -> None:
        """So many bytes of the current document are read."""
        if self.stop is not None and self.stop():
            raise ImportStopped
        moment = time.monotonic()
        if self.progress is not None and moment - self.told >= _PROGRESS_EVERY_S:
            self.told = moment
            self._tell(self.before_bytes + read_bytes)

    def finish(self, size: int) -> None:
        """The current document is done."""
        self.before_bytes += size
        if self.progress is not None:
            self._tell(self.before_bytes)

    def _tell(self, done_bytes: int) -> None:
        if self.progress is not None:
            done = min(done_bytes, self.total_bytes)
            self.progress(ImportProgress(done, self.total_bytes, self.conversations, self.file))


@dataclass(frozen=True)
class DocumentRead:
    """A document as it was recognised."""

    file: str
    format: str
    title: str
    reason: str
    confidence: int
    others: tuple[str, ...] = ()
    given: str = ""


def read_all(
    paths: Iterable[Path], chosen: Chosen, aside: Aside, watch: Watch
) -> Iterator[DocumentRead | Found]:
    """Everything in the files: how each document was recognised, and then what it holds."""
    with gathered(paths) as found:
        watch.total_bytes = sum(document.size for document in found.documents)
        yield from found.left_out
        for document in found.documents:
            watch.file = document.label
            try:
                recognised = recognise(document, _format_for(document, chosen))
            except NotRecognised as reason:
                if _is_expected(document):
                    yield LeftOut(document.label, "", str(reason))
                else:
                    aside.count("document")
            except Unusable as reason:
                yield LeftOut(document.label, "", str(reason))
            else:
                yield from _read(document, recognised, aside, watch)
            watch.finish(document.size)


def _read(
    document: Document, recognised: Recognised, aside: Aside, watch: Watch
) -> Iterator[DocumentRead | Found]:
    # A picture is a card only if there is one in it, and that one may have nothing to say.
    if recognised.format is not CARD or _holds_card(document):
        yield _told(document, recognised)
    watched = replace(document, watched=lambda: cast(BinaryIO, _Counted(document.open(), watch)))
    yield from recognised.format.read(watched, aside)


def _holds_card(document: Document) -> bool:
    try:
        card_of(document, Aside())
    except Unusable:
        return False
    return True


def _told(document: Document, recognised: Recognised) -> DocumentRead:
    return DocumentRead(
        document.label,
        recognised.format.name,
        recognised.format.title,
        recognised.guess.reason,
        recognised.guess.confidence,
        recognised.others,
        str(document.given or ""),
    )


def _format_for(document: Document, chosen: Chosen) -> Format | None:
    if not isinstance(chosen, Mapping):
        return chosen
    return chosen.get(document.given) if document.given is not None else None


def _is_expected(document: Document) -> bool:
    named = document.label.lower().endswith(_EXPECTED)
    return document.alone or (named and not document.packed)


class _Counted:
    """A stream that counts what is read of it."""

    def __init__(self, stream: BinaryIO, watch: Watch) -> None:
        self._stream, self._watch, self._read = stream, watch, 0

    def read(self, size: int = -1) -> bytes:
        return self._counted(self._stream.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self._stream.readline(size))

    def _counted(self, data: bytes) -> bytes:
        self._read += len(data)
        self._watch.advance(self._read)
        return data

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stream.close()
