"""A user's own test sets: copies of files in the home, each with whom and how it judges.

What is held out must never be learned: `held_out` is what every mix leaves out.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import PerennialError
from app.home import Home
from app.store import Persona
from replay.filters import Judging
from replay.own_questions import (
    SIDES,
    OwnQuestion,
    QuestionsInvalid,
    Side,
    signatures,
    split,
)
from replay.own_questions_reading import read_own_questions
from trainer.contract.folder import write_atomically

MOST_TOLD = 20
NAME_LENGTH = 60
_ABOUT = ".about.json"
_LESSONS = ".train.jsonl"
_KEPT = "Nothing was changed."


class OwnTestRefused(PerennialError):
    """A test set that cannot be used, or is not there."""

    kind = "test_set"


class _About(BaseModel):
    """The sidecar of a copy; no personas means all of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    file: str = Field(pattern=r"^[^/\\]+$")
    personas: tuple[str, ...] = ()
    all_held_out: bool = True
    added: str = ""


@dataclass(frozen=True)
class OwnTest:
    """A test set in the home; without personas it is for all of them."""

    name: str
    path: Path
    personas: tuple[str, ...]
    all_held_out: bool
    added: str

    def questions(self) -> tuple[OwnQuestion, ...]:
        """All of its questions, as its file says now."""
        return _read(self.path)

    def side(self, question: OwnQuestion) -> Side:
        return split(question, all_held_out=self.all_held_out)

    def judging(self) -> tuple[OwnQuestion, ...]:
        """The questions that an exam asks."""
        return tuple(each for each in self.questions() if self.side(each) == "test")


@dataclass(frozen=True)
class Added:
    """A new test set, its questions by side, and where those to learn from lie, if any do.

    `left_out` of these ask nearly what a held-out question asks, and are not among them.
    """

    test: OwnTest
    sides: Mapping[Side, int]
    lessons: Path | None = None
    left_out: int = 0


def add_test(
    home: Home,
    file: Path,
    *,
    name: str = "",
    personas: Sequence[str] = (),
    all_held_out: bool = True,
) -> Added:
    """Take a copy of a file of questions into the home; nothing is kept of a wrong one."""
    questions = _read(file)
    called = name_of_test(name or file.stem)
    if any(test.name == called for test in own_tests_of(home)):
        raise OwnTestRefused(
            f"There is a test set {called} already.",
            f"Give this one another name with --name, or first: perennial tests remove {called}",
            kept=_KEPT,
        )
    added = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    place = place_of_test(home, called, file.suffix.lower())
    test = OwnTest(called, place, tuple(personas), all_held_out, added)
    lessons, left_out = keep_test(test, file.read_bytes())
    counts = Counter(map(test.side, questions))
    return Added(test, {side: counts[side] for side in SIDES}, lessons, left_out)


def keep_test(test: OwnTest, content: bytes) -> tuple[Path | None, int]:
    """Write a test set into its place; where its lessons lie, and how many were left out."""
    test.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    test.path.write_bytes(content)
    learnable, left_out = _learnable(test, test.questions())
    lessons = test.path.with_name(f"{test.name}{_LESSONS}") if learnable else None
    if lessons is not None:
        lines = (json.dumps(each.lesson(), ensure_ascii=False) + "\n" for each in learnable)
        write_atomically(lessons, "".join(lines))
    # Last: what a kill leaves before it is no test set.
    note_test(test)
    return lessons, left_out


def note_test(test: OwnTest) -> None:
    """Write down beside the questions for whom they are and how they judge."""
    about = _About(
        file=test.path.name,
        personas=test.personas,
        all_held_out=test.all_held_out,
        added=test.added,
    )
    path = test.path.with_name(f"{test.name}{_ABOUT}")
    write_atomically(path, about.model_dump_json(indent=1) + "\n")


def drop_test(test: OwnTest) -> None:
    """Take away everything of a test set, as far as it is there."""
    for name in (f"{test.name}{_ABOUT}", test.path.name, f"{test.name}{_LESSONS}"):
        test.path.with_name(name).unlink(missing_ok=True)


def place_of_test(home: Home, name: str, ending: str) -> Path:
    """Where the questions of a test set lie."""
    return tests_folder(home) / f"{name}{ending}"


def own_tests_of(home: Home, persona: Persona | None = None) -> list[OwnTest]:
    """All test sets, or those that a persona is examined with."""
    found = [_test(path) for path in sorted(tests_folder(home).glob(f"*{_ABOUT}"))]
    if persona is None:
        return found
    return [test for test in found if not test.personas or persona.slug in test.personas]


def own_test_named(home: Home, name: str) -> OwnTest:
    """The test set of this name."""
    tests = own_tests_of(home)
    found = next((test for test in tests if test.name == name_of_test(name)), None)
    if found is None:
        known = ", ".join(test.name for test in tests) or "none yet"
        raise OwnTestRefused(f"There is no test set {name}.", f"Choose from: {known}.")
    return found


def remove_test(home: Home, name: str) -> OwnTest:
    """Take a test set away: it judges no more, and what it asks may be learned."""
    test = own_test_named(home, name)
    drop_test(test)
    return test


def held_out(home: Home, persona: Persona) -> Judging:
    """The questions that this persona must never learn from."""
    return _judging(own_tests_of(home, persona))


def split_of(test: OwnTest) -> dict[str, list[str]]:
    """The ids of a test set's questions by their sides."""
    sides: dict[str, list[str]] = {side: [] for side in SIDES}
    for question in test.questions():
        sides[test.side(question)].append(question.id)
    return sides


def tests_folder(home: Home) -> Path:
    return home.root / "tests"


def _judging(tests: Sequence[OwnTest]) -> Judging:
    return Judging(
        signatures(
            question
            for test in tests
            for question in test.questions()
            if test.side(question) != "train"
        )
    )


def _learnable(test: OwnTest, questions: Sequence[OwnQuestion]) -> tuple[list[OwnQuestion], int]:
    """What may be learned, without what asks nearly the same as something that is held out."""
    judging = _judging([test])
    train = [each for each in questions if test.side(each) == "train"]
    learnable = [each for each in train if not judging.asks(each.prompt)]
    return learnable, len(train) - len(learnable)


def _read(path: Path) -> tuple[OwnQuestion, ...]:
    try:
        return read_own_questions(path)
    except QuestionsInvalid as error:
        raise OwnTestRefused(
            f"The test set {path} {_told(error.faults)}", "Mend the file, or do without it."
        ) from error


def _told(faults: Sequence[str]) -> str:
    if len(faults) == 1:
        return f"cannot be used: {faults[0]}."
    told = list(faults[:MOST_TOLD])
    if len(faults) > MOST_TOLD:
        told.append(f"and {len(faults) - MOST_TOLD} more")
    return f"has {len(faults)} errors:\n- " + "\n- ".join(told) + "\n"


def _test(path: Path) -> OwnTest:
    try:
        about = _About.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise OwnTestRefused(
            f"{path} is damaged: nobody knows what its test set holds out.",
            "Take this file and its test set away, and add the test set again.",
        ) from error
    return OwnTest(
        path.name.removesuffix(_ABOUT),
        path.with_name(about.file),
        about.personas,
        about.all_held_out,
        about.added,
    )


def name_of_test(text: str) -> str:
    """A name that is a file's name everywhere."""
    words = re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", text).casefold())
    name = words.strip("-")[:NAME_LENGTH].rstrip("-")
    if not name:
        raise OwnTestRefused(
            f"{text!r} is no name for a test set.", "Give it one with --name.", kept=_KEPT
        )
    return name
