"""DPO: a prompt, the reply that was chosen, and the one that was rejected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.importers.chat_rows import said_in
from app.importers.findings import Aside, Unusable
from app.importers.formats import Row, RowFormat
from app.importers.rows import conversation_of, digest_of, prompt_of
from app.importers.words import text_of
from app.store.arriving import ArrivingConversation, ArrivingMessage

_PROMPTS = ("prompt", "question", "messages", "conversations", "instruction")
_HUMAN, _ASSISTANT = "\n\nHuman:", "\n\nAssistant:"


def preference_of(row: Row, aside: Aside) -> ArrivingConversation:
    """Both replies beside one another, the chosen one on the active branch."""
    prompt, chosen, rejected = _parts(row, aside)
    system = text_of(row.get("system"), "the system prompt", aside)
    better = said_in(_whole(prompt, chosen), aside, system=system)
    worse = said_in(_whole(prompt, rejected), aside, system=system)
    first, second = better.messages, worse.messages
    shared = 0
    while shared < min(len(first), len(second)) and first[shared] == second[shared]:
        shared += 1
    branch = first[shared:]
    other = second[shared:]
    if not branch or not other or "user" in (branch[0].role, other[0].role):
        raise Unusable("the chosen and the rejected reply do not answer the same message")
    moved = [_moved(message, at, shared, len(first)) for at, message in enumerate(other)]
    found = conversation_of(row, better.system_prompt, first, aside)
    return replace(
        found,
        external_id=f"{found.external_id}/{digest_of(*(message.content for message in other))}",
        messages=(*first, *moved),
        leaf=len(first) - 1,
        earlier_ids=(),
        choices=((shared, len(first)),),
    )


def _moved(message: ArrivingMessage, at: int, shared: int, start: int) -> ArrivingMessage:
    """A message of the second branch at its place behind the first one."""
    parent = start + at - 1 if at else (shared - 1 if shared else None)
    return replace(message, parent=parent)


def _parts(row: Row, aside: Aside) -> tuple[list[Any], Any, Any]:
    """The prompt as messages, the chosen and the rejected one as they stand."""
    if "preferred_output" in row:
        given = row.get("input")
        items = given.get("messages") if isinstance(given, dict) else None
        return _listed(items), row["preferred_output"], row.get("non_preferred_output")
    chosen, rejected = row.get("chosen"), row.get("rejected")
    key = next((key for key in _PROMPTS if row.get(key)), "")
    prompt = row.get(key)
    if isinstance(prompt, str) and key == "instruction":
        prompt = prompt_of([prompt, text_of(row.get("input"), "the input", aside)])
    if prompt is None and isinstance(chosen, str) and chosen.startswith(_HUMAN):
        return [], _dialogue(chosen), _dialogue(rejected)
    return _listed(prompt), chosen, rejected


def _listed(prompt: Any) -> list[Any]:
    if prompt is None:
        return []
    return prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]


def _whole(prompt: list[Any], reply: Any) -> list[Any]:
    """The dialogue that ends with a reply; it may repeat the prompt before its own words."""
    if isinstance(reply, dict):
        return [*prompt, reply]
    if isinstance(reply, list):
        first = reply[0] if reply else None
        role = first.get("role", first.get("from")) if isinstance(first, dict) else ""
        return reply if role in ("system", "user", "human") else [*prompt, *reply]
    if not isinstance(reply, str) or not reply.strip():
        raise Unusable("the chosen or the rejected reply is missing")
    return [*prompt, {"role": "assistant", "content": reply}]


def _dialogue(text: Any) -> list[dict[str, str]]:
    """A dialogue written as one text, each turn behind its marker."""
    if not isinstance(text, str):
        raise Unusable("the rejected reply is not text")
    items: list[dict[str, str]] = []
    for turn in text.split(_HUMAN)[1:]:
        asked, *answers = turn.split(_ASSISTANT)
        items.append({"role": "user", "content": asked.strip()})
        items += [{"role": "assistant", "content": answer.strip()} for answer in answers]
    return items


def _fits(row: Row) -> int:
    pair = row.get("chosen") is not None and row.get("rejected") is not None
    return 95 if pair or "preferred_output" in row else 0


FORMAT = RowFormat(
    "dpo", "DPO preferences", '"chosen" and "rejected" replies', _fits, preference_of
)
