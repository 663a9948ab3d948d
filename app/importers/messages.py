"""A month of conversations from a JSONL file of `messages` with `rating` and `correction`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.importers.lines import (
    Exchange,
    LineUnusable,
    exchange_of,
    parse_line,
    rating_middle,
    read_lines,
)
from app.importers.ratings import RatingUnknown
from app.store import Store

_CONVERSATIONS_A_TRANSACTION = 500


@dataclass(frozen=True)
class ImportResult:
    """What came in. A corrected reply counts as corrected, whatever its rating was."""

    conversations: int = 0
    replies: int = 0
    up: int = 0
    down: int = 0
    corrected: int = 0
    skipped: list[tuple[int, str]] = field(default_factory=list)
    duplicates: int = 0


def import_month(store: Store, persona_id: int, path: Path, source: str) -> ImportResult:
    """Take a month file in; bad lines are named and the rest comes in, nothing of it twice."""
    skipped: list[tuple[int, str]] = []
    taken: list[Exchange] = []
    duplicates = 0
    exchanges = _exchanges(path, skipped)
    while chunk := list(itertools.islice(exchanges, _CONVERSATIONS_A_TRANSACTION)):
        with store.transaction():
            for exchange in chunk:
                if store.conversations.by_external_id(persona_id, exchange.external_id):
                    duplicates += 1
                else:
                    _take(store, persona_id, exchange, source)
                    taken.append(exchange)
    return _result(taken, skipped, duplicates)


def read_persona(path: Path) -> tuple[str, str]:
    """A name from the file's, and the system prompt of its first system message."""
    name = path.stem.replace("_", " ").replace("-", " ").strip().capitalize() or "Persona"
    prompts = (exchange.system_prompt for exchange in _exchanges(path, []))
    return name, next((prompt for prompt in prompts if prompt), "")


def _exchanges(path: Path, skipped: list[tuple[int, str]]) -> Iterator[Exchange]:
    """The usable lines of a file; the others are added to `skipped` with the reason."""
    middle = rating_middle(path)
    for number, line in read_lines(path):
        try:
            yield exchange_of(parse_line(line), middle)
        except (LineUnusable, RatingUnknown) as reason:
            skipped.append((number, str(reason)))


def _take(store: Store, persona_id: int, exchange: Exchange, source: str) -> None:
    conversation = store.conversations.add(
        persona_id, exchange.system_prompt, source=source, external_id=exchange.external_id
    )
    parent_id: int | None = None
    for said in exchange.messages:
        parent_id = store.messages.add(
            conversation.id,
            parent_id,
            said.role,
            said.content,
            system_prompt=exchange.system_prompt if said.role == "assistant" else "",
            finish="stop" if said.role == "assistant" else "",
        ).id
        if said.verdict or said.correction:
            store.ratings.rate(parent_id, said.verdict, correction=said.correction)


def _result(taken: list[Exchange], skipped: list[tuple[int, str]], duplicates: int) -> ImportResult:
    replies = [said for exchange in taken for said in exchange.messages if said.role == "assistant"]
    judged = [said.verdict for said in replies if not said.correction]
    return ImportResult(
        conversations=len(taken),
        replies=len(replies),
        up=judged.count("up"),
        down=judged.count("down"),
        corrected=len(replies) - len(judged),
        skipped=skipped,
        duplicates=duplicates,
    )
