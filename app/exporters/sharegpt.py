"""ShareGPT: a conversation a line, each message `from` somebody with a `value`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.exporters.dialogue import Dialogue

_FROM = {"user": "human", "assistant": "gpt"}


def rows(dialogue: Dialogue) -> Iterator[dict[str, Any]]:
    """A branch as a line; the format has no place for ratings."""
    prompt = [{"from": "system", "value": dialogue.system_prompt}]
    yield {
        "id": dialogue.id,
        "conversations": [
            *(prompt if dialogue.system_prompt.strip() else []),
            *({"from": _FROM[line.role], "value": line.content} for line in dialogue.lines),
        ],
        "title": dialogue.title,
        "never_train": dialogue.never_train,
    }
