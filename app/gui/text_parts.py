"""A reply in parts: prose, and blocks of code between fences; a block may still be open."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*([^`\s]*)[^`]*$")


@dataclass(frozen=True)
class Part:
    """Prose has no language; code has one, which may be empty."""

    text: str
    code: bool = False
    language: str = ""


def text_parts(text: str) -> list[Part]:
    """The parts of a reply, in order; a fence that is not closed yet runs to the end."""
    parts: list[Part] = []
    lines: list[str] = []
    fence, language = "", ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if not fence and found:
            _add(parts, lines, False, "")
            lines, fence, language = [], found.group(1), found.group(2)
        elif fence and _closes(line, fence):
            _add(parts, lines, True, language)
            lines, fence = [], ""
        else:
            lines.append(line)
    _add(parts, lines, bool(fence), language)
    return parts


def _closes(line: str, fence: str) -> bool:
    stripped = line.strip()
    return len(stripped) >= len(fence) and set(stripped) == {fence[0]}


def _add(parts: list[Part], lines: list[str], code: bool, language: str) -> None:
    text = "\n".join(lines) if code else "\n".join(lines).strip("\n")
    if code or text.strip():
        parts.append(Part(text, code, language if code else ""))
