"""A JSON array, or values one after another, read piece by piece as the text comes in."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from app.importers.pieces import (
    DECODER,
    LIMIT_BYTES,
    NOT_JSON,
    NOT_OBJECT,
    TOO_DEEP,
    TOO_LONG,
    TOO_MANY,
    Broken,
    Piece,
)

CUT_OFF = "the file ends in the middle of it"
_CHUNK_BYTES = 256 << 10
# Read on once more, it may have twice as many; see pieces.
_LONG, _MANY_PARTS = 1 << 20, 1_000_000
# How far before the place of an error the next value may have begun: a quote that was left out
# shows only at the next one.
_BACK = 64
# So near the end of what was read, an error may only mean that the rest is not there yet.
_EDGE = 16
_BETWEEN = re.compile(r"[\s,\ufeff]*")
_MARKS = re.compile(r'[\[{]+|[\]}]+|"')
_IN_STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
# Everything up to the next bracket that matters: whole strings, and what holds nothing but them.
_FLAT = r'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+'
_PLAIN = re.compile(rf"(?:{_FLAT}(?:\{{{_FLAT}\}}|\[{_FLAT}\])?+)*+", re.DOTALL)
_SCALAR = re.compile(r"[^,\s\[\]{}\"]*")
_FIRST_KEY = re.compile(r'\{\s*("[^"\\]{1,100}")\s*:')
_ANY_KEY = r'"[^"\\]{1,100}"'


def values(stream: BinaryIO) -> Iterator[Piece | Broken]:
    """The elements of the array that a stream begins with, or its values."""
    window = _Window(stream)
    in_array = window.mark() == "["
    if in_array:
        window.at += 1
    closed, number = False, 0
    found: Piece | Broken = Piece("", None)
    while mark := window.mark():
        if mark == "]" and in_array:
            window.at, closed = window.at + 1, True
            continue
        closed = False
        number += 1
        found = _next(window, f"entry {number}")
        yield found
    if in_array and not closed and getattr(found, "reason", "") != CUT_OFF:
        yield Broken("the end", "the file ends in the middle of the list")


def _next(window: _Window, place: str) -> Piece | Broken:
    """The value that begins here; the window stands behind it then, broken or not."""
    while True:
        try:
            value, end = DECODER.raw_decode(window.text, window.at)
        except RecursionError:
            # Who nests like this may well never close what was opened.
            window.find_next(window.at)
            return Broken(place, TOO_DEEP)
        except json.JSONDecodeError as error:
            if not window.may_be_cut(error):
                reason = CUT_OFF if window.lacks_end(error) else NOT_JSON
                window.find_next(error.pos)
                return Broken(place, reason)
        else:
            if isinstance(value, str):
                # No conversation is a string: a quote was left out, or is one too many.
                window.find_next(window.at)
                return Broken(place, NOT_OBJECT)
            if end < len(window.text) or window.ended or isinstance(value, dict | list):
                window.remember_key()
                window.at = end
                return Piece(place, value)
        if window.length > LIMIT_BYTES or window.is_crowded():
            reason = TOO_LONG if window.length > LIMIT_BYTES else TOO_MANY
            window.skip_value()
            return Broken(place, reason)
        window.read_on()


class _Window:
    """The part of a text that is being looked at: from `at` on it has not been taken."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # What is not UTF-8 becomes lone surrogates, which nobody can say: found with the words.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.text = ""
        self.at = 0
        self.ended = False
        self._key = ""

    @property
    def length(self) -> int:
        return len(self.text) - self.at

    def read_on(self) -> bool:
        """Take more of the stream in, as much again; False at its end."""
        raw = b"" if self.ended else self._stream.read(max(_CHUNK_BYTES, self.length))
        self.ended = not raw
        self.text = self.text[self.at :] + self._decoder.decode(raw, self.ended)
        self.at = 0
        return not self.ended

    def mark(self) -> str:
        """The next character that means something; empty at the end."""
        while True:
            found = _BETWEEN.match(self.text, self.at)
            assert found is not None
            self.at = found.end()
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.read_on():
                return ""

    def may_be_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether an error may come from where reading stopped, and reading on may mend it."""
        near = error.pos >= len(self.text) - _EDGE
        return not self.ended and (near or self.lacks_end(error))

    def lacks_end(self, error: json.JSONDecodeError) -> bool:
        """Whether what is missing is the end."""
        return error.pos >= len(self.text) or error.msg.startswith("Unterminated string")

    def is_crowded(self) -> bool:
        """Whether the value here, of which no end is in sight, has too many parts already."""
        marks = "[{,"
        long = self.length > _LONG
        return long and sum(self.text.count(mark, self.at) for mark in marks) > _MANY_PARTS

    def remember_key(self) -> None:
        """The values of a file are alike: a later one begins with the same name."""
        if not self._key:
            first = _FIRST_KEY.match(self.text, self.at)
            self._key = re.escape(first[1]) if first else ""

    def find_next(self, error_at: int) -> None:
        """Go to where the next value seems to begin, or to the end."""
        first = _FIRST_KEY.match(self.text, self.at)
        key = self._key or (re.escape(first[1]) if first else _ANY_KEY)
        beginning = re.compile(r"[,}\]\n]\s{0,99}(\{\s{0,99}" + key + r"\s{0,99}:)")
        self.at = max(self.at + 1, error_at - _BACK)
        while True:
            found = beginning.search(self.text, self.at)
            if found is not None:
                self.at = found.start(1)
                return
            # What begins in the last characters goes on in what is read next.
            self.at = max(self.at, len(self.text) - 512)
            if not self.read_on():
                self.at = len(self.text)
                return

    def skip_value(self) -> None:
        """Go behind a value that is not kept, by its brackets alone."""
        first = self.text[self.at]
        if first not in '[{"':
            self._skip_scalar()
            return
        self.at += 1
        depth, in_string = int(first != '"'), first == '"'
        while depth or in_string:
            if self.at >= len(self.text) and not self.read_on():
                return
            if in_string:
                in_string = self._skip_string()
            else:
                depth, in_string = self._skip_to_mark(depth)

    def _skip_string(self) -> bool:
        """Go to the end of a string; True where that is not here yet."""
        inside = _IN_STRING.match(self.text, self.at)
        assert inside is not None
        self.at = inside.end()
        if self.at < len(self.text) and self.text[self.at] == '"':
            self.at += 1
            return False
        # A backslash may be the last thing here: what it escapes is read with it.
        if self.at < len(self.text) and not self.read_on():
            self.at = len(self.text)
        return True

    def _skip_to_mark(self, depth: int) -> tuple[int, bool]:
        """Go behind the next brackets: the depth there, and whether a string begins."""
        plain = _PLAIN.match(self.text, self.at)
        assert plain is not None
        self.at = plain.end()
        found = _MARKS.match(self.text, self.at)
        if found is None:
            return depth, False
        run, self.at = found[0], found.end()
        if run == '"':
            return depth, True
        if run[0] in "[{":
            return depth + len(run), False
        if len(run) >= depth:
            self.at = found.start() + depth
        return max(0, depth - len(run)), False

    def _skip_scalar(self) -> None:
        while True:
            found = _SCALAR.match(self.text, self.at)
            assert found is not None
            self.at = found.end()
            if self.at < len(self.text):
                return
            if not self.read_on():
                return
