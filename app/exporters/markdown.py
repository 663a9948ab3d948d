"""Markdown to read: what was said stands in fences, so that nothing of it is ever active."""

from __future__ import annotations

import re

from app.exporters.dialogue import Dialogue, Line

_TICKS = re.compile("`+")
# Marks, brackets, entities, and what makes an address of a word.
_MARKS = re.compile(r"([\\`*_\[\]<>#|~&!$.:@])")
_SPACE = re.compile(r"\s+")
_RATINGS = {"up": "approved", "kept": "approved", "down": "rejected", "dropped": "rejected"}


def heading(name: str) -> str:
    """The first line of the file."""
    return f"# {plain(name)}\n"


def section(dialogue: Dialogue, name: str) -> str:
    """A conversation with its title, what it is not for, and everything said in it."""
    title = plain(dialogue.title) or "Conversation"
    when = f" ({plain(dialogue.created[:10])})" if dialogue.created else ""
    parts = [f"\n## {title}{when}\n"]
    if dialogue.never_train:
        parts.append("\nNever to be trained on.\n")
    parts += [_said(line, name) for line in dialogue.lines]
    return "".join(parts)


def plain(text: str) -> str:
    """Text in one line in which no character means anything to Markdown or HTML."""
    return _MARKS.sub(r"\\\1", _SPACE.sub(" ", text).strip())


def fenced(text: str) -> str:
    """Text as it stands, in a fence that is longer than any inside."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}\n"


def _said(line: Line, name: str) -> str:
    speaker = plain(line.speaker) or ("You" if line.role == "user" else plain(name))
    told = _RATINGS.get(line.rating or "", "")
    parts = [f"\n**{speaker}**{f', {told}' if told else ''}\n\n{fenced(line.content)}"]
    if line.correction is not None:
        parts.append(f"\nCorrected:\n\n{fenced(line.correction)}")
    if line.comment:
        parts.append(f"\nComment:\n\n{fenced(line.comment)}")
    return "".join(parts)
