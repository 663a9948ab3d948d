"""A file that is there whole or not at all, whatever ends its writer."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import psutil

from app.errors import ExportRefused

# Hears how many bytes were written; what it raises ends the writing, and nothing stays behind.
Watch = Callable[[int], None]
_PRIVATE_FILE = 0o600


@contextmanager
def part_file(out: Path, *, force: bool = False, watch: Watch | None = None) -> Iterator[BinaryIO]:
    """A stream into a part beside `out` that takes its place once everything is written.

    What a killed writer left behind goes with the next one of the same name.
    """
    _refuse_taken(out, force)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        _clear(out)
        with open(part, "xb", opener=_open_private) as file:
            yield file if watch is None else cast(BinaryIO, _Watched(file, watch))
            file.flush()
            os.fsync(file.fileno())
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


def _clear(out: Path) -> None:
    for path in out.parent.iterdir():
        if not (path.name.startswith(f".{out.name}.") and path.name.endswith(".part")):
            continue
        writer = path.name.removeprefix(f".{out.name}.").removesuffix(".part")
        own = writer == str(os.getpid())
        if own or (re.fullmatch(r"\d{1,9}", writer) and not psutil.pid_exists(int(writer))):
            path.unlink(missing_ok=True)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, _PRIVATE_FILE)
