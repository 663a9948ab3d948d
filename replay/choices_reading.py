"""Reads a file of multiple-choice questions: a JSON list in the form of Recipe-MPR.

Each question has a `query`, a `query_type` (five types, each 0 or 1), five `options` (id to text)
and the id of the right one as its `answer`; what else it has is not read. A wrong file is told
with all of its faults, since nobody corrects five hundred questions one run at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from replay.choices import LETTERS, ChoicesInvalid, Question, one_line, question_of
from replay.splits import normalised

TYPES = ("Specific", "Commonsense", "Negated", "Analogical", "Temporal")

_BETWEEN = re.compile(r"[\s,]*")


def read_questions(path: Path) -> tuple[Question, ...]:
    """All questions of a file; every fault at once, each with its question and line."""
    found = _Faults()
    questions: list[Question] = []
    first: dict[str, int] = {}
    for number, (line, entry) in enumerate(entries(_text(path), path.name), 1):
        found.place = f"question {number} (line {line})"
        question = _question(entry, found)
        if question is None:
            continue
        before = first.setdefault(question.id, number)
        if before != number:
            found.add(f"the same words and options as question {before}")
        questions.append(question)
    if found.faults:
        raise ChoicesInvalid(found.faults)
    if not questions:
        raise ChoicesInvalid([f"{path.name} holds no question"])
    return tuple(questions)


@dataclass
class _Faults:
    place: str = ""
    faults: list[str] = field(default_factory=list)

    def add(self, fault: str) -> None:
        self.faults.append(f"{self.place}: {fault}")


def entries(text: str, name: str) -> Iterator[tuple[int, Any]]:
    """Each entry of the list that a file holds, with the line that it begins on."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise ChoicesInvalid(
            [f"{name}, line {error.lineno}, column {error.colno}: no JSON ({error.msg})"]
        ) from error
    except (RecursionError, ValueError) as error:
        raise ChoicesInvalid([f"{name} is nested too deeply, or has a number too long"]) from error
    if not isinstance(whole, list):
        raise ChoicesInvalid([f"{name} is no list of questions"])
    decoder = json.JSONDecoder()
    at, line = text.index("[") + 1, 1 + text.count("\n", 0, text.index("["))
    for entry in whole:
        space = _BETWEEN.match(text, at)
        begin = space.end() if space else at
        line += text.count("\n", at, begin)
        yield line, entry
        _, at = decoder.raw_decode(text, begin)
        line += text.count("\n", begin, at)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise ChoicesInvalid([f"{path} cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ChoicesInvalid([f"{path.name} is no UTF-8 text: byte {error.start}"]) from error


def _question(entry: Any, found: _Faults) -> Question | None:
    """The question, or none after its faults were noted."""
    before = len(found.faults)
    if not isinstance(entry, dict):
        found.add("no object with a query, a query_type, options and an answer")
        return None
    query = entry.get("query")
    if not isinstance(query, str) or not query.strip():
        found.add(f"query is {_shown(entry, 'query')}, and must be a text")
    types = _types(entry, found)
    options = _options(entry, found)
    answer = entry.get("answer")
    if not isinstance(answer, str) or (options and answer not in options):
        found.add(f"answer is {_shown(entry, 'answer')}, and must be the id of one of its options")
    if len(found.faults) > before:
        return None
    return question_of(str(query), types, list(options.values()), options[str(answer)])


def _types(entry: dict[str, Any], found: _Faults) -> list[str]:
    given = entry.get("query_type")
    if not isinstance(given, dict):
        found.add(f"query_type is {_shown(entry, 'query_type')}, and must be an object")
        return []
    for name in given.keys() - set(TYPES):
        found.add(f"query_type {name!r:.40} is none of {', '.join(TYPES)}")
    for name in TYPES:
        if type(given.get(name)) is not int or given[name] not in (0, 1):
            found.add(f"query_type {name} is {_shown(given, name)}, and must be 0 or 1")
    return [name for name in TYPES if given.get(name) == 1]


def _options(entry: dict[str, Any], found: _Faults) -> dict[str, str]:
    given = entry.get("options")
    if not isinstance(given, dict):
        found.add(f"options is {_shown(entry, 'options')}, and must be an object of id to text")
        return {}
    if len(given) != len(LETTERS):
        found.add(f"{len(given)} options, and there must be {len(LETTERS)}")
    seen: dict[str, str] = {}
    for name, text in given.items():
        if not isinstance(text, str) or not text.strip():
            found.add(f"option {name!r:.40} is {_shown(given, name)}, and must be a text")
            continue
        before = seen.setdefault(normalised(one_line(text)), name)
        if before != name:
            found.add(f"option {name!r:.40} says the same as option {before!r:.40}")
    return given


def _shown(values: dict[str, Any], name: str) -> str:
    return f"{values[name]!r:.40}" if name in values else "missing"
