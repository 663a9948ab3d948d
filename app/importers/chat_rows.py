"""Lists of messages with roles, by whatever names: `messages`, `conversations`, `chosen`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.importers.findings import Aside, Unusable
from app.importers.ratings import RatingUnknown, verdict_of
from app.importers.rows import prompt_of
from app.importers.times import moment_of
from app.importers.words import name_of, reply_of, text_of
from app.store.arriving import ArrivingMessage, ArrivingRating

_USERS = {"user", "human", "prompter", "person"}
_ASSISTANTS = {"assistant", "gpt", "chatgpt", "bing", "bard", "claude", "model", "bot", "ai"}
_SYSTEMS = {"system", "developer"}
_TOOLS = {
    "tool", "function", "function_call", "function_response", "observation", "ipython",
    "tool_call", "tool_response",
}  # fmt: skip
# A role that is the name of somebody else's product says what wrote the replies.
_PRODUCTS = {"chatgpt", "bing", "bard", "claude"}


@dataclass(frozen=True)
class Said:
    """The system prompt and the messages of a list."""

    system_prompt: str
    messages: list[ArrivingMessage]


def said_in(items: Any, aside: Aside, middle: float = 0.5, system: str = "") -> Said:
    """The messages of a list, one answering the other; raises Unusable with the reason."""
    if not isinstance(items, list):
        raise Unusable("its messages are not a list")
    prompts, messages = [system], list[ArrivingMessage]()
    for number, item in enumerate(items, 1):
        what = f"message {number}"
        if not isinstance(item, dict):
            raise Unusable(f"{what} is not an object")
        role = str(item.get("role", item.get("from", ""))).strip().lower()
        if role in _TOOLS:
            aside.count("tool")
            continue
        text = _words(item, what, aside)
        if role in _SYSTEMS:
            if messages:
                raise Unusable(f"{what} is a system message in the middle")
            prompts.append(text)
        elif role in _USERS | _ASSISTANTS:
            parent = len(messages) - 1 if messages else None
            message = _message(item, role, text, parent, aside, middle)
            if message is not None:
                messages.append(message)
            elif not _holds_something_else(item):
                raise Unusable(f"{what} is empty")
        else:
            raise Unusable(f"{what} has the unknown role {role[:20]!r}")
    return Said(prompt_of(prompts), messages)


def rating_in(holder: Mapping[str, Any], middle: float, aside: Aside) -> ArrivingRating | None:
    """What is said of a reply beside it."""
    try:
        value = verdict_of(holder.get("rating"), middle)
    except RatingUnknown as reason:
        raise Unusable(str(reason)) from reason
    correction = holder.get("correction")
    if isinstance(correction, dict):
        correction = correction.get("content")
    text = text_of(correction, "the correction", aside)
    if value is None and not text.strip():
        return None
    reasons = holder.get("reasons")
    return ArrivingRating(
        value,
        text if text.strip() else None,
        tuple(filter(None, map(name_of, reasons))) if isinstance(reasons, list) else (),
        text_of(holder.get("comment"), "the comment", aside),
    )


def rated_last(
    messages: Sequence[ArrivingMessage], rating: ArrivingRating | None
) -> list[ArrivingMessage]:
    """What stands at the top speaks of the last reply, where that says nothing itself."""
    replies = [at for at, message in enumerate(messages) if message.role == "assistant"]
    if rating is None or not replies:
        return list(messages)
    last = messages[replies[-1]]
    own = last.rating
    if own is not None:
        rating = replace(
            own, value=own.value or rating.value, correction=own.correction or rating.correction
        )
    return [
        replace(message, rating=rating) if at == replies[-1] else message
        for at, message in enumerate(messages)
    ]


def _words(item: Mapping[str, Any], what: str, aside: Aside) -> str:
    value = item.get("content", item.get("value", item.get("text")))
    if item.get("tool_calls") or item.get("function_call"):
        aside.count("tool")
    if item.get("reasoning_content") or item.get("reasoning"):
        aside.count("reasoning")
    return text_of(value, what, aside)


def _message(
    item: Mapping[str, Any], role: str, text: str, parent: int | None, aside: Aside, middle: float
) -> ArrivingMessage | None:
    """The message of an item; None without words."""
    replies = role in _ASSISTANTS
    text = reply_of(text, aside) if replies else text
    if not text.strip():
        return None
    model = name_of(item.get("model")) or (role if role in _PRODUCTS else "")
    return ArrivingMessage(
        "assistant" if replies else "user",
        text,
        parent,
        moment_of(item.get("created") or item.get("timestamp")),
        name_of(item.get("name")),
        model if replies else "",
        rating_in(item, middle, aside) if replies else None,
    )


def _holds_something_else(item: Mapping[str, Any]) -> bool:
    """Whether a message without words holds a picture, a tool call or thoughts."""
    parts = item.get("content", item.get("value"))
    calls = item.get("tool_calls") or item.get("function_call") or item.get("reasoning_content")
    return bool(calls) or (isinstance(parts, list) and bool(parts)) or _is_thought(parts)


def _is_thought(content: Any) -> bool:
    return isinstance(content, str) and "<think" in content
