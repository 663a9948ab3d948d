"""`backup.json`: what a backup of a whole home holds, and the names that may stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app import starter
from app.archive.contents import Member
from app.home import Home
from app.operations.adding_bases import HUB
from app.store import Base, Store
from app.store.portable_rows import Count, Moment

VERSION = 1
CONTENTS = "backup.json"
DATABASE = "perennial.db"
# The source of the base that every start fetches by itself.
STARTER = "starter"
# Folders of a home that go along whole.
_FOLDERS = ("runs", "personas", "suites", "tests")
# What a process keeps for itself, what is made again, and what another computer cannot go on with.
_NOT_FOLDERS = frozenset({"checkpoints", ".data.part"})
_NOT_FILES = frozenset({"log.txt", "heartbeat", "control", "cycle.json", "lock"})
_NOT_ENDINGS = (".lock", ".part")
_NAME = re.compile(r'[^\\/:*?"<>|\x00-\x1f\x7f]{1,200}')
_DEEPEST = 12
# Names that Windows gives to devices, whatever their ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class BaseMark(BaseModel):
    """A base model that stays behind, and how it is known and had again."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    digest: str
    bytes: Count
    source: str
    path: str


class BackupContents(BaseModel):
    """The first thing to read of a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["perennial-home"] = "perennial-home"
    version: int = VERSION
    app_version: str
    schema_version: Annotated[int, Field(ge=1)]
    created: Moment
    members: dict[str, Member]
    bases: list[BaseMark]


def is_allowed(name: str) -> bool:
    """Whether a member of this name may be written into a home, on any system."""
    if name == DATABASE:
        return True
    parts = name.split("/")
    if not 2 <= len(parts) <= _DEEPEST or parts[0] not in (*_FOLDERS, "models"):
        return False
    return all(
        _NAME.fullmatch(part) and not part.endswith((".", " ")) and not _DEVICE.fullmatch(part)
        for part in parts
    )


def files_to_keep(home: Home, store: Store) -> Iterator[Path]:
    """What goes along beside the database, the same way round each time."""
    for name in _FOLDERS:
        yield from _files(home.root / name)
    for base in store.bases.all():
        if _in_home(home, base) and not _can_be_fetched(base):
            yield from [base.path] if base.path.is_file() else _files(base.path)


def bases_left(home: Home, store: Store) -> list[BaseMark]:
    """The bases that stay behind."""
    return [
        BaseMark(
            name=base.name,
            digest=base.digest,
            bytes=base.size_bytes,
            source=base.source or (STARTER if base.digest == starter.DIGEST else ""),
            path=base.path.relative_to(home.root).as_posix()
            if _in_home(home, base)
            else str(base.path),
        )
        for base in store.bases.all()
        if _can_be_fetched(base) or not _in_home(home, base)
    ]


def _in_home(home: Home, base: Base) -> bool:
    return base.path.is_relative_to(home.models)


def _can_be_fetched(base: Base) -> bool:
    return base.digest == starter.DIGEST or base.source.startswith(HUB)


def _files(folder: Path) -> Iterator[Path]:
    """Plain files that are nobody's working state; links would lead out of the home."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            if path.name not in _NOT_FOLDERS:
                yield from _files(path)
        elif path.name not in _NOT_FILES and not path.name.endswith(_NOT_ENDINGS):
            yield path
