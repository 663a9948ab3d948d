"""Alpaca: a reply a line, with what was asked, and as `history` what was said before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.exporters.dialogue import Dialogue


def rows(dialogue: Dialogue) -> Iterator[dict[str, Any]]:
    """A line for each reply that is learned, or for every one where nothing is.

    What answers nothing, as a greeting does, has no line: there is no instruction to it. Every
    line has the same fields, as in all formats: Hugging Face's datasets, through which most
    trainers read, refuses a long file in which one comes up late.
    """
    learned = any(line.taught for line in dialogue.lines)
    history: list[list[str]] = []
    asked: list[str] = []
    for place, line in enumerate(dialogue.lines):
        if line.role == "user":
            asked.append(line.content)
            continue
        instruction = "\n\n".join(asked)
        asked = []
        if not instruction.strip():
            continue
        if place >= dialogue.new_from and (line.taught or not learned):
            yield _row(dialogue, instruction, line.content, history)
        history.append([instruction, line.content])


def _row(
    dialogue: Dialogue, instruction: str, output: str, history: list[list[str]]
) -> dict[str, Any]:
    return {
        "instruction": instruction,
        "input": "",
        "output": output,
        "system": dialogue.system_prompt if dialogue.system_prompt.strip() else "",
        "history": [list(pair) for pair in history],
        "never_train": dialogue.never_train,
    }
