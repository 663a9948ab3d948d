"""`messages`: the format of Perennial's own months, with ratings and corrections."""

from __future__ import annotations

from typing import Any

from app.importers.chat_rows import said_in
from app.importers.findings import Aside, Unusable
from app.importers.formats import Row, RowFormat
from app.importers.rated_rows import RatedFormat, rated_conversation
from app.store.arriving import ArrivingConversation


def exchange_of(row: Row, aside: Aside, middle: float = 0.5) -> ArrivingConversation:
    """The conversation of a row; raises Unusable with the reason."""
    if not isinstance(row.get("messages"), list):
        raise Unusable('no list of "messages"')
    said = said_in(row["messages"], aside, middle)
    return rated_conversation(row, said, aside, middle)


def _fits(row: Row) -> int:
    items: Any = row.get("messages")
    if not isinstance(items, list):
        return 0
    return 90 if any(isinstance(item, dict) and "role" in item for item in items) else 40


_ROWS = RowFormat(
    "messages", "Messages (ChatML)", 'a list of "messages" with roles', _fits, exchange_of
)
FORMAT = RatedFormat(_ROWS, exchange_of)
