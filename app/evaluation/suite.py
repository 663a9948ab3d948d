"""Suites of frozen cases, read from YAML with all errors at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

import resources
from app.errors import PerennialError
from app.evaluation.cases import TOLD_BY_EVERY_REPLY, Case
from app.evaluation.plain_yaml import documents

__all__ = (
    "Case", "Suite", "SuiteError", "built_in_suites", "full_cases", "load_suite", "quick_cases",
    "suites_of",
)  # fmt: skip

MOST_BYTES = 2 * 2**20
MOST_TOLD = 20
_BUILT_IN = Path(resources.__file__).parent / "suites"
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_type": "must be text; put it into quotes",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "union_tag_not_found": "has no `kind`",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "tuple_type": "must be a list",
}
_NEXT = "Mend the file, or take it out of the folder."


# Strict, or `yes` would be 1.
LeastShare = Annotated[float, Field(gt=0, le=1, strict=True)]


class SuiteError(PerennialError):
    """A suite file that cannot be used."""

    kind = "suite"


class Suite(BaseModel):
    """Frozen cases under a name and a version; `bars` are shares that checks must hold in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1)
    name: str = Field(min_length=1)
    bars: dict[str, LeastShare] = Field(default_factory=dict)
    cases: tuple[Case, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _group_is_its_own_name(cls, values: Any) -> Any:
        cases = values.get("cases") if isinstance(values, dict) else None
        if not isinstance(cases, list):
            return values
        named = [
            {"group": values.get("name"), **case} if isinstance(case, dict) else case
            for case in cases
        ]
        return values | {"cases": named}


def load_suite(path: Path) -> Suite:
    """Read a suite; a wrong one names every error and its place."""
    row = _read(path)
    try:
        suite = Suite.model_validate(row)
    except ValidationError as error:
        raise _wrong(path, [_told(each, row) for each in _own_errors(error)]) from None
    found = list(_faults(path, suite))
    if found:
        raise _wrong(path, found)
    return suite


def built_in_suites() -> list[Suite]:
    """The suites that come with the app."""
    return suites_of(None)


def suites_of(own: Path | None) -> list[Suite]:
    """The suites that come with the app and those in a folder; one of the same name replaces."""
    paths = _files(_BUILT_IN) | (_files(own) if own is not None else {})
    suites: list[Suite] = []
    place_of: dict[str, Path] = {}
    for _, path in sorted(paths.items()):
        suite = load_suite(path)
        for case in suite.cases:
            if case.id in place_of:
                text = f"The case {case.id} is in {place_of[case.id]} and in {path}."
                raise SuiteError(text, "Give one of them another id.")
            place_of[case.id] = path
        suites.append(suite)
    return suites


def quick_cases(suites: Iterable[Suite], languages: Sequence[str]) -> list[Case]:
    """The cases of the quick exam for a persona of these languages."""
    return [case for case in full_cases(suites, languages) if case.quick]


def full_cases(suites: Iterable[Suite], languages: Sequence[str]) -> list[Case]:
    """All cases for a persona of these languages."""
    return [
        case
        for suite in suites
        for case in suite.cases
        if case.language is None or case.language in languages
    ]


def _files(folder: Path) -> dict[str, Path]:
    """The suites in a folder by name; a missing folder has none."""
    try:
        return {path.stem: path for path in folder.iterdir() if path.suffix in (".yaml", ".yml")}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SuiteError(f"{folder} cannot be read: {error.strerror}.", "Mend it.") from error


def _read(path: Path) -> object:
    try:
        if not path.is_file():  # a pipe would never end
            raise SuiteError(f"The suite {path} is not a file.", _NEXT)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise SuiteError(f"The suite {path} is larger than 2 MB.", "Make several of it.")
        read = documents(content.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SuiteError(f"The suite {path} cannot be read: {error}.", _NEXT) from error
    if len(read) != 1:
        raise SuiteError(f"The suite {path} has {len(read)} documents, not one.", _NEXT)
    return read[0]


def _faults(path: Path, suite: Suite) -> Iterator[str]:
    if suite.name != path.stem:
        yield f"name: must be {path.stem}, as the file is"
    for name, times in Counter(case.id for case in suite.cases).items():
        if times > 1:
            yield f"case {name}: this id is there {times} times"
    for case in suite.cases:
        if case.group in TOLD_BY_EVERY_REPLY:
            yield f"case {case.id}: the group {case.group} is for what every reply tells"
    named = [(case.id, bar) for case in suite.cases for bar in case.bars]
    for name, bar in named:
        if bar not in suite.bars:
            yield f"case {name}: the suite has no bar {bar}"
    for bar in suite.bars:
        if bar not in {each for _, each in named}:
            yield f"bar {bar}: no check names it"


def _wrong(path: Path, found: Sequence[str]) -> SuiteError:
    told = list(found[:MOST_TOLD])
    if len(found) > MOST_TOLD:
        told.append(f"and {len(found) - MOST_TOLD} more")
    number = "1 error" if len(found) == 1 else f"{len(found)} errors"
    return SuiteError(f"The suite {path} has {number}:\n- " + "\n- ".join(told) + "\n", _NEXT)


def _own_errors(error: ValidationError) -> list[ErrorDetails]:
    """Without lists that are called too short because all that is in them is wrong."""
    errors = error.errors()
    inside = {each["loc"][:size] for each in errors for size in range(len(each["loc"]))}
    return [each for each in errors if each["type"] != "too_short" or each["loc"] not in inside]


def _told(error: ErrorDetails, row: object) -> str:
    """One error with the case, the check and the field that it is in."""
    words = _WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    if error["type"] == "union_tag_invalid":
        context = error.get("ctx", {})
        words = f"the kind {context['tag']!r} is not known; there are {context['expected_tags']}"
    return f"{', '.join(_places(list(error['loc']), row)) or 'the file'}: {words}"


def _places(loc: list[int | str], row: object) -> Iterator[str]:
    if loc[:1] == ["cases"] and len(loc) > 1 and isinstance(loc[1], int):
        yield f"case {_name(row, loc[1])}"
        loc = loc[2:]
        if loc[:1] == ["checks"] and len(loc) > 1 and isinstance(loc[1], int):
            kind = f" ({loc[2]})" if len(loc) > 2 else ""
            yield f"check {loc[1] + 1}{kind}"
            loc = loc[3:]
    elif loc[:1] == ["bars"] and len(loc) > 1:
        yield f"bar {loc[1]}"
        loc = []
    if loc:
        yield ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)


def _name(row: Any, place: int) -> str:
    """A case's id, or its number where it has none."""
    case = row["cases"][place]
    name = case.get("id") if isinstance(case, dict) else None
    return name if isinstance(name, str) and name else f"number {place + 1}"
