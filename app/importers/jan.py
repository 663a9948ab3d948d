"""Jan's threads: a folder each, with the messages as lines and the thread's facts beside them."""

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
from app.importers.words import name_of, reply_of, text_of
from app.store.arriving import ArrivingConversation, ArrivingMessage

MESSAGES, FACTS = "messages.jsonl", "thread.json"
_CHAT_BYTES = 32 << 20
_FACTS_BYTES = 1 << 20
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
        if described and not thread.messages:
            return
        try:
            yield thread.conversation(aside)
        except Unusable as reason:
            yield LeftOut(document.label, "", str(reason))


@dataclass
class _Thread:
    """What was read of a thread so far."""

    facts: Mapping[str, Any]
    messages: list[ArrivingMessage] = field(default_factory=list)
    thread_id: str = ""
    size: int = 0

    def take(self, row: Any, aside: Aside) -> None:
        """Take a line in: the next message."""
        if not isinstance(row, dict):
            raise Unusable("not an object")
        self.thread_id = self.thread_id or name_of(row.get("thread_id"))
        role = row.get("role")
        if role not in ("user", "assistant"):
            known: dict[Any, Any] = {"system": "system", "tool": "tool"}
            aside.count(known.get(role, "role") if isinstance(role, str) else "role")
            return
        created = moment_of(row.get("created_at"))
        if row.get("status") == "pending":
            if _is_recent(created):
                raise Unusable("a reply is still being written")
            aside.count("empty")
            return
        if row.get("attachments"):
            aside.count("file")
        text = text_of(_parts(row.get("content")), "the message", aside, "\n")
        text = reply_of(text, aside) if role == "assistant" else text
        if not text.strip():
            aside.count("empty")
            return
        self.size += len(text)
        if self.size > _CHAT_BYTES:
            raise Unusable("the chat is longer than can be kept as one conversation")
        parent = len(self.messages) - 1 if self.messages else None
        model = self._model(row) if role == "assistant" else ""
        self.messages.append(ArrivingMessage(role, text, parent, created, model=model))

    def conversation(self, aside: Aside) -> ArrivingConversation:
        """The thread, once its last line is read."""
        if not any(message.role == "assistant" for message in self.messages):
            raise Unusable("no reply of the assistant")
        words = digest_of(*(message.content for message in self.messages[:2]))
        metadata = _object(self.facts.get("metadata"))
        return ArrivingConversation(
            named("jan", self.facts.get("id") or self.thread_id, words),
            tuple(self.messages),
            self._system_prompt(aside),
            name_of(self.facts.get("title")) or name_of(metadata.get("title")),
            moment_of(self.facts.get("created")) or self.messages[0].created,
            moment_of(self.facts.get("updated")) or self.messages[-1].created,
            identity="name",
        )

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
