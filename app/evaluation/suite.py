"""Suites of frozen cases, read from YAML with all errors at once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

import resources
from app.errors import PerennialError
from app.evaluation.sandbox import parses

RETENTION = ("retention.coding.yaml", "retention.general.yaml")


class SuiteError(PerennialError):
    """A suite file that cannot be used."""

    kind = "suite"


class _Case(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    group: str = Field(min_length=1)
    prompt: str = Field(min_length=1)

    @property
    def digest(self) -> str:
        """Changes when anything about the case does."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


class CodeCase(_Case):
    """The reply's code is run, then the assertions."""

    check: Literal["code"]
    assertions: str = Field(min_length=1)

    @field_validator("assertions")
    @classmethod
    def _must_be_python(cls, assertions: str) -> str:
        if not parses(assertions):
            raise ValueError("not valid Python")
        return assertions


class KeywordCase(_Case):
    """One of the words must occur in the reply."""

    check: Literal["keywords"]
    any: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)


Case = CodeCase | KeywordCase


class Suite(BaseModel):
    """Frozen cases under a name and a version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1)
    name: str = Field(min_length=1)
    cases: tuple[Annotated[Case, Field(discriminator="check")], ...] = Field(min_length=1)


def load_suite(path: Path) -> Suite:
    """Read a suite; a wrong one names every error and its place."""
    try:
        suite = Suite.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SuiteError(f"The suite {path} cannot be read: {error}", "Repair the file.") from error
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        raise SuiteError(f"The suite {path} has errors: {found}", "Mend them.") from error
    ids = [case.id for case in suite.cases]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise SuiteError(f"The suite {path} names cases twice: {', '.join(twice)}", "Rename them.")
    return suite


def built_in_suites() -> list[Suite]:
    """The frozen suites that the gate uses to see what was forgotten."""
    folder = Path(resources.__file__).parent / "suites"
    return [load_suite(folder / name) for name in RETENTION]


def retention_cases() -> list[Case]:
    """Every case of the frozen suites."""
    return [case for suite in built_in_suites() for case in suite.cases]
