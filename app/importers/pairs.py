"""A question and its answer a row: Alpaca, prompt and completion, and KTO with its label."""

from __future__ import annotations

from typing import Any

from app.importers.chat_rows import said_in
from app.importers.findings import Aside, Unusable
from app.importers.formats import Row, RowFormat
from app.importers.ratings import RatingUnknown, verdict_of
from app.importers.rows import conversation_of, prompt_of
from app.importers.words import name_of, reply_of, text_of
from app.store.arriving import ArrivingConversation, ArrivingMessage, ArrivingRating


def alpaca_of(row: Row, aside: Aside) -> ArrivingConversation:
    """An instruction with its input, what was said before, and the output."""
    system = text_of(row.get("system", row.get("system_prompt")), "the system prompt", aside)
    style = name_of(row.get("style"))
    prompt = prompt_of([system, f"Style: {style}" if style else ""])
    asked = prompt_of(
        [text_of(row.get(key), f"the {key}", aside) for key in ("instruction", "input")]
    )
    messages = _history(row.get("history"), aside)
    messages += _exchange(asked, row.get("output"), "output", len(messages), aside)
    return conversation_of(row, prompt, messages, aside)


def pair_of(row: Row, aside: Aside) -> ArrivingConversation:
    """A prompt and its completion, as text or as messages."""
    system = text_of(row.get("system"), "the system prompt", aside)
    prompt, completion = row.get("prompt"), row.get("completion", row.get("response"))
    if isinstance(prompt, list) or isinstance(completion, list):
        said = said_in([*_items(prompt, "user"), *_items(completion, "assistant")], aside, 0.5,
                       system)  # fmt: skip
        return conversation_of(row, said.system_prompt, said.messages, aside)
    asked = text_of(prompt, "the prompt", aside)
    return conversation_of(row, system, _exchange(asked, completion, "completion", 0, aside), aside)


def kto_of(row: Row, aside: Aside) -> ArrivingConversation:
    """A pair, a list of messages or an instruction, with a label that says if it is wanted."""
    items = row.get("messages", row.get("conversations"))
    if isinstance(items, list):
        system = text_of(row.get("system"), "the system prompt", aside)
        said = said_in(items, aside, system=system)
        found = conversation_of(row, said.system_prompt, said.messages, aside)
    elif _alpaca(row):
        found = alpaca_of(row, aside)
    else:
        found = pair_of(row, aside)
    try:
        verdict = verdict_of(_label(row), 0.5)
    except RatingUnknown as reason:
        raise Unusable(str(reason).replace("rating", "label")) from reason
    if found.messages[-1].role != "assistant":
        raise Unusable("its last message is no reply of the assistant")
    last = found.messages[-1]
    rated = ArrivingMessage(
        last.role, last.content, last.parent, last.created, last.speaker, last.model,
        ArrivingRating(verdict) if verdict else last.rating,
    )  # fmt: skip
    return ArrivingConversation(
        found.external_id, (*found.messages[:-1], rated), found.system_prompt,
        found.title, found.created, earlier_ids=found.earlier_ids,
    )  # fmt: skip


def _label(row: Row) -> Any:
    return row.get("label", row.get("kto_tag"))


def _items(value: Any, role: str) -> list[Any]:
    return value if isinstance(value, list) else [{"role": role, "content": value}]


def _history(value: Any, aside: Aside) -> list[ArrivingMessage]:
    """What was said before: pairs of a question and an answer."""
    messages: list[ArrivingMessage] = []
    if value is None:
        return messages
    if not isinstance(value, list):
        raise Unusable("the history is not a list")
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2:
            raise Unusable("the history does not consist of pairs")
        asked = text_of(pair[0], "the history", aside)
        messages += _exchange(asked, pair[1], "history", len(messages), aside)
    return messages


def _exchange(
    asked: str, answer: Any, what: str, before: int, aside: Aside
) -> list[ArrivingMessage]:
    said = reply_of(text_of(answer, f"the {what}", aside), aside)
    if not asked.strip():
        raise Unusable("the question is empty")
    if not said.strip():
        raise Unusable(f"the {what} is empty")
    parent = before - 1 if before else None
    return [
        ArrivingMessage("user", asked, parent),
        ArrivingMessage("assistant", said, before),
    ]


def _is_text(value: Any) -> bool:
    return isinstance(value, str | list)


def _alpaca(row: Row) -> int:
    return 85 if isinstance(row.get("instruction"), str) and "output" in row else 0


def _pair(row: Row) -> int:
    answered = _is_text(row.get("completion")) or _is_text(row.get("response"))
    return 80 if _is_text(row.get("prompt")) and answered else 0


def _kto(row: Row) -> int:
    items = row.get("messages", row.get("conversations"))
    rated = _label(row) is not None
    return 95 if rated and (_pair(row) or _alpaca(row) or isinstance(items, list)) else 0


ALPACA = RowFormat("alpaca", "Alpaca", '"instruction" and "output"', _alpaca, alpaca_of)
PAIRS = RowFormat("prompt", "Prompt and completion", '"prompt" and "completion"', _pair, pair_of)
KTO = RowFormat("kto", "KTO", 'a "label" beside a prompt and a completion', _kto, kto_of)
