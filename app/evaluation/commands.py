"""Replies that are configuration, judged by the programs that would read it, in the sandbox."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

import resources
from app.evaluation.patterns import Unjudged, compiles, found_apart
from app.evaluation.sandbox import ProgramRan, run_program
from replay.measures.code import blocks

NO_BLOCK = "it holds no code block"
SHOWN_CHARACTERS = 300
WALL_S = 60.0

_ENVIRONMENT = {
    "CHECKOV_PARALLELIZATION_TYPE": "none",
    "CHECKPOINT_DISABLE": "1",  # terraform would ask whether there is a newer one
    "LOG_LEVEL": "ERROR",
    "NO_COLOR": "1",
    "TF_DATA_DIR": ".terraform",
    "TF_IN_AUTOMATION": "1",
}
_CALLED = ("diff",)  # by `terraform fmt -diff`
_SUITES = Path(resources.__file__).parent / "suites"
_COLOUR = re.compile(r"\x1b\[[\d;]*[A-Za-z]")

Word = Annotated[str, Field(min_length=1, max_length=1_000)]


class CommandCheck(BaseModel):
    """A program reads the code of the reply and must end well.

    A suite may name any program that is installed, so it is run nowhere but in the sandbox. With
    a `bar` it is also counted on its own, over all cases of the suite.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["command"]
    program: str = Field(pattern=r"^[A-Za-z0-9][\w.+-]*$")
    arguments: tuple[Word, ...]
    before: tuple[tuple[Word, ...], ...] = ()
    trial: tuple[Word, ...] = ("--version",)
    file: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=100)
    blocks: tuple[Word, ...] = Field(min_length=1)
    needs: tuple[Word, ...] = ()
    fails_on: str = ""
    bar: str | None = Field(None, min_length=1, max_length=100)

    @field_validator("needs")
    @classmethod
    def _must_stay_inside(cls, needs: tuple[str, ...]) -> tuple[str, ...]:
        for need in needs:
            place = PurePosixPath(need)
            if place.is_absolute() or ".." in place.parts or "\\" in need or ":" in need:
                raise ValueError(f"{need} must lie in the folder of the suites")
        return needs

    @field_validator("fails_on")
    @classmethod
    def _must_compile(cls, fails_on: str) -> str:
        if not compiles(fails_on):
            raise ValueError("is not a regular expression")
        return fails_on


@dataclass(frozen=True)
class Found:
    """What a program says of a reply; `skipped` says why it could not be asked: never a pass."""

    passed: bool
    why: str = ""
    skipped: str = ""


def check_command(check: CommandCheck, reply: str, own: Path | None = None) -> Found:
    """Give the code of a reply to a program; `own` is where the user's suites and schemas lie."""
    named = shutil.which(check.program)
    if named is None:
        return _skipped(f"{check.program} is not installed")
    needs = {need: _place_of(need, own) for need in check.needs}
    for need, place in needs.items():
        if place is None:
            return _skipped(f"{need}, which {check.program} needs here, is missing")
    places = {need: place for need, place in needs.items() if place is not None}
    program = Path(named).resolve()
    hindrance = _hindrance(program, check.trial)
    if hindrance:
        return _skipped(hindrance)
    code = code_of(check, reply)
    if not code:
        return Found(False, NO_BLOCK)
    ran = run_program(
        _words(check, program, places),
        {check.file: code},
        readable=[program, *places.values(), *_called()],
        environment=_ENVIRONMENT,
        wall_s=WALL_S,
    )
    if ran.code is None and not ran.isolated:
        return _skipped(f"{check.program} was not run: {ran.fault}")
    for need, place in places.items():
        ran = replace(ran, output=ran.output.replace(str(place), need))
    return _judged(check, ran)


def code_of(check: CommandCheck, reply: str) -> str:
    """The blocks of a reply in the languages that are asked for, or in none, as one file."""
    taken = ("", *(each.lower() for each in check.blocks))
    found = [code for language, code in blocks(reply) if language in taken and code.strip()]
    between = "\n---\n" if Path(check.file).suffix in (".yaml", ".yml") else "\n"
    return between.join(code.rstrip("\n") for code in found) + "\n" if found else ""


def _judged(check: CommandCheck, ran: ProgramRan) -> Found:
    if ran.fault or ran.code is None:
        return Found(False, f"{check.program}: {ran.fault or 'it did not end'}")
    shown = _shown(ran.output)
    if ran.code != 0:
        return Found(False, f"{check.program}: {shown or f'it ended with {ran.code}'}")
    try:
        failed = bool(check.fails_on) and found_apart(check.fails_on, ran.output)
    except Unjudged as reason:
        return _skipped(str(reason))
    return Found(not failed, f"{check.program}: {shown}" if failed else "")


def _skipped(why: str) -> Found:
    return Found(False, skipped=why)


def _called() -> list[Path]:
    return [Path(found).resolve() for found in map(shutil.which, _CALLED) if found]


def _place_of(need: str, own: Path | None) -> Path | None:
    """A folder or file beside the user's suites, or else beside ours."""
    for folder in filter(None, (own, _SUITES)):
        if (folder / need).exists():
            return (folder / need).resolve()
    return None


@cache
def _hindrance(program: Path, trial: tuple[str, ...]) -> str:
    """Why a program does not run here at all: that is no fault of any reply."""
    ran = run_program([str(program), *trial], {}, environment=_ENVIRONMENT, wall_s=WALL_S)
    if ran.code == 0 and not ran.fault:
        return ""
    told = ran.fault or _shown(ran.output) or f"it ended with {ran.code}"
    return f"{program.stem} does not run in the sandbox: {told}"


def _words(check: CommandCheck, program: Path, places: Mapping[str, Path]) -> list[str]:
    """The command; with others before it, a shell runs them in the same folder.

    Where one of those fails, so does the reply; the command itself says better what is wrong.
    """

    def filled(arguments: Sequence[str]) -> list[str]:
        found = [str(program)]
        for argument in arguments:
            for need, place in places.items():
                argument = argument.replace(f"{{{need}}}", str(place))
            found.append(argument)
        return found

    if not check.before:
        return filled(check.arguments)
    last = shlex.join(filled(check.arguments))
    lines = [
        f'said=$({shlex.join(filled(each))} 2>&1) || {{ {last}; echo "$said"; exit 1; }}'
        for each in check.before
    ]
    return [str(Path("/bin/sh").resolve()), "-c", "\n".join([*lines, f"exec {last}"])]


def _shown(output: str) -> str:
    """The beginning of what a program says, in one line."""
    line = " ".join(_COLOUR.sub("", output).split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 1]}…"
