"""A persona's test sets on their way: what judged it at home is not learned elsewhere either.

Which question is held out follows from its words and from whether all of them are, so that a copy
of the file and that one note hold out the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from app.archive.contents import (
    OWN_TEST_ABOUT,
    OWN_TEST_QUESTIONS,
    PackedFile,
    own_test_file_of,
    own_test_member,
)
from app.archive.limits import MAX_NOTE_BYTES
from app.archive.opening import OpenArchive, shape_faults
from app.archive.run_files import NotWhatItSays
from app.home import Home
from app.importers.findings import shown
from app.operations.own_tests import (
    NAME_LENGTH,
    OwnTest,
    OwnTestRefused,
    drop_test,
    keep_test,
    name_of_test,
    note_test,
    own_tests_of,
    place_of_test,
)
from app.store import Persona
from app.store.portable_rows import Moment
from replay.own_questions import QuestionsInvalid
from replay.own_questions_reading import MOST_BYTES, read_own_questions
from trainer.contract.folder import file_digest

_FAULT_LENGTH = 200


def _sayable(text: str) -> str:
    try:
        return name_of_test(text)
    except OwnTestRefused as error:
        raise ValueError(error.text) from error


class _About(BaseModel):
    """What stands beside the questions of a test set; whom it is for is whose archive it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(max_length=1000), AfterValidator(_sayable)]
    all_held_out: bool
    added: Literal[""] | Moment


@dataclass(frozen=True)
class ArrivedTest:
    """A test set that came along: its name at home, its name here, and whether it was here."""

    name: str
    here_as: str
    known: bool


@dataclass(frozen=True)
class _Arrival:
    """A test set as it is to lie here, and as it lay here before."""

    arrived: ArrivedTest
    member: str
    test: OwnTest
    before: OwnTest | None


def own_test_files(home: Home, persona: Persona) -> Iterator[PackedFile]:
    """The test sets that a persona is judged with; refused where one cannot be read."""
    for number, test in enumerate(own_tests_of(home, persona), 1):
        test.questions()
        name = name_of_test(test.name)
        about = _About(name=name, all_held_out=test.all_held_out, added=test.added)
        questions = f"{OWN_TEST_QUESTIONS}{test.path.suffix.lower()}"
        yield PackedFile(own_test_member(number, questions), test.path)
        note = about.model_dump_json() + "\n"
        yield PackedFile(own_test_member(number, OWN_TEST_ABOUT), test.path, note)


def own_test_faults(archive: OpenArchive) -> Iterator[str]:
    """Everything that is wrong with the test sets of an archive, each with its member."""
    names: set[str] = set()
    for number, files in _numbered(archive).items():
        about, questions = own_test_member(number, OWN_TEST_ABOUT), files - {OWN_TEST_ABOUT}
        if len(questions) != 1 or OWN_TEST_ABOUT not in files:
            yield f"test set {number} has not one file of questions and one {OWN_TEST_ABOUT}"
            continue
        asked = own_test_member(number, questions.pop())
        yield from (f"{about}: {words}" for words in _about_faults(archive, number, names))
        yield from (f"{asked}: {words}" for words in _question_faults(archive, asked))


@contextmanager
def brought_in(home: Home, archive: OpenArchive, slug: str) -> Iterator[tuple[ArrivedTest, ...]]:
    """Test sets that were checked, kept for a persona; taken away again where it is not stored.

    They come before the persona does: no moment lets it learn what it is judged by.
    """
    arrivals = _arrivals(home, archive, slug)
    begun: list[_Arrival] = []
    done = False
    try:
        # New ones last, so that they go first: on a full disk no note can be written back.
        for each in sorted(arrivals, key=lambda each: each.before is None):
            begun.append(each)
            if each.before is None:
                keep_test(each.test, _content(archive, each.member, MOST_BYTES))
            elif each.test != each.before:
                note_test(each.test)
        yield tuple(each.arrived for each in arrivals)
        done = True
    finally:
        if not done:
            for each in reversed(begun):
                _take_back(each)


