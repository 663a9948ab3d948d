"""`archive.json`: what an archive holds, and the names that may stand in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.importers.findings import shown
from app.store.portable_rows import Count, Moment
from app.store.portable_tables import BY_NAME, Part
from replay.own_questions_reading import ENDINGS

# 2: test sets come along. What knows 1 alone would take them for no part of an archive.
VERSION = 2
CONTENTS = "archive.json"
ENDING = ".perennial"
# Where a file of a run lies in the run's folder; no other name is ever written.
RUN_FILES: Mapping[str, str] = {
    "adapter_model.safetensors": "adapter/adapter_model.safetensors",
    "adapter_config.json": "adapter/adapter_config.json",
    "adapter.gguf": "adapter/adapter.gguf",
    "Modelfile": "adapter/Modelfile",
    "report.json": "report.json",
    "manifest.json": "data/manifest.json",
}
_TABLE = re.compile(r"tables/([a-z_]+)\.jsonl")
_RUN_FILE = re.compile(r"adapters/(\d{4}-\d{2}-[a-z0-9-]{1,110})/([A-Za-z_.]+)")
OWN_TEST_ABOUT = "about.json"
OWN_TEST_QUESTIONS = "questions"
# Test sets are numbered: their own names are words of the user's.
_OWN_TEST_FILE = re.compile(r"tests/([1-9]\d{0,3})/([a-z.]+)")
_OWN_TEST_NAMES = {OWN_TEST_ABOUT, *(f"{OWN_TEST_QUESTIONS}{ending}" for ending in ENDINGS)}


class Member(BaseModel):
    """What a member holds, unpacked."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    bytes: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class PackedFile:
    """A file by the name it has in the archive; `text` in place of the file's own."""

    member: str
    path: Path
    text: str | None = None


class Contents(BaseModel):
    """The first thing to read of an archive."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["perennial-persona"] = "perennial-persona"
    version: int = VERSION
    app_version: str
    created: Moment
    persona: str
    slug: str
    parts: list[Part]
    rows: dict[str, Count]
    members: dict[str, Member]

    @property
    def shown_name(self) -> str:
        """The name of the persona before anything was checked: one line, no controls."""
        return shown(self.persona)

    @property
    def own_tests(self) -> int:
        """How many test sets come along."""
        return len({found[0] for found in map(own_test_file_of, self.members) if found})

    @property
    def id(self) -> str:
        """The same for the same contents, whenever they were packed."""
        sums = sorted(f"{name} {member.sha256}\n" for name, member in self.members.items())
        return hashlib.sha256("".join(sums).encode()).hexdigest()


def app_version() -> str:
    try:
        return installed_version("perennial")
    except PackageNotFoundError:
        return ""


def table_member(table: str) -> str:
    return f"tables/{table}.jsonl"


def run_member(run_id: str, name: str) -> str:
    return f"adapters/{run_id}/{name}"


def run_file_of(name: str) -> tuple[str, str] | None:
    """The run and the file that a member's name stands for."""
    found = _RUN_FILE.fullmatch(name)
    return (found[1], found[2]) if found and found[2] in RUN_FILES else None


def own_test_member(number: int, name: str) -> str:
    return f"tests/{number}/{name}"


def own_test_file_of(name: str) -> tuple[int, str] | None:
    """The number of the test set and the file that a member's name stands for."""
    found = _OWN_TEST_FILE.fullmatch(name)
    return (int(found[1]), found[2]) if found and found[2] in _OWN_TEST_NAMES else None


def is_known(name: str) -> bool:
    """Whether a member of this name may stand in an archive."""
    table = _TABLE.fullmatch(name)
    if table is not None:
        return table[1] in BY_NAME
    return run_file_of(name) is not None or own_test_file_of(name) is not None
