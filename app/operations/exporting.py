"""Exporting: what a persona would learn, or all that was ever said, as files others read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

from app.errors import ExportRefused
from app.exporters import alpaca, markdown, messages, sharegpt
from app.exporters.dialogue import Dialogue, dialogue_of, dialogues_of
from app.exporters.part_file import Watch, part_file
from app.exporters.preferences import dpo_rows, kto_rows
from app.operations.preferring import Preferred, preferred
from app.operations.turns import turns_of
from app.store import Persona, Store
from replay.example import Conversation, example_of

ExportFormat = Literal["messages", "sharegpt", "alpaca", "dpo", "kto", "markdown"]
What = Literal["approved", "all"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)

_Row = Mapping[str, Any]
_BY_DIALOGUE: Mapping[ExportFormat, Callable[[Dialogue], Iterable[_Row]]] = {
    "messages": messages.rows,
    "sharegpt": sharegpt.rows,
    "alpaca": alpaca.rows,
}
_BY_PREFERENCE: Mapping[ExportFormat, Callable[[Preferred], Iterable[_Row]]] = {
    "dpo": dpo_rows,
    "kto": kto_rows,
}


@dataclass(frozen=True)
class Exported:
    """A file that was written, and how many conversations or rows stand in it."""

    path: Path
    format: ExportFormat
    what: What
    rows: int
    bytes: int


def export(
    store: Store,
    persona: Persona,
    format: ExportFormat,
    out: Path,
    *,
    what: What = "approved",
    force: bool = False,
    watch: Watch | None = None,
) -> Exported:
    """Write a file whole or not at all; what is out of sight is never in it."""
    if format in _BY_PREFERENCE and what == "all":
        raise ExportRefused(
            f"The format {format} holds what you preferred, and nothing else.",
            "Leave --what out, or choose the format messages.",
            kept="Nothing was written.",
        )
    with part_file(out, force=force, watch=watch) as stream:
        if format == "markdown":
            count = _write_markdown(stream, persona, _dialogues(store, persona, what))
        else:
            count = _write_lines(stream, _rows(store, persona, format, what))
        size = stream.tell()
    return Exported(out, format, what, count, size)


def default_name(persona: Persona, format: str) -> str:
    """What a file is called that nobody named."""
    ending = {"markdown": ".md", "archive": ".perennial"}.get(format, f".{format}.jsonl")
    return f"{persona.slug}{ending}"


def _rows(store: Store, persona: Persona, format: ExportFormat, what: What) -> Iterator[_Row]:
    if format in _BY_PREFERENCE:
        yield from _BY_PREFERENCE[format](preferred(store, persona))
        return
    for dialogue in _dialogues(store, persona, what):
        yield from _BY_DIALOGUE[format](dialogue)


def _dialogues(store: Store, persona: Persona, what: What) -> Iterator[Dialogue]:
    if what == "all":
        for tree in store.trees(persona.id):
            yield from dialogues_of(tree)
        return
    for found in store.learnable(persona.id):
        # What was learned before is still approved.
        turns = [replace(turn, used=False) for turn in turns_of(found)]
        prompt = found.system_prompt or persona.system_prompt
        talk = Conversation(found.conversation_id, prompt, turns, day=found.created)
        example = example_of(talk)
        if example is not None:
            yield dialogue_of(example)


def _write_lines(stream: BinaryIO, rows: Iterable[_Row]) -> int:
    count = 0
    for row in rows:
        stream.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        count += 1
    return count


def _write_markdown(stream: BinaryIO, persona: Persona, found: Iterable[Dialogue]) -> int:
    count = 0
    stream.write(markdown.heading(persona.name).encode())
    for dialogue in found:
        if dialogue.active:
            stream.write(markdown.section(dialogue, persona.name).encode())
            count += 1
    return count
