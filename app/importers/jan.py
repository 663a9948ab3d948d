"""Jan's threads: a folder each, with the messages as lines and the thread's facts beside them.

A thread is one line until a reply is made anew or a question is edited: from then on each message
names its parent, and the child that is shown.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.importers.documents import Document
from app.importers.findings import Aside, Found, LeftOut, Unusable
from app.importers.formats import Guess, Row, Sample, read_pieces
from app.importers.pieces import Piece
from app.importers.rows import digest_of, named
from app.importers.times import moment_of
from app.importers.tree import Node, grow
from app.importers.words import name_of, reply_of, text_of
from app.store.arriving import ArrivingConversation, ArrivingMessage

MESSAGES, FACTS = "messages.jsonl", "thread.json"
_CHAT_BYTES = 32 << 20
_FACTS_BYTES = 1 << 20
_LINE_BYTES = 100  # what is kept of a line without words, at least
# A reply that is still open after this long was broken off.
_OPEN_FOR_S = 600
_MESSAGE_OBJECTS = ("thread.message", "message")


class Jan:
    """A thread; its file of messages is one conversation."""

    name = "jan"
    title = "Jan thread"

    def recognise(self, sample: Sample) -> Guess | None:
        rows = sample.rows
        fitting = sum(_is_message(row) for row in rows)
        if fitting:
            return Guess(100 * fitting // len(rows), f"{fitting} lines are messages of a thread")
        if len(rows) == 1 and _is_thread(rows[0]):
            return Guess(100, "it describes a thread")
        return None

    def read(self, document: Document, aside: Aside) -> Iterator[Found]:
        thread = _Thread(_facts_beside(document))
        described = False
        for piece in read_pieces(document):
            if isinstance(piece, LeftOut):
                yield piece
                continue
            try:
                if isinstance(piece.value, dict) and _is_thread(piece.value):
                    described = True  # it is read beside its messages
                    continue
                thread.take(piece.value, aside)
            except Unusable as reason:
                yield LeftOut(document.label, piece.place, str(reason))
        if described and not thread.nodes:
            return
        try:
            yield thread.conversation(aside)
        except Unusable as reason:
            yield LeftOut(document.label, "", str(reason))
        for fault in aside.take_faults():
            yield LeftOut(document.label, "", fault)


@dataclass
class _Thread:
    """What was read of a thread so far; `shown` is the child that each message shows."""

    facts: Mapping[str, Any]
    nodes: dict[str, Node] = field(default_factory=dict)
    shown: dict[str | None, str] = field(default_factory=dict)
    branched: bool = False
    asked: str | None = None
    unlinked: dict[str, str] = field(default_factory=dict)
    thread_id: str = ""
    size: int = 0

    def take(self, row: Any, aside: Aside) -> None:
        """Take a line in: the next message."""
        if not isinstance(row, dict):
            raise Unusable("not an object")
        self.thread_id = self.thread_id or name_of(row.get("thread_id"))
        message = self._message(row, aside)
        self.size += _LINE_BYTES + (len(message.content) if message is not None else 0)
        if self.size > _CHAT_BYTES:
            raise Unusable("the chat is longer than can be kept as one conversation")
        given, facts = row.get("id"), _object(row.get("metadata"))
        named_itself = isinstance(given, str) and given and given not in self.nodes
        key = str(given) if named_itself else f"#{len(self.nodes)}"
        self.branched = self.branched or "parentId" in facts
        self.nodes[key] = Node(key, self._parent(key, row.get("role"), facts), message)
        child = facts.get("activeChildId")
        if isinstance(child, str):
            self.shown[key] = child
        if row.get("role") == "user":
            self.asked = key

    def conversation(self, aside: Aside) -> ArrivingConversation:
        """The thread, once its last line is read."""
        tree = grow(tuple(self.nodes.values()), aside)
        messages = tree.messages
        if not any(message.role == "assistant" for message in messages):
            raise Unusable("no reply of the assistant")
        words = digest_of(*(message.content for message in messages[:2]))
        metadata = _object(self.facts.get("metadata"))
        return ArrivingConversation(
            named("jan", self.facts.get("id") or self.thread_id, words),
            messages,
            self._system_prompt(aside),
            name_of(self.facts.get("title")) or name_of(metadata.get("title")),
            moment_of(self.facts.get("created")) or messages[0].created,
            moment_of(self.facts.get("updated")) or messages[-1].created,
            tree.leaf(self._leaf(metadata.get("activeRootId"))) if self.branched else None,
            "name",
        )

    def _message(self, row: Row, aside: Aside) -> ArrivingMessage | None:
        """What was said in a line; None for what is not part of the talk."""
        role = row.get("role")
        if role not in ("user", "assistant"):
            known: dict[Any, Any] = {"system": "system", "tool": "tool"}
            aside.count(known.get(role, "role") if isinstance(role, str) else "role")
            return None
        created = moment_of(row.get("created_at"))
        if row.get("status") == "pending":
            if _is_recent(created):
                raise Unusable("a reply is still being written")
            aside.count("empty")
            return None
        if row.get("attachments"):
            aside.count("file")
        text = text_of(_parts(row.get("content")), "the message", aside, "\n")
        text = reply_of(text, aside) if role == "assistant" else text
        if not text.strip():
            aside.count("empty")
            return None
        model = self._model(row) if role == "assistant" else ""
        return ArrivingMessage(role, text, None, created, model=model)

    def _parent(self, key: str, role: Any, facts: Mapping[str, Any]) -> str | None:
        """The message that this one answers.

        Jan has lost the link of some replies, and linked what was asked next past them; it mends
        that where it shows a thread, not in the file.
        """
        given = facts.get("parentId")
        if isinstance(given, str):
            return self.unlinked.pop(given, given) if role == "user" else given
        if self.branched and role == "assistant" and self.asked is not None:
            self.unlinked[self.asked] = key
            return self.asked
        return None if "parentId" in facts else next(reversed(self.nodes), None)

    def _leaf(self, root: Any) -> str | None:
        """The end of the branch that is shown: what was chosen, else the newest."""
        children: dict[str | None, list[str]] = {}
        for node in self.nodes.values():
            children.setdefault(node.parent, []).append(node.key)
        at: str | None = None
        chosen = root
        while beside := children.get(at):
            at = chosen if chosen in beside else beside[-1]
            chosen = self.shown.get(at)
        return at

    def _system_prompt(self, aside: Aside) -> str:
        """Its own file may be damaged; that costs the prompt, and none of the messages."""
        try:
            return text_of(self._assistant().get("instructions"), "the system prompt", aside)
        except Unusable as reason:
            aside.fault(str(reason))
            return ""

    def _assistant(self) -> Mapping[str, Any]:
        listed = self.facts.get("assistants")
        return _object(listed[0]) if isinstance(listed, list) and listed else {}

    def _model(self, row: Row) -> str:
        facts = _object(row.get("metadata"))
        given = (
            facts.get("modelId"), facts.get("model"),
            _object(self.facts.get("model")).get("id"),
            _object(self._assistant().get("model")).get("id"),
        )  # fmt: skip
        return next(filter(None, map(name_of, given)), "")


def _facts_beside(document: Document) -> Mapping[str, Any]:
    """What stands in the thread's own file, where it can be read."""
    beside = document.siblings.find(FACTS)
    if beside is None or beside.size > _FACTS_BYTES:
        return {}
    try:
        for piece in read_pieces(beside):
            if isinstance(piece, Piece) and isinstance(piece.value, dict):
                return piece.value
    except Unusable:
        return {}  # the messages tell the rest
    return {}


def _parts(content: Any) -> Any:
    """The parts of a message, with their text where others have it."""
    if not isinstance(content, list):
        return content
    return [
        {**part, "text": part["text"].get("value")}
        if isinstance(part, dict) and isinstance(part.get("text"), dict)
        else part
        for part in content
    ]


def _is_recent(moment: str) -> bool:
    now = moment_of(time.time() - _OPEN_FOR_S)
    return moment > now


def _is_message(row: Row) -> bool:
    return row.get("object") in _MESSAGE_OBJECTS and "role" in row and "thread_id" in row


def _is_thread(row: Row) -> bool:
    return row.get("object") == "thread" and "role" not in row


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


FORMAT = Jan()
