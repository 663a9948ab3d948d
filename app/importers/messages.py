"""`messages`: the format of Perennial's own months, with ratings and corrections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from app.importers.chat_rows import rated_last, rating_in, said_in
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


class MessagesFormat:
    """Rows with a list of `messages`; the middle of a rating scale shows in the whole file."""

    name = "messages"
    title = "Messages (ChatML)"

    def recognise(self, sample: Sample) -> Guess | None:
        return _BY_ROW.recognise(sample)

    def read(self, document: Document, aside: Aside) -> Iterator[Found]:
        middle = rating_middle(document)
        yield from read_rows(document, aside, partial(exchange_of, middle=middle))


def exchange_of(row: Row, aside: Aside, middle: float = 0.5) -> ArrivingConversation:
    """The conversation of a row; raises Unusable with the reason."""
    if not isinstance(row.get("messages"), list):
        raise Unusable('no list of "messages"')
    said = said_in(row["messages"], aside, middle)
    messages = rated_last(said.messages, rating_in(row, middle, aside))
    return conversation_of(
        row,
        said.system_prompt,
        messages,
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


def _fits(row: Row) -> int:
    items: Any = row.get("messages")
    if not isinstance(items, list):
        return 0
    return 90 if any(isinstance(item, dict) and "role" in item for item in items) else 40


_BY_ROW = RowFormat("messages", "", 'a list of "messages" with roles', _fits, exchange_of)
FORMAT = MessagesFormat()
