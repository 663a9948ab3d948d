"""LM Studio's conversations: a file each, with the versions of every message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.importers.findings import Aside, Unusable
from app.importers.formats import Row, RowFormat
from app.importers.rows import digest_of, named
from app.importers.times import moment_of
from app.importers.tree import Node, grow
from app.importers.words import name_of, reply_of, text_of
from app.store.arriving import ArrivingConversation, ArrivingMessage

_SYSTEM_PROMPT = "llm.prediction.systemPrompt"
_VERSIONS_AT_MOST = 1000


def conversation_of(row: Row, aside: Aside) -> ArrivingConversation:
    """A conversation; versions that are not selected stand beside the one that is."""
    items = row.get("messages")
    if not isinstance(items, list):
        raise Unusable("its messages are not a list")
    nodes: list[Node] = []
    parent: str | None = None
    asked_at = _asked_at(items)
    for number, item in enumerate(items):
        versions = _versions(item, f"message {number + 1}")
        for at, version in enumerate(versions[:_VERSIONS_AT_MOST]):
            message = _message(version, asked_at[number], f"message {number + 1}", aside)
            nodes.append(Node(f"{number}.{at}", parent, message))
        parent = f"{number}.{_selected(item, len(versions))}"
    tree = grow(nodes, aside)
    if not any(message.role == "assistant" for message in tree.messages):
        raise Unusable("no reply of the assistant")
    created = moment_of(row.get("createdAt"))
    times = [message.created for message in tree.messages]
    begun = row.get("createdAt")
    # There is no id inside; the millisecond of its making is also the name of its file.
    name = str(begun) if isinstance(begun, int) and not isinstance(begun, bool) else ""
    return ArrivingConversation(
        named("lmstudio", name, digest_of(*(each.content for each in tree.messages[:2]))),
        tree.messages,
        _system_prompt(row, aside),
        name_of(row.get("name")),
        created,
        max([created, *times]),
        tree.leaf(parent),
        "name",
    )


def _versions(item: Any, what: str) -> Sequence[Any]:
    versions = item.get("versions") if isinstance(item, dict) else None
    if not isinstance(versions, list) or not versions:
        raise Unusable(f'{what} has no "versions"')
    return versions


def _selected(item: Mapping[str, Any], count: int) -> int:
    chosen = item.get("currentlySelected")
    if not isinstance(chosen, int) or isinstance(chosen, bool):
        return 0
    return chosen if 0 <= chosen < min(count, _VERSIONS_AT_MOST) else 0


def _asked_at(items: Sequence[Any]) -> list[str]:
    """Only replies have times; what was asked has that of its answer."""
    found: list[str] = []
    last = ""
    for item in reversed(items):
        versions = item.get("versions") if isinstance(item, dict) else None
        times = [_replied_at(each) for each in versions] if isinstance(versions, list) else []
        last = min(filter(None, times), default=last)
        found.append(last)
    return found[::-1]


def _replied_at(version: Any) -> str:
    for step in _steps(version):
        made = step.get("stepIdentifier")
        moment = moment_of(made.partition("-")[0]) if isinstance(made, str) else ""
        if moment:
            return moment
    return ""


def _message(version: Any, asked_at: str, what: str, aside: Aside) -> ArrivingMessage | None:
    if not isinstance(version, dict):
        raise Unusable(f"{what} is not an object")
    role = version.get("role")
    if role not in ("user", "assistant"):
        aside.count("system" if role == "system" else "role")
        return None
    steps = _steps(version)
    texts = [_step_text(step, what, aside) for step in steps]
    if not steps:
        texts = [text_of(version.get("content"), what, aside, "\n")]
    text = "\n".join(part for part in texts if part.strip())
    text = reply_of(text, aside) if role == "assistant" else text
    if not text.strip():
        aside.count("empty")
        return None
    if role == "user":
        return ArrivingMessage("user", text, None, asked_at)
    return ArrivingMessage(
        "assistant", text, None, _replied_at(version), model=_model(version, steps)
    )


def _steps(version: Any) -> list[Mapping[str, Any]]:
    steps = version.get("steps") if isinstance(version, dict) else None
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _step_text(step: Mapping[str, Any], what: str, aside: Aside) -> str:
    """The words of a step; thoughts and tools lie aside."""
    style = step.get("style")
    if isinstance(style, dict) and style.get("type") == "thinking":
        aside.count("reasoning")
        return ""
    if step.get("type") != "contentBlock" or step.get("role") == "tool":
        aside.count("tool" if "tool" in f"{step.get('type')}{step.get('role')}" else "part")
        return ""
    return text_of(step.get("content"), what, aside)


def _model(version: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> str:
    for step in steps:
        facts = step.get("genInfo")
        if isinstance(facts, dict) and (name := name_of(facts.get("identifier"))):
            return name
    sender = version.get("senderInfo")
    return name_of(sender.get("senderName")) if isinstance(sender, dict) else ""


def _system_prompt(row: Row, aside: Aside) -> str:
    """The prompt of this chat; the one at the top is what older versions wrote."""
    settings = row.get("perChatPredictionConfig")
    fields = settings.get("fields") if isinstance(settings, dict) else None
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, dict) and field.get("key") == _SYSTEM_PROMPT:
            prompt = text_of(field.get("value"), "the system prompt", aside)
            if prompt.strip():
                return prompt
    return text_of(row.get("systemPrompt"), "the system prompt", aside)


def _fits(row: Row) -> int:
    items = row.get("messages")
    if not isinstance(items, list):
        return 0
    if not items:
        return 60 if "perChatPredictionConfig" in row or "lastUsedModel" in row else 0
    first = items[0]
    return 100 if isinstance(first, dict) and isinstance(first.get("versions"), list) else 0


FORMAT = RowFormat(
    "lmstudio", "LM Studio conversation", 'messages with "versions"', _fits, conversation_of
)
