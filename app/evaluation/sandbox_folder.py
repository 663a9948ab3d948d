"""The folder that code works in: empty at first, measured while it runs, gone afterwards."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath


@contextmanager
def work_folder() -> Iterator[Path]:
    """An empty folder, removed at the end whatever was made of it."""
    folder = Path(tempfile.mkdtemp(prefix="perennial-code-"))
    try:
        yield folder
    finally:
        clear(folder)


def put(folder: Path, files: Mapping[str, str]) -> None:
    """Write files into the folder; a name that leads out of it is an error."""
    for name, text in files.items():
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts or ":" in name or not inside.parts:
            raise ValueError(f"{name!r} is not a file's name inside a folder")
        place = folder / inside
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8", newline="")


def overfull(folder: Path, most_bytes: int, most_entries: int) -> bool:
    """Whether there is more in the folder than is allowed, or it is too deep to be told."""
    used = entries = 0
    pending = [str(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as found:
                for entry in found:
                    entries += 1
                    with suppress(FileNotFoundError):
                        used += entry.stat(follow_symlinks=False).st_size
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(entry.path)
                    if used > most_bytes or entries > most_entries:
                        return True
        except OSError as error:  # gone meanwhile, or closed by the code to itself as well
            if error.errno == errno.ENAMETOOLONG:
                return True
    return False


def clear(folder: Path) -> None:
    """Remove a folder; its folders are moved up to it first, for they may lie too deep to reach."""
    pending = [str(folder)]
    emptied = []
    while pending:
        place = pending.pop()
        emptied.append(place)
        with suppress(OSError):
            Path(place).chmod(0o700)
            with os.scandir(place) as found:
                entries = list(found)
            for entry in entries:
                with suppress(OSError):
                    if not entry.is_dir(follow_symlinks=False):
                        _remove(entry)
                        continue
                    Path(entry.path).chmod(0o700)
                    up = folder / f"moved-{secrets.token_hex(8)}"
                    pending.append(str(Path(entry.path).rename(up)))
    for place in reversed(emptied):
        with suppress(OSError):
            Path(place).rmdir()


def _remove(entry: os.DirEntry[str]) -> None:
    if os.name == "nt" and not entry.is_symlink():
        Path(entry.path).chmod(0o600)
    Path(entry.path).unlink()
