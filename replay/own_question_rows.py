"""What a row of a file of questions says, whatever its fields are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from replay.choices import one_line
from replay.own_questions import OwnQuestion, question_id
from replay.splits import normalised

MOST_CHOICES = 10
LETTERS = "abcdefghij"

PROMPT, ANSWER, TYPES, CHOICES = "prompt", "answer", "types", "choices"
NAMES = {
    PROMPT: ("prompt", "question", "query", "질문", "문제"),
    ANSWER: ("answer", "answers", "expected", "정답", "답"),
    TYPES: ("type", "types", "category", "query_type", "유형", "분류"),
    CHOICES: ("options", "choices"),
}
KIND_OF = {name: kind for kind, names in NAMES.items() for name in names}
_BETWEEN_TYPES = re.compile(r"[|,;]")
# Not twice, which is a sign of a language: several answers of one cell.
_BETWEEN_ANSWERS = re.compile(r"(?<!\|)\|(?!\|)")

Row = Mapping[str, Any]


@dataclass
class Faults:
    """What is wrong with a file so far; `place` is where it is read now."""

    place: str = ""
    faults: list[str] = field(default_factory=list)

    def add(self, fault: str) -> None:
        self.faults.append(f"{self.place}: {fault}")


def question_of_row(row: Any, found: Faults) -> OwnQuestion | None:
    """The question, or none after its faults were noted."""
    before = len(found.faults)
    if not isinstance(row, dict):
        found.add("no object with a question and an answer")
        return None
    given = _by_kind(row, found)
    prompt = given.get(PROMPT)
    if not _is_text(prompt):
        found.add(f"the question is {_shown(prompt)}, and must be a text")
    types = tuple(dict.fromkeys(_types(row, found)))
    labels, choices = _choices(row, given.get(CHOICES), found)
    answers: tuple[str, ...] = ()
    right = 0
    if labels and len(found.faults) == before:
        right = _right(given.get(ANSWER), labels, choices, found)
    elif not labels:
        answers = _answers(given.get(ANSWER), found)
    if len(found.faults) > before:
        return None
    asked = str(prompt).strip()
    return OwnQuestion(question_id(asked, choices), asked, answers, choices, right, types)


def _by_kind(row: Row, found: Faults) -> dict[str, Any]:
    """The fields by what they are, whatever they are called."""
    given: dict[str, Any] = {}
    for name, value in row.items():
        kind = KIND_OF.get(name.strip().casefold())
        if kind in given and kind != TYPES:
            found.add(f"it has several fields for the {kind}")
        if kind is not None:
            given[kind] = value
    return given


def _types(row: Row, found: Faults) -> Iterator[str]:
    """All types, of every field that names some."""
    for name, value in row.items():
        if KIND_OF.get(name.strip().casefold()) != TYPES or value is None:
            continue
        if isinstance(value, str):
            names: list[Any] = _BETWEEN_TYPES.split(value)
        elif isinstance(value, dict):
            wrong = [each for each, holds in value.items() if holds not in (0, 1)]
            if wrong:
                found.add(f"{name} {wrong[0]!r:.40} is {value[wrong[0]]!r:.40}, and must be 0 or 1")
            names = [each for each, holds in value.items() if holds == 1]
        else:
            names = value if isinstance(value, list) else [value]
        for each in names:
            if not isinstance(each, str) or (each.strip() and not _is_text(each)):
                found.add(f"{name} has {_shown(each)}, and must have texts")
            elif each.strip():
                yield one_line(each)


def _choices(row: Row, given: Any, found: Faults) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What each choice is called, and its words; none where the question is an open one."""
    if isinstance(given, dict):
        called = given
    elif isinstance(given, list):
        called = dict(zip(LETTERS, given, strict=False)) if len(given) <= MOST_CHOICES else {}
        if not called:
            found.add(f"{len(given)} choices, and there must be 2 to {MOST_CHOICES}")
    elif given is not None and not (isinstance(given, str) and not given.strip()):
        found.add(
            f"the choices are {_shown(given)}, and must be a list, or an object of id to text"
        )
        return (), ()
    else:
        cells = {name.strip().casefold(): value for name, value in row.items()}
        called = {
            letter: cells[letter]
            for letter in LETTERS
            if cells.get(letter) is not None and str(cells[letter]).strip()
        }
    return _checked(called, found) if called or isinstance(given, dict) else ((), ())


def _checked(called: Mapping[str, Any], found: Faults) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not 2 <= len(called) <= MOST_CHOICES:
        found.add(f"{len(called)} choices, and there must be 2 to {MOST_CHOICES}")
    seen: dict[str, str] = {}
    for name, text in called.items():
        if not _is_text(text):
            found.add(f"choice {name!r:.40} is {_shown(text)}, and must be a text")
            continue
        before = seen.setdefault(normalised(one_line(text)), name)
        if before != name:
            found.add(f"choice {name!r:.40} says the same as choice {before!r:.40}")
    return tuple(called), tuple(one_line(str(text)) for text in called.values())


def _right(answer: Any, labels: tuple[str, ...], choices: tuple[str, ...], found: Faults) -> int:
    """The place of the right choice, by what it is called, by its words, or counted from 0."""
    name = one_line(str(answer)) if isinstance(answer, str | int) else ""
    if type(answer) is int and name not in labels and 0 <= answer < len(LETTERS):
        name = LETTERS[answer]
    named = {
        place
        for place, (label, choice) in enumerate(zip(labels, choices, strict=True))
        if name and (name.casefold() == label.casefold() or normalised(name) == normalised(choice))
    }
    if len(named) == 1:
        return named.pop()
    which = "more than one" if named else "none"
    found.add(f"the answer is {_shown(answer)}, and names {which} of its choices")
    return 0


def _answers(given: Any, found: Faults) -> tuple[str, ...]:
    """Every answer that counts."""
    if isinstance(given, str):
        given = _BETWEEN_ANSWERS.split(given)
    several = given if isinstance(given, list) else [given]
    texts = [
        str(each) if isinstance(each, int | float) and not isinstance(each, bool) else each
        for each in several
    ]
    wrong = [each for each in texts if not _is_text(each)]
    if wrong or not texts:
        found.add(f"the answer is {_shown(wrong[0] if wrong else given)}, and must be a text")
        return ()
    return tuple(dict.fromkeys(one_line(str(text)) for text in texts))


def _is_text(value: Any) -> bool:
    if not isinstance(value, str) or not value.strip():
        return False
    return not any("\ud800" <= sign <= "\udfff" for sign in value)


def _shown(value: Any) -> str:
    return "missing" if value is None else f"{value!r:.40}"
