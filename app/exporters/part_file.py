"""A file that is there whole or not at all, whatever ends its writer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import psutil

from app.errors import ExportRefused, refusal

# Hears how many bytes were written; what it raises ends the writing, and nothing stays behind.
Watch = Callable[[int], None]
_PRIVATE_FILE = 0o600
_STEM_CHARACTERS = 40


@contextmanager
def part_file(out: Path, *, force: bool = False, watch: Watch | None = None) -> Iterator[BinaryIO]:
    """A stream into a part beside `out` that takes its place once everything is written.

    What a killed writer left behind goes with the next one of the same name.
    """
    part = out.with_name(f"{_stem(out)}{os.getpid()}.part")
    with _told_of_place(out):
        _refuse_taken(out, force)
        _clear(out)
        opened = open(part, "xb", opener=_open_private)  # noqa: SIM115 (closed below)
    try:
        with opened as file:
            yield file if watch is None else cast(BinaryIO, _Watched(file, watch))
            file.flush()
            os.fsync(file.fileno())
        with _told_of_place(out):
            _refuse_taken(out, force)
            part.replace(out)
    finally:
        part.unlink(missing_ok=True)


class _Watched:
    """A stream that tells of everything that is written to it."""

    def __init__(self, stream: BinaryIO, watch: Watch) -> None:
        self._stream, self._watch = stream, watch

    def write(self, data: bytes) -> int:
        written = self._stream.write(data)
        self._watch(written)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _told_of_place(out: Path) -> Iterator[None]:
    """Say that it is the place where the system lets nobody write, or that has no such name."""
    try:
        yield
    except OSError as error:
        if refusal(error) in ("disk_full", "disk_failed"):
            raise
        raise ExportRefused(
            f"{out} cannot be written: {error.strerror}.",
            "Name another place with --out.",
            kind="export_refused",
            kept="Nothing was written.",
        ) from error


def _refuse_taken(out: Path, force: bool) -> None:
    if out.is_dir():
        raise ExportRefused(
            f"{out} is a folder.", "Name a file in it with --out.", kind="export_folder"
        )
    if not out.parent.is_dir():
        raise ExportRefused(
            f"The folder {out.parent} is not there.",
            "Make it, or name another place with --out.",
            kind="export_folder",
        )
    if out.exists() and not force:
        raise ExportRefused(
            f"{out} is there already.",
            "Name another file with --out, or replace it with --force.",
            kind="export_there",
            kept="It was left as it is.",
        )


def _stem(out: Path) -> str:
    """What the names of its parts begin with; the longest name that can be given leaves no room."""
    return f".{out.name[:_STEM_CHARACTERS]}."


def _clear(out: Path) -> None:
    for path in out.parent.iterdir():
        if not (path.name.startswith(_stem(out)) and path.name.endswith(".part")):
            continue
        writer = path.name.removeprefix(_stem(out)).removesuffix(".part")
        own = writer == str(os.getpid())
        if own or (re.fullmatch(r"\d{1,9}", writer) and not psutil.pid_exists(int(writer))):
            path.unlink(missing_ok=True)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, _PRIVATE_FILE)
