"""DPO and KTO: a preference a line, in the conversational form that trainers read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.operations.preferring import Preferred


def dpo_rows(found: Preferred) -> Iterator[dict[str, Any]]:
    """Two replies to one prompt: the better one and the worse one."""
    for pair in found.pairs:
        row = found.pair_row(pair)
        yield row | {"chosen": _reply(pair.chosen), "rejected": _reply(pair.rejected)}


def kto_rows(found: Preferred) -> Iterator[dict[str, Any]]:
    """One reply to a prompt, and whether it was wanted."""
    for thumb in found.thumbs:
        row = found.thumb_row(thumb)
        yield {name: row[name] for name in ("id", "prompt", "completion", "label")}


def _reply(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]
