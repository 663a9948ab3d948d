"""Conversations that are one row of a file: a list of messages, told by their words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from app.importers.findings import Aside, Unusable
from app.importers.formats import Row
from app.importers.words import clean, name_of
from app.store.arriving import ArrivingConversation, ArrivingMessage
from app.store.wording import Wording

_EARLIER_AT_MOST = 100
_NAME_LENGTH = 80
_DIGEST_LENGTH = 24


def conversation_of(
    row: Row,
    system_prompt: str,
    messages: Sequence[ArrivingMessage],
    aside: Aside,
    *,
    title: str = "",
    created: str = "",
) -> ArrivingConversation:
    """A conversation of one branch, with an id made of its words and the row's own id.

    The id of a row alone would not do: files number their rows from 1, and a second month would
    be taken for the first. Ratings stay out: a conversation rated anew is still the same one.
    """
    if not any(message.role == "assistant" for message in messages):
        raise Unusable("no reply of the assistant")
    name = _row_name(row, aside)
    ids = [f"{name}#{digest}" if name else digest for digest in _digests(system_prompt, messages)]
    return ArrivingConversation(
        ids[-1],
        tuple(messages),
        system_prompt,
        title,
        created,
        earlier_ids=tuple(ids[:-1][-_EARLIER_AT_MOST:]),
    )


def digest_of(*parts: str) -> str:
    """A short name for words."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_DIGEST_LENGTH]


def named(kind: str, given: Any, fallback: str) -> str:
    """The id of a conversation that its source names; the fallback where it does not."""
    name = name_of(given) if isinstance(given, str) else ""
    if not name:
        return f"{kind}:{fallback}"
    return f"{kind}:{name}" if len(name) <= _NAME_LENGTH else f"{kind}:{digest_of(str(given))}"


def prompt_of(parts: Sequence[str]) -> str:
    """Several system messages as one."""
    return "\n\n".join(part for part in parts if part.strip())


def _row_name(row: Row, aside: Aside) -> str:
    given = row.get("id")
    if not isinstance(given, str | int) or isinstance(given, bool):
        return ""
    return clean(str(given), "the id", aside)[:_NAME_LENGTH]


def _digests(system_prompt: str, messages: Sequence[ArrivingMessage]) -> list[str]:
    """A digest after each reply: what the conversation was called when it ended there."""
    said = Wording(system_prompt)
    found = []
    for message in messages:
        said.say(message.role, message.content)
        if message.role == "assistant":
            found.append(said.name)
    if messages[-1].role != "assistant":
        found.append(said.name)
    return found
