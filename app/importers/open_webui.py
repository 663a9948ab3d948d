"""Open WebUI's chats: trees under `chat.history`, with the thumbs that were given there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.importers.findings import Aside, Unusable
from app.importers.formats import Row, RowFormat
from app.importers.rows import digest_of, named
from app.importers.times import moment_of
from app.importers.tree import Node, grow
from app.importers.words import name_of, reply_of, text_of
from app.store.arriving import ArrivingConversation, ArrivingMessage, ArrivingRating

# Its reasons in ours; what has no match stays readable in the comment.
_REASONS = {
    "too_verbose": "too_long",
    "not_factually_correct": "wrong_fact",
    "dont_like_the_style": "not_like_persona",
    "not_helpful": "other",
    "other": "other",
}


def conversation_of(row: Row, aside: Aside) -> ArrivingConversation:
    """A chat of an export, or a row of its database with `chat` as an object."""
    chat = row.get("chat") if isinstance(row.get("chat"), dict) else row
    assert isinstance(chat, Mapping)
    history = chat.get("history")
    nodes, leaf = _nodes(history if isinstance(history, dict) else {}, chat, aside)
    tree = grow(nodes, aside)
    if not any(message.role == "assistant" for message in tree.messages):
        raise Unusable("no reply of the assistant")
    parameters = chat.get("params")
    system = parameters.get("system") if isinstance(parameters, dict) else chat.get("system")
    created = moment_of(row.get("created_at") or chat.get("timestamp"))
    words = digest_of(*(message.content for message in tree.messages[:2]))
    return ArrivingConversation(
        named("openwebui", row.get("id") or chat.get("id"), words),
        tree.messages,
        text_of(system, "the system prompt", aside),
        name_of(row.get("title") or chat.get("title")),
        created,
        moment_of(row.get("updated_at")) or created,
        tree.leaf(leaf),
        "name",
    )


def _nodes(
    history: Mapping[str, Any], chat: Mapping[str, Any], aside: Aside
) -> tuple[list[Node], Any]:
    """The nodes of the tree; of the plain list where an old export has no tree."""
    messages = history.get("messages")
    if isinstance(messages, dict):
        items = [(str(key), item) for key, item in messages.items() if isinstance(item, dict)]
        above = _parents(items)
        nodes = [_node(key, item, above.get(key), aside) for key, item in items]
        return nodes, history.get("currentId")
    listed = chat.get("messages")
    if not isinstance(listed, list):
        raise Unusable('no messages under "history"')
    nodes = []
    for item in listed:
        if isinstance(item, dict):
            parent = nodes[-1].key if nodes else None
            nodes.append(Node(f"#{len(nodes)}", parent, _message(item, aside)))
    return nodes, None


def _parents(items: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Who names whom as a child: some versions write replies that do not name their parent."""
    return {
        child: key
        for key, item in items
        if isinstance(item.get("childrenIds"), list)
        for child in item["childrenIds"]
        if isinstance(child, str) and child != key
    }


def _node(key: str, item: Mapping[str, Any], above: str | None, aside: Aside) -> Node:
    parent = item.get("parentId")
    return Node(key, parent if isinstance(parent, str) and parent else above, _message(item, aside))


def _message(item: Mapping[str, Any], aside: Aside) -> ArrivingMessage | None:
    role = item.get("role")
    if role not in ("user", "assistant"):
        aside.count("system" if role == "system" else "role")
        return None
    files = item.get("files")
    if isinstance(files, list) and files:
        aside.count("file", len(files))
    text = text_of(item.get("content"), "a message", aside, "\n")
    text = reply_of(text, aside) if role == "assistant" else text
    if not text.strip():
        aside.count("empty")
        return None
    created = moment_of(item.get("timestamp"))
    if role == "user":
        return ArrivingMessage("user", text, None, created)
    model = name_of(item.get("model")) or name_of(item.get("modelName"))
    return ArrivingMessage(
        "assistant", text, None, created, model=model,
        rating=_rating(item.get("annotation"), aside),
    )  # fmt: skip


def _rating(annotation: Any, aside: Aside) -> ArrivingRating | None:
    """The thumb of a reply, with its reason and its comment."""
    if not isinstance(annotation, dict):
        return None
    thumb = annotation.get("rating")
    if isinstance(thumb, str):
        thumb = {"1": 1, "+1": 1, "-1": -1}.get(thumb.strip())
    if not isinstance(thumb, int | float) or isinstance(thumb, bool) or not thumb or thumb != thumb:
        return None
    reason = name_of(annotation.get("reason"))
    comment = annotation.get("comment")
    text = text_of(comment, "a comment", aside) if isinstance(comment, str) else ""
    known = _REASONS.get(reason)
    if reason and known is None:
        text = f"{reason.replace('_', ' ')}. {text}".strip()
    down = thumb < 0
    return ArrivingRating(
        "down" if down else "up", reasons=(known,) if known and down else (), comment=text
    )


def _fits(row: Row) -> int:
    chat = row.get("chat") if isinstance(row.get("chat"), dict) else row
    assert isinstance(chat, Mapping)
    history = chat.get("history")
    if isinstance(history, dict) and isinstance(history.get("messages"), dict):
        return 100
    return 95 if "chat" in row and isinstance(chat.get("messages"), list) else 0


FORMAT = RowFormat(
    "openwebui", "Open WebUI export", 'a "chat" with a "history"', _fits, conversation_of
)
