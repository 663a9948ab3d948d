"""Open WebUI's database as conversations: the rows of an export, and the thumbs beside them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from app.importers.findings import Aside, Unusable
from app.importers.open_webui import conversation_of
from app.importers.pieces import NoValue, parse
from app.store.arriving import ArrivingConversation
from app.store.foreign import LONGEST_CHAT, ForeignChat, ForeignThumb

# A reply that is still open after this long was broken off.
_OPEN_FOR_S = 600


class StillWritten(Exception):
    """A reply is just being written; the chat is read when it is done."""


def thumbs_by_chat(
    rows: Iterable[ForeignThumb],
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The thumbs of each chat by message, and when the last of them was changed."""
    thumbs: dict[str, dict[str, Any]] = {}
    changed: dict[str, str] = {}
    for row in rows:
        data, meta = _object(row.data), _object(row.meta)
        chat_id, message_id = meta.get("chat_id"), meta.get("message_id")
        if isinstance(chat_id, str) and isinstance(message_id, str):
            thumbs.setdefault(chat_id, {})[message_id] = data
            changed[chat_id] = max(changed.get(chat_id, ""), str(row.updated))
    return thumbs, changed


def chat_of(row: ForeignChat, thumbs: Mapping[str, Any], aside: Aside) -> ArrivingConversation:
    """A row of the database as a conversation; raises Unusable with the reason."""
    if row.words is None:
        raise Unusable(f"it is longer than {LONGEST_CHAT >> 20} MB")
    try:
        chat = parse(row.words)
    except NoValue as reason:
        raise Unusable(str(reason)) from reason
    if not isinstance(chat, dict):
        raise Unusable("not an object")
    messages = _messages(chat)
    if any(_is_open(each) for each in messages.values()) and _is_recent(row.updated):
        raise StillWritten
    for message_id, thumb in thumbs.items():
        message = messages.get(message_id)
        if isinstance(message, dict):
            message["annotation"] = thumb
    return conversation_of(
        {
            "id": row.chat_id,
            "title": row.title,
            "chat": chat,
            "created_at": row.created,
            "updated_at": row.updated,
        },
        aside,
    )


def _messages(chat: Mapping[str, Any]) -> Mapping[str, Any]:
    history = chat.get("history")
    messages = history.get("messages") if isinstance(history, dict) else None
    return messages if isinstance(messages, dict) else {}


def _is_open(message: Any) -> bool:
    replies = isinstance(message, dict) and message.get("role") == "assistant"
    return replies and message.get("done") is False


def _is_recent(updated: Any) -> bool:
    return isinstance(updated, int | float) and abs(time.time() - updated) < _OPEN_FOR_S


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        value = parse(raw)
    except NoValue:
        return {}
    return value if isinstance(value, dict) else {}
