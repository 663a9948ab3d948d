"""Which files of a folder are new or have changed since it was looked into last."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import SourceRefused
from app.importers.findings import shown

STILL_S = 2.0
MAX_FILES = 500_000
_AGAIN = "It is tried again next time."


@dataclass(frozen=True)
class ChangedFiles:
    """Files to be read together: one, or those of one conversation."""

    key: str
    mark: str
    label: str
    paths: tuple[Path, ...]
    size: int


@dataclass(frozen=True)
class FolderLook:
    """What a folder holds: what changed, the marks of what did not, and what is being written."""

    changed: tuple[ChangedFiles, ...]
    unchanged: Mapping[str, str]
    writing: int


@dataclass
class _Together:
    """Files with one key, while a folder is gone through."""

    paths: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    size: int = 0
    still: bool = True


def look_into(
    root: Path,
    known: Mapping[str, str],
    unit_of: Callable[[str, str], str | None],
    but: Path | None = None,
) -> FolderLook:
    """Go through a folder; links are not followed, and hidden files are passed over.

    `unit_of` says of a file, by the path of its folder below the root and by its name, what it
    is read with (by itself when that is its own path), and None when it is not read at all.
    """
    found: dict[str, _Together] = {}
    now = time.time()
    for count, (path, folder, name, facts) in enumerate(_files(root, but)):
        if count >= MAX_FILES:
            raise SourceRefused(
                f"{root} holds more than {MAX_FILES:,} files.",
                "Choose a folder that holds conversations alone.",
                kind="source_many",
                kept="Nothing of it came in.",
            )
        unit = unit_of(folder, name)
        if unit is None:
            continue
        together = found.setdefault(unit, _Together())
        together.paths.append(path)
        together.marks.append(f"{facts.st_mtime_ns}.{facts.st_size}")
        together.size += facts.st_size
        # A clock that was set back leaves times in the future; those are still too.
        together.still &= abs(now - facts.st_mtime) >= STILL_S
    return _compared(found, known)


def _compared(found: Mapping[str, _Together], known: Mapping[str, str]) -> FolderLook:
    changed: list[ChangedFiles] = []
    unchanged: dict[str, str] = {}
    writing = 0
    for unit, each in found.items():
        key, mark = _key_of(unit), " ".join(sorted(each.marks))
        if known.get(key) == mark:
            unchanged[key] = mark
        elif each.still:
            paths = tuple(map(Path, each.paths))
            changed.append(ChangedFiles(key, mark, shown(unit, 120), paths, each.size))
        else:
            writing += 1
            if key in known:
                unchanged[key] = known[key]
    return FolderLook(tuple(sorted(changed, key=lambda each: each.label)), unchanged, writing)


def _files(root: Path, but: Path | None) -> Iterator[tuple[str, str, str, os.stat_result]]:
    """Every ordinary file: its path, that of its folder below the root, its name."""
    hidden = but.relative_to(root).as_posix() if but and but.is_relative_to(root) else None
    waiting = [""]
    while waiting:
        below = waiting.pop()
        folder = root / below
        try:
            entries = os.scandir(folder)
        except OSError as error:
            if not below:
                raise _unreachable(root, error) from error
            continue  # it has gone, or belongs to somebody else
        with entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                inside = f"{below}/{entry.name}" if below else entry.name
                try:
                    if entry.is_dir(follow_symlinks=False):
                        if inside != hidden:
                            waiting.append(inside)
                        continue
                    facts = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # it vanished meanwhile
                if stat.S_ISREG(facts.st_mode):
                    yield entry.path, below, entry.name, facts
    if not root.is_dir():
        raise _unreachable(root, FileNotFoundError(2, "it went away while it was looked into"))


def _key_of(unit: str) -> str:
    """A short name for a path: file names are somebody's words too, and are kept nowhere."""
    return hashlib.blake2b(unit.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def _unreachable(root: Path, error: OSError) -> SourceRefused:
    return SourceRefused(
        f"The folder {root} cannot be looked into: {error.strerror or error}.",
        f"See that it is there, that its disk is connected and that you may read it. {_AGAIN}",
        kind="source_missing",
        kept="What came in before stays.",
    )
