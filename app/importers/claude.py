"""Claude's export: conversations with `chat_messages`, each with its parent where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.importers.findings import Aside, Unusable
from app.importers.formats import Row, RowFormat
from app.importers.rows import digest_of, named
from app.importers.times import moment_of
from app.importers.tree import Node, grow
from app.importers.words import name_of, text_of
from app.store.arriving import ArrivingConversation, ArrivingMessage

_NOBODY = "00000000-0000-4000-8000-000000000000"
_ROLES = {"human": "user", "user": "user", "assistant": "assistant"}
_MODEL = "claude"


def conversation_of(row: Row, aside: Aside) -> ArrivingConversation:
    """A conversation with all its branches."""
    items = row.get("chat_messages")
    if not isinstance(items, list):
        raise Unusable('no list of "chat_messages"')
    model = name_of(row.get("model")) or _MODEL
    nodes: list[Node] = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise Unusable(f"message {number} is not an object")
        nodes.append(_node(item, nodes, f"message {number}", model, aside))
    tree = grow(nodes, aside)
    if not any(message.role == "assistant" for message in tree.messages):
        raise Unusable("no reply of the assistant")
    created = moment_of(row.get("created_at"))
    return ArrivingConversation(
        named("claude", row.get("uuid"), digest_of(*(each.content for each in tree.messages[:2]))),
        tree.messages,
        title=name_of(row.get("name")),
        created=created,
        updated=moment_of(row.get("updated_at")) or created,
        leaf=tree.leaf(row.get("current_leaf_message_uuid")),
        identity="name",
    )


def _node(item: Mapping[str, Any], before: list[Node], what: str, model: str, aside: Aside) -> Node:
    key = item.get("uuid")
    parent = item.get("parent_message_uuid")
    if parent == _NOBODY:
        parent = None
    elif not isinstance(parent, str):
        # Older exports are one branch each and name no parents.
        parent = before[-1].key if before else None
    name = key if isinstance(key, str) and key else f"#{len(before)}"
    return Node(name, parent, _message(item, what, model, aside))


def _message(
    item: Mapping[str, Any], what: str, model: str, aside: Aside
) -> ArrivingMessage | None:
    role = _ROLES.get(str(item.get("sender")))
    if role is None:
        aside.count("role")
        return None
    for files in (item.get("attachments"), item.get("files")):
        if isinstance(files, list) and files:
            aside.count("file", len(files))
    # "text" repeats the parts as one, the thoughts too, and stands in for each tool with a sentence
    # about a device that does not show it; it counts only where there are no parts.
    text = text_of(item.get("content") or item.get("text"), what, aside, "\n\n")
    if not text.strip():
        aside.count("empty")
        return None
    created = moment_of(item.get("created_at"))
    if role == "user":
        return ArrivingMessage("user", text, None, created)
    return ArrivingMessage("assistant", text, None, created, model=model)


def _fits(row: Row) -> int:
    return 100 if isinstance(row.get("chat_messages"), list) else 0


FORMAT = RowFormat("claude", "Claude export", 'a list of "chat_messages"', _fits, conversation_of)
