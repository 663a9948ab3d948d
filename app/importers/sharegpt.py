"""ShareGPT: rows with `conversations`, each message `from` somebody with a `value`."""

from __future__ import annotations

from app.importers.chat_rows import said_in
from app.importers.findings import Aside
from app.importers.formats import Row, RowFormat
from app.importers.rated_rows import RatedFormat, rated_conversation
from app.importers.words import text_of
from app.store.arriving import ArrivingConversation


def exchange_of(row: Row, aside: Aside, middle: float = 0.5) -> ArrivingConversation:
    """The conversation of a row; raises Unusable with the reason."""
    system = text_of(row.get("system", row.get("system_prompt")), "the system prompt", aside)
    items = row.get("conversations", row.get("conversation"))
    said = said_in(items, aside, middle, system)
    return rated_conversation(row, said, aside, middle)


def _fits(row: Row) -> int:
    items = row.get("conversations", row.get("conversation"))
    if not isinstance(items, list):
        return 0
    return 90 if any(isinstance(item, dict) and "from" in item for item in items) else 50


_ROWS = RowFormat(
    "sharegpt", "ShareGPT", 'a list of "conversations" with "from" and "value"', _fits, exchange_of
)
FORMAT = RatedFormat(_ROWS, exchange_of)