def _arrivals(home: Home, archive: OpenArchive, slug: str) -> list[_Arrival]:
    """What is to be done with each test set; none that is here is replaced or judges less."""
    numbered = _numbered(archive)
    here = {test.name: test for test in own_tests_of(home)} if numbered else {}
    arrivals = []
    for number, files in numbered.items():
        about = _about(archive, number)
        member = own_test_member(number, (files - {OWN_TEST_ABOUT}).pop())
        ending, digest = Path(member).suffix, archive.contents.members[member].sha256
        for name in _names(about.name, slug):
            before = here.get(name)
            if before is None:
                place = place_of_test(home, name, ending)
                test = OwnTest(name, place, (slug,), about.all_held_out, about.added)
                break
            if _is_same(before, ending, digest, about.all_held_out):
                test = _also_for(before, slug)
                break
        here[name] = test
        arrived = ArrivedTest(about.name, name, before is not None)
        arrivals.append(_Arrival(arrived, member, test, before))
    return arrivals


def _names(name: str, slug: str) -> Iterator[str]:
    """The names that a test set may get here: its own, or one that says whose it is."""
    yield name
    whose = f"-of-{slug}"[: NAME_LENGTH // 2].rstrip("-")
    for number in count(1):
        tail = whose if number == 1 else f"{whose}-{number}"
        yield name[: NAME_LENGTH - len(tail)] + tail


def _is_same(test: OwnTest, ending: str, digest: str, all_held_out: bool) -> bool:
    """Whether a test set that is here asks and holds out the same."""
    alike = (test.path.suffix.lower(), test.all_held_out) == (ending, all_held_out)
    return alike and test.path.is_file() and file_digest(test.path) == digest


def _also_for(test: OwnTest, slug: str) -> OwnTest:
    if not test.personas or slug in test.personas:
        return test
    return replace(test, personas=(*test.personas, slug))


def _take_back(arrival: _Arrival) -> None:
    if arrival.before is None:
        drop_test(arrival.test)
    elif arrival.test != arrival.before:
        note_test(arrival.before)


def _numbered(archive: OpenArchive) -> dict[int, set[str]]:
    """The files of each test set, in the order of their numbers."""
    found: dict[int, set[str]] = {}
    for number, name in sorted(filter(None, map(own_test_file_of, archive.contents.members))):
        found.setdefault(number, set()).add(name)
    return found


def _about(archive: OpenArchive, number: int) -> _About:
    member = own_test_member(number, OWN_TEST_ABOUT)
    return _About.model_validate_json(_content(archive, member, MAX_NOTE_BYTES))


def _about_faults(archive: OpenArchive, number: int, names: set[str]) -> list[str]:
    """What is wrong with a note; its name joins those that were there before."""
    try:
        name = _about(archive, number).name
    except NotWhatItSays as reason:
        return [str(reason)]
    except ValidationError as error:
        return shape_faults(error)
    if name in names:
        return ["name: stands there twice"]
    names.add(name)
    return []


def _question_faults(archive: OpenArchive, member: str) -> list[str]:
    try:
        content = _content(archive, member, MOST_BYTES)
    except NotWhatItSays as reason:
        return [str(reason)]
    with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
        path = Path(folder) / Path(member).name
        path.write_bytes(content)
        try:
            read_own_questions(path)
        except QuestionsInvalid as error:
            return [shown(fault, _FAULT_LENGTH) for fault in error.faults]
    return []


def _content(archive: OpenArchive, member: str, most: int) -> bytes:
    """All of a member, if it is what it was when it was written."""
    listed = archive.contents.members[member]
    if listed.bytes > most:
        raise NotWhatItSays("it is far too long")
    with archive.member(member) as stream:
        data = stream.read(most + 1)
        found = (stream.bytes, stream.sha256)
    if found != (listed.bytes, listed.sha256):
        raise NotWhatItSays("it is not what it was when it was written")
    return data
