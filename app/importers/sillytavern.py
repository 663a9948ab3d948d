"""SillyTavern's chats: one file each, a header and then a line a message with its swipes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.importers.documents import Document
from app.importers.findings import Aside, Found, LeftOut, Unusable
from app.importers.formats import Guess, Row, Sample, read_pieces
from app.importers.rows import digest_of, named
from app.importers.times import moment_of
from app.importers.words import name_of, reply_of, text_of
from app.store.arriving import ArrivingConversation, ArrivingMessage

_CHAT_BYTES = 32 << 20
_SWIPES_AT_MOST = 1000


class SillyTavern:
    """A chat file; the whole file is one conversation."""

    name = "sillytavern"
    title = "SillyTavern chat"

    def recognise(self, sample: Sample) -> Guess | None:
        rows = sample.rows
        header = bool(rows) and _is_header(rows[0])
        lines = sum(_is_line(row) for row in rows)
        if not header and not lines:
            return None
        reason = "a header with a character's name" if header else 'lines with "mes" and "is_user"'
        share = 100 * (lines + header) // len(rows)
        return Guess(max(share, 60 if header else 0), f"it has {reason}")

    def read(self, document: Document, aside: Aside) -> Iterator[Found]:
        chat = _Chat(document.label)
        for piece in read_pieces(document):
            if isinstance(piece, LeftOut):
                yield piece
                continue
            try:
                chat.take(piece.value, aside)
            except Unusable as reason:
                yield LeftOut(document.label, piece.place, str(reason))
        try:
            yield chat.conversation()
        except Unusable as reason:
            yield LeftOut(document.label, "", str(reason))


@dataclass
class _Chat:
    """What was read of a chat so far; `end` is the message that the next one answers."""

    label: str
    header: Mapping[str, Any] = field(default_factory=dict)
    messages: list[ArrivingMessage] = field(default_factory=list)
    end: int | None = None
    size: int = 0

    def take(self, row: Any, aside: Aside) -> None:
        """Take a line in: the header, or a message."""
        if not isinstance(row, dict):
            raise Unusable("not an object")
        if _is_header(row) and not _is_line(row):
            if self.header or self.messages:
                raise Unusable("a second header; every chat is a file of its own")
            self.header = row
            return
        if not _is_line(row):
            raise Unusable('no "mes" with what was said')
        extra = _object(row.get("extra"))
        if row.get("is_system") or extra.get("type") == "narrator":
            aside.count("hidden")
            return
        if extra.get("reasoning"):
            aside.count("reasoning")
        if extra.get("image") or extra.get("file"):
            aside.count("picture" if extra.get("image") else "file")
        self._say(row, extra, aside)

    def conversation(self) -> ArrivingConversation:
        """The chat, once its last line is read."""
        if not any(message.role == "assistant" for message in self.messages):
            raise Unusable("no reply of the assistant")
        facts = _object(self.header.get("chat_metadata"))
        names = [name_of(self.header.get(key)) for key in ("user_name", "character_name",
                                                           "create_date")]  # fmt: skip
        first = self.messages[0]
        return ArrivingConversation(
            named(
                "sillytavern",
                facts.get("integrity"),
                # Old group chats have no header, and all begin with the same greeting.
                digest_of(*names, first.created, first.content),
            ),
            tuple(self.messages),
            created=moment_of(self.header.get("create_date")) or first.created,
            updated=self.messages[self.end or 0].created,
            leaf=self.end,
            identity="name",
        )

    def _say(self, row: Row, extra: Mapping[str, Any], aside: Aside) -> None:
        said = text_of(row.get("mes"), "the message", aside)
        replies = not row.get("is_user")
        shown = reply_of(said, aside) if replies else said
        if not shown.strip():
            aside.count("empty")
            return
        versions: dict[str, Mapping[str, Any]] = {shown: {}}
        if replies:
            for text, facts in _swipes(row, aside):
                versions.setdefault(text, facts)
        self.size += sum(len(text) for text in versions)
        if self.size > _CHAT_BYTES:
            raise Unusable("the chat is longer than can be kept as one conversation")
        parent = self.end
        self.end = len(self.messages)
        for text, facts in versions.items():
            about = _object(facts.get("extra")) or extra
            moment = moment_of(facts.get("send_date")) or moment_of(row.get("send_date"))
            self.messages.append(_message(row, about, text, replies, parent, moment))


def _swipes(row: Row, aside: Aside) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The other versions of a reply, each with its own time and model where they are told."""
    swipes, facts = row.get("swipes"), row.get("swipe_info")
    if not isinstance(swipes, list):
        return
    told = facts if isinstance(facts, list) else []
    for swipe, about in itertools.zip_longest(swipes[:_SWIPES_AT_MOST], told[:_SWIPES_AT_MOST]):
        if isinstance(swipe, str):
            text = reply_of(text_of(swipe, "a swipe", aside), aside)
            if text.strip():
                yield text, _object(about)


def _message(
    row: Row, extra: Mapping[str, Any], text: str, replies: bool, parent: int | None, moment: str
) -> ArrivingMessage:
    return ArrivingMessage(
        "assistant" if replies else "user",
        text,
        parent,
        moment,
        name_of(row.get("name")),
        name_of(extra.get("model")) if replies else "",
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_header(row: Row) -> bool:
    return "mes" not in row and ("character_name" in row or "chat_metadata" in row)


def _is_line(row: Row) -> bool:
    return "mes" in row and ("is_user" in row or "name" in row)


FORMAT = SillyTavern()
