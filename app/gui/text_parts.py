"""A reply in parts: prose, and blocks of code between fences; and how hostile text is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A piece of prose this long ends at its next paragraph, so that a long reply which streams in
# is not read and laid out from its beginning with every word.
LONG_PROSE = 1_200
_BEGINS_ANEW = re.compile(r"^(?![ \t]|[-*+>|]|\d+[.)])\S")
# What moves or hides letters that are not its own: controls, line ends of other kinds, overrides
# of the direction of writing, halves of pairs. Marks and joiners that scripts need stay.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)
_LINE_ENDS = re.compile("\r\n?")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*([^`\s]*)[^`]*$")


@dataclass(frozen=True)
class Part:
    """Prose has no language; code has one, which may be empty."""

    text: str
    code: bool = False
    language: str = ""


def harmless(text: str) -> str:
    """A text as it is shown: what is unseen, or turns other letters around, reads `\\u202e`."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", _LINE_ENDS.sub("\n", text))


def shortened(name: str, most: int = 40) -> str:
    """A name for a place where it cannot be cut to the width: harmless, and not endless."""
    line = " ".join(harmless(name).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


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
    if code:
        parts.append(Part("\n".join(lines), True, language))
        return
    pieces = ("\n".join(piece).strip("\n") for piece in _pieces(lines))
    parts.extend(Part(piece) for piece in pieces if piece.strip())


def _pieces(lines: list[str]) -> list[list[str]]:
    """Long prose in pieces, cut where nothing before a line changes how it is read: behind an
    empty line, and neither in a list nor in a quotation."""
    pieces: list[list[str]] = [[]]
    length = 0
    for line in lines:
        after_empty = bool(pieces[-1]) and not pieces[-1][-1].strip()
        if length > LONG_PROSE and after_empty and _BEGINS_ANEW.match(line):
            pieces.append([])
            length = 0
        pieces[-1].append(line)
        length += len(line)
    return pieces
