"""Files of the user's own as texts to attach; what is no text is refused with a reason."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

from app.operations.attaching import MOST_CHARACTERS, Attachment, one_line, tidy

Reason = Literal[
    "folder", "unreadable", "empty", "picture", "pdf", "binary", "encoding", "too_long"
]

# No letter of a text takes more.
_BYTES_A_CHARACTER = 4
_MOST_BYTES = MOST_CHARACTERS * _BYTES_A_CHARACTER
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_PICTURE_ENDINGS = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic"}
_HTML_ENDINGS = {".html", ".htm", ".xhtml"}
_TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# So many control characters are in no text.
_STRANGE = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_STRANGE_SHARE = 0.01
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Refused:
    """A file that cannot be attached; of one that is too long, how many characters it has."""

    name: str
    reason: Reason
    characters: int = 0


def read_files(paths: Sequence[Path]) -> list[Attachment | Refused]:
    """The text of each file, or why it is not taken."""
    return [read_file(path) for path in paths]


def read_file(path: Path) -> Attachment | Refused:
    """The text of a file, or why it is not taken."""
    name = one_line(path.name)
    try:
        if path.is_dir():
            return Refused(name, "folder")
        if not path.is_file():  # a pipe would be waited for
            return Refused(name, "unreadable")
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError:
        return Refused(name, "unreadable")
    reason = _no_text(raw, path.suffix.lower())
    if reason is not None:
        return Refused(name, reason)
    if len(raw) > _MOST_BYTES:
        return Refused(name, "too_long")
    text = decoded(raw)
    if text is None:
        return Refused(name, "encoding")
    if path.suffix.lower() in _HTML_ENDINGS:
        text = text_of_html(text)
    return taken(name, text)


def taken(name: str, text: str) -> Attachment | Refused:
    """A text as an attachment, unless it is empty or too long."""
    if len(text) > _MOST_BYTES:  # to go through many megabytes takes time
        return Refused(name, "too_long", len(text))
    text = tidy(_TERMINAL_COLOURS.sub("", text)).strip("\n")
    if not text.strip():
        return Refused(name, "empty")
    if len(text) > MOST_CHARACTERS:
        return Refused(name, "too_long", len(text))
    return Attachment(name, text)


def decoded(raw: bytes) -> str | None:
    """UTF-16 with its mark, UTF-8, or the Korean of older Windows programs; else None."""
    encodings = ("utf-16",) if raw.startswith(_UTF_16) else ("utf-8-sig", "cp949")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            pass
    return None


def text_of_html(markup: str) -> str:
    """What a page says, without its markup and its programs."""
    reader = _PageReader()
    reader.feed(markup)
    reader.close()
    lines = "".join(reader.said).split("\n")
    return _EMPTY_LINES.sub("\n\n", "\n".join(" ".join(line.split()) for line in lines)).strip()


def _no_text(raw: bytes, ending: str) -> Reason | None:
    if raw.startswith(b"%PDF-") or ending == ".pdf":
        return "pdf"
    webp = raw[:4] == b"RIFF" and raw[8:12] == b"WEBP"
    if webp or raw.startswith(_PICTURES[:3]) or ending in _PICTURE_ENDINGS:
        return "picture"
    if raw.startswith(_UTF_16):
        return None
    strange = len(_STRANGE.findall(raw))
    if b"\0" in raw or raw.startswith(b"{\\rtf") or strange > len(raw) * _STRANGE_SHARE:
        return "picture" if raw.startswith(_PICTURES) else "binary"
    return None


class _PageReader(HTMLParser):
    """Gathers the words of a page; what stands in a block of its own begins a line."""

    _SILENT = frozenset({"script", "style", "template", "noscript", "head"})
    _BLOCKS = re.compile(
        "address|article|aside|blockquote|br|dd|div|dl|dt|figure|footer|form|h[1-6]|header|hr|li"
        "|main|nav|ol|p|pre|section|table|td|th|tr|ul"
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = self._as_written = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self._silent += 1
        elif tag == "body":
            self._silent = 0  # a head need not be closed
        elif self._BLOCKS.fullmatch(tag):
            self.said.append("\n")
            self._as_written += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SILENT:
            self._silent = max(0, self._silent - 1)
        elif self._BLOCKS.fullmatch(tag):
            self.said.append("\n")
            self._as_written -= tag == "pre" and self._as_written > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data if self._as_written else data.replace("\n", " "))
