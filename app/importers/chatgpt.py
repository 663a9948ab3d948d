"""ChatGPT's export: conversations as trees under `mapping`, thumbs in a file beside them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.importers.documents import Document
from app.importers.findings import Aside, Found, Unusable
from app.importers.formats import Guess, Row, RowFormat, Sample, read_pieces, read_rows
from app.importers.pieces import NoValue, Piece, parse
from app.importers.ratings import RatingUnknown, verdict_of
from app.importers.rows import digest_of, named
from app.importers.times import moment_of
from app.importers.tree import Node, grow
from app.importers.words import name_of, text_of
from app.store.arriving import ArrivingConversation, ArrivingMessage, ArrivingRating

_FEEDBACK_FILE = "message_feedback.json"
_FEEDBACK_AT_MOST = 1_000_000
_REASONING = ("thoughts", "reasoning_recap")
_TOOL_TEXTS = ("code", "execution_output", "tether_quote", "tether_browsing_display")
# Its window shows these as footnotes and links; as text they are gibberish that would be learned.
_MARK = re.compile(
    "([ \t]?)\ue200([^\ue200\ue201]*)\ue201|[\ue203\ue204]|[ \t]?【[^【】†]{0,99}†[^【】†]{0,99}】"
)
_PART = "\ue202"
# Its reasons in ours; what has no match stays readable in the comment.
_REASONS = {"false": "wrong_fact", "harmful": "unsafe", "unsafe": "unsafe", "not-helpful": "other"}

Feedback = Mapping[str, ArrivingRating]


class ChatGPT:
    """The archive that ChatGPT sends, or its `conversations.json` alone."""

    name = "chatgpt"
    title = "ChatGPT export"

    def recognise(self, sample: Sample) -> Guess | None:
        return _BY_ROW.recognise(sample)

    def read(self, document: Document, aside: Aside) -> Iterator[Found]:
        feedback = _feedback_beside(document)
        yield from read_rows(document, aside, partial(conversation_of, feedback=feedback))


def conversation_of(row: Row, aside: Aside, feedback: Feedback | None = None
                    ) -> ArrivingConversation:  # fmt: skip
    """A conversation with all its branches."""
    mapping = row.get("mapping")
    if not isinstance(mapping, dict):
        raise Unusable('no "mapping" of messages')
    nodes = [
        _node(str(key), value, feedback or {}, aside)
        for key, value in mapping.items()
        if isinstance(value, dict)
    ]
    tree = grow(nodes, aside)
    if not any(message.role == "assistant" for message in tree.messages):
        raise Unusable("no reply of the assistant")
    words = digest_of(*(message.content for message in tree.messages[:2]))
    created = moment_of(row.get("create_time"))
    return ArrivingConversation(
        named("chatgpt", row.get("conversation_id") or row.get("id"), words),
        tree.messages,
        title=name_of(row.get("title")),
        created=created,
        updated=moment_of(row.get("update_time")) or created,
        leaf=tree.leaf(row.get("current_node")),
        identity="name",
    )


def _node(key: str, node: Mapping[str, Any], feedback: Feedback, aside: Aside) -> Node:
    parent = node.get("parent")
    message = node.get("message")
    said = _message(key, message, feedback, aside) if isinstance(message, dict) else None
    return Node(key, parent if isinstance(parent, str) and parent else None, said)


def _message(
    key: str, message: Mapping[str, Any], feedback: Feedback, aside: Aside
) -> ArrivingMessage | None:
    """What was said at a node; None for what is not part of the talk."""
    author, content, facts = (_object(message.get(name)) for name in ("author", "content",
                                                                      "metadata"))  # fmt: skip
    role, kind = author.get("role"), content.get("content_type")
    if role == "tool" or message.get("recipient") not in (None, "all") or kind in _TOOL_TEXTS:
        aside.count("tool")
        return None
    if kind in _REASONING:
        aside.count("reasoning")
        return None
    if role not in ("user", "assistant"):
        aside.count("hidden" if role == "system" else "role")
        return None
    if facts.get("is_visually_hidden_from_conversation") or kind == "user_editable_context":
        aside.count("hidden")
        return None
    text = text_of(content.get("parts", content.get("text")), "a message", aside, "\n")
    text = _without_marks(text, aside) if role == "assistant" else text
    if not text.strip():
        aside.count("empty")
        return None
    return ArrivingMessage(
        role,
        text,
        None,
        moment_of(message.get("create_time")),
        name_of(author.get("name")),
        name_of(facts.get("model_slug")) or "chatgpt" if role == "assistant" else "",
        feedback.get(key) or feedback.get(str(message.get("id"))) if role == "assistant" else None,
    )


def _without_marks(text: str, aside: Aside) -> str:
    """A reply without its citations; of a name or a link that stands in one, the words."""
    if text.isascii() or not any(sign in text for sign in "\ue200\ue203\ue204†"):
        return text

    def words(found: re.Match[str]) -> str:
        aside.count("part")
        kind, _, rest = (found[2] or "").partition(_PART)
        if kind == "url":
            return found[1] + rest.partition(_PART)[0]
        if kind != "entity":
            return ""
        try:
            named_there = parse(rest.encode())
        except NoValue:
            return ""
        name = named_there[1] if isinstance(named_there, list) and len(named_there) > 1 else ""
        return found[1] + name_of(name)

    return _MARK.sub(words, text)


def _feedback_beside(document: Document) -> Feedback:
    """The thumbs of an export, by message."""
    beside = document.siblings.find(_FEEDBACK_FILE)
    if beside is None or beside is document:
        return {}
    found: dict[str, ArrivingRating] = {}
    try:
        for piece in itertools.islice(read_pieces(beside), _FEEDBACK_AT_MOST):
            if isinstance(piece, Piece) and isinstance(piece.value, dict):
                _take_feedback(piece.value, found)
    except Unusable:
        return found  # the conversations are worth more than their thumbs
    return found


def _take_feedback(row: Row, found: dict[str, ArrivingRating]) -> None:
    key = row.get("message_id") or row.get("id")
    rating = row.get("rating")
    try:
        verdict = verdict_of(rating, 0.5) if isinstance(rating, str) else None
    except RatingUnknown:
        verdict = None
    if isinstance(key, str) and verdict is not None:
        reasons, comment = _said_of(row.get("content")) if verdict == "down" else ((), "")
        found[key] = ArrivingRating(verdict, reasons=reasons, comment=comment)


def _said_of(content: Any) -> tuple[tuple[str, ...], str]:
    """The reasons of a thumb and what was written beside it: JSON within the JSON."""
    try:
        said = _object(parse(content.encode("utf-8"))) if isinstance(content, str) else {}
    except (NoValue, UnicodeEncodeError):
        return (), ""
    tags = said.get("tags")
    names = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    known = dict.fromkeys(_REASONS[name] for name in names if name in _REASONS)
    unknown = [name_of(name).replace("-", " ") for name in names if name not in _REASONS]
    text = said.get("text")
    # Escapes in it may stand for halves of characters, which nobody can say.
    text = text.encode("utf-8", "ignore").decode() if isinstance(text, str) else ""
    words = text.replace("\0", "").strip()
    return tuple(known), ". ".join(part for part in (*unknown, words) if part)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _fits(row: Row) -> int:
    return 100 if isinstance(row.get("mapping"), dict) else 0


_BY_ROW = RowFormat(
    "chatgpt", "ChatGPT export", 'a tree of messages under "mapping"', _fits, conversation_of
)
FORMAT = ChatGPT()
