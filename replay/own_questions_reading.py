"""Reads a user's own test questions: JSON in the form of Recipe-MPR, JSON lines, and CSV.

Every row has a question (`prompt`, `question` or `query`) and an `answer` (or `expected`), if the
user likes a `type` (or `category`), and choices: an object of id to text, a list, or columns a, b,
c and so on. A wrong file is told with all of its faults, each with its line.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from replay.choices import ChoicesInvalid
from replay.choices_reading import entries
from replay.own_question_rows import (
    ANSWER,
    KIND_OF,
    LETTERS,
    NAMES,
    PROMPT,
    Faults,
    question_of_row,
)
from replay.own_questions import OwnQuestion, QuestionsInvalid

MOST_BYTES = 10 * 2**20
ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")
_DELIMITERS = (",", ";", "\t", "|")


def read_own_questions(path: Path) -> tuple[OwnQuestion, ...]:
    """All questions of a file; every fault at once."""
    found = Faults()
    questions: list[OwnQuestion] = []
    first: dict[str, int] = {}
    for line, row in _rows(path, found):
        found.place = f"line {line}"
        question = question_of_row(row, found)
        if question is None:
            continue
        before = first.setdefault(question.id, line)
        if before != line:
            found.add(f"the same question as in line {before}")
        questions.append(question)
    if found.faults:
        raise QuestionsInvalid(found.faults)
    if not questions:
        raise QuestionsInvalid(["it holds no question"])
    return tuple(questions)


def _rows(path: Path, found: Faults) -> Iterator[tuple[int, Any]]:
    """Each row with the line that it begins on."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise QuestionsInvalid([f"its name ends in none of {', '.join(ENDINGS)}"])
    text = _text(path)
    if ending in (".csv", ".tsv"):
        return _csv_rows(text, found)
    if text.lstrip().startswith("["):
        return _json_rows(text, path.name)
    return _json_lines(text, found)


def _text(path: Path) -> str:
    try:
        if not path.is_file():  # a pipe would never end
            raise QuestionsInvalid(["it is not a file"])
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise QuestionsInvalid([f"it cannot be read: {error.strerror}"]) from error
    if len(content) > MOST_BYTES:
        raise QuestionsInvalid([f"it is larger than {MOST_BYTES >> 20} MB"])
    text = _decoded(content)
    if "\0" in text:
        raise QuestionsInvalid(["it is no text"])
    if not text.strip():
        raise QuestionsInvalid(["it is empty"])
    return text


def _decoded(content: bytes) -> str:
    """The text in the encodings that programs here write: UTF-8, UTF-16 and Korean Windows."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise QuestionsInvalid(["it is text neither in UTF-8 nor in Korean Windows (cp949)"])


def _json_rows(text: str, name: str) -> Iterator[tuple[int, Any]]:
    try:
        yield from entries(text, name)
    except ChoicesInvalid as error:
        raise QuestionsInvalid(error.faults) from error


def _json_lines(text: str, found: Faults) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError as error:
            found.place = f"line {number}, column {error.colno}"
            found.add(f"no JSON ({error.msg})")
        except (RecursionError, ValueError):
            found.place = f"line {number}"
            found.add("nested too deeply, or a number too long")


def _csv_rows(text: str, found: Faults) -> Iterator[tuple[int, Any]]:
    delimiter = _delimiter(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in rows:
            begins, line = line, rows.line_num + 1
            if not any(map(str.strip, cells)):
                continue
            if not header:
                header = _header(cells)
                continue
            if len(cells) > len(header):
                found.place = f"line {begins}"
                found.add(f"{len(cells)} cells, and the first line has {len(header)}")
                continue
            yield begins, dict(zip(header, cells, strict=False))
    except csv.Error as error:
        found.place = f"line {line}"
        found.add(f"no CSV ({error})")


def _header(cells: list[str]) -> list[str]:
    header = [cell.strip().casefold() for cell in cells]
    for kind in (PROMPT, ANSWER):
        if not any(KIND_OF.get(name) == kind for name in header):
            raise QuestionsInvalid([f"its first line names no column {', '.join(NAMES[kind][:3])}"])
    named = [name for name in header if name]
    twice = {name for name in named if named.count(name) > 1}
    if twice:
        raise QuestionsInvalid([f"its first line names a column twice: {', '.join(sorted(twice))}"])
    return header


def _delimiter(text: str) -> str:
    """The sign that gives the first line the most columns whose names are known."""
    first = next(line for line in text.splitlines() if line.strip())

    def known(delimiter: str) -> int:
        names = {cell.strip(' \t"').casefold() for cell in first.split(delimiter)}
        return len(names & (KIND_OF.keys() | set(LETTERS)))

    return max(_DELIMITERS, key=known)
