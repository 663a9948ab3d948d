"""Formats whose rows carry ratings: the middle of their scale shows in the whole file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from app.importers.chat_rows import Said, rated_last, rating_in
from app.importers.documents import Document
from app.importers.findings import Aside, Found, Unusable
from app.importers.formats import Guess, Row, RowFormat, Sample, opened, read_rows
from app.importers.ratings import middle_of, number_of
from app.importers.rows import conversation_of
from app.importers.times import moment_of
from app.importers.words import name_of
from app.store.arriving import ArrivingConversation

_RATING = re.compile(rb'"rating"\s{0,9}:\s{0,9}"?([-+]?\d[\d.eE+-]{0,30})')
_CHUNK_BYTES, _OVERLAP_BYTES = 1 << 20, 80


class ReadRated(Protocol):
    """Makes a conversation of a row, where numbers above the middle are good."""

    def __call__(self, row: Row, aside: Aside, middle: float = 0.5) -> ArrivingConversation: ...


@dataclass(frozen=True)
class RatedFormat:
    """A format of rows, each read with the scale on which the whole document rates."""

    by_row: RowFormat
    read_row: ReadRated

    @property
    def name(self) -> str:
        return self.by_row.name

    @property
    def title(self) -> str:
        return self.by_row.title

    def recognise(self, sample: Sample) -> Guess | None:
        return self.by_row.recognise(sample)

    def read(self, document: Document, aside: Aside) -> Iterator[Found]:
        middle = rating_middle(document)
        yield from read_rows(document, aside, partial(self.read_row, middle=middle))


def rated_conversation(row: Row, said: Said, aside: Aside, middle: float) -> ArrivingConversation:
    """What was said in a row, with the row's own rating on the last reply."""
    return conversation_of(
        row,
        said.system_prompt,
        rated_last(said.messages, rating_in(row, middle, aside)),
        aside,
        title=name_of(row.get("title")),
        created=moment_of(row.get("created")),
    )


def rating_middle(document: Document) -> float:
    """The neutral value of the numbers that a document rates with.

    Sought without reading the JSON: the document is then read once, not twice.
    """
    return middle_of(_numbers(document))


def _numbers(document: Document) -> Iterator[float]:
    rest = b""
    try:
        with opened(document) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                text = rest + chunk
                for found in _RATING.finditer(text):
                    number = number_of(found[1].decode())
                    if number is not None:
                        yield number
                rest = text[-_OVERLAP_BYTES:]
    except Unusable:
        return  # told when it is read
