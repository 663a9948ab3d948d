"""`messages` JSONL: a conversation a line, with what the user said of each reply beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.exporters.dialogue import Dialogue, Line

Row = dict[str, Any]


def rows(dialogue: Dialogue) -> Iterator[Row]:
    """A branch as a line; replies of what is learned that teach nothing have the weight 0."""
    learned = any(line.taught for line in dialogue.lines)
    prompt = [{"role": "system", "content": dialogue.system_prompt}]
    yield {
        "id": dialogue.id,
        "messages": [
            *(prompt if dialogue.system_prompt.strip() else []),
            *(_message(line, learned) for line in dialogue.lines),
        ],
        "title": dialogue.title,
        "created": dialogue.created,
        "active": dialogue.active,
        "never_train": dialogue.never_train,
    }


def _message(line: Line, learned: bool) -> Row:
    message: Row = {"role": line.role, "content": line.content}
    if line.speaker:
        message["name"] = line.speaker
    if line.role != "assistant":
        return message
    if learned and not line.taught:
        message["weight"] = 0
    # Always there, so that replies differ from questions in every part of a file; see alpaca.
    message["rating"] = line.rating or ""
    said = {
        "correction": line.correction,
        "reasons": list(line.reasons),
        "comment": line.comment,
    }
    return message | {name: value for name, value in said.items() if value}
