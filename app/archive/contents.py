"""`archive.json`: what an archive holds, and the names that may stand in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.importers.findings import shown
from app.store.portable_rows import Count, Moment
from app.store.portable_tables import BY_NAME, Part

VERSION = 1
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


class Member(BaseModel):
    """What a member holds, unpacked."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    bytes: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


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


def is_known(name: str) -> bool:
    """Whether a member of this name may stand in an archive."""
    table = _TABLE.fullmatch(name)
    return (table is not None and table[1] in BY_NAME) or run_file_of(name) is not None
