"""A home out of a backup: all of it is checked beside its place before anything changes there."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from app.archive.contents import Member
from app.cycle.device import trainer_alive
from app.cycle.process import cycle_alive
from app.errors import SystemRefused, refused_with
from app.home import Home, open_home
from app.importers.findings import shown
from app.operations.backup_contents import (
    DATABASE,
    STARTER,
    BackupContents,
    BaseMark,
    is_allowed,
)
from app.operations.backup_reading import (
    UNCHANGED,
    UNREADABLE,
    BackupRefused,
    Versioned,
    opened,
    refuse_newer,
    refused,
)
from app.store.copies import version_of_copy
from ollama_bridge.runtime.protocol import ALIVE_LOCK
from trainer.contract.folder import RunFolder

# Hears how many bytes of how many are checked; what it raises ends the restoring.
Progress = Callable[[int, int], None]

_COPY_BYTES = 1 << 20
_SPARE_BYTES = 16 << 20
_LOCK_SLACK_S = 2.0


@dataclass(frozen=True)
class Restored:
    """A home as it was, and where the one is that lay there before."""

    home: Path
    aside: Path | None
    created: str
    files: int
    bases: tuple[BaseMark, ...]
    """What has to be got again, since it is not on this computer."""


def _quietly(_done: int, _whole: int) -> None:
    """Nobody wants to know how far it is."""


def opening_command(done: Restored) -> str:
    """What a person types to open a restored home, and to have the starter model fetched there."""
    fetches = any(base.source == STARTER for base in done.bases)
    program = "python3 start.py" if fetches else "perennial"
    place = f'"{done.home}"' if os.name == "nt" else shlex.quote(str(done.home))
    return f"{program} --home {place}"


def is_empty(root: Path) -> bool:
    """Whether nothing lies in a folder but what an unused home begins with."""
    return not any(
        name != "window.lock" and not name.endswith(".lock")
        for _, _, names in os.walk(root)
        for name in names
    )


def restore(
    file: Path,
    root: Path,
    *,
    replace: bool = False,
    bases_of: Path | None = None,
    progress: Progress = _quietly,
) -> Restored:
    """Put a backup into a new or empty folder, or with `replace` in the place of a home.

    The home that is replaced is moved aside whole, and never deleted. Base models that lie in
    that one, or in the home `bases_of`, need not be got again.
    """
    root = root.expanduser().resolve()
    there = root.exists() and not is_empty(root)
    if there and not replace:
        raise BackupRefused(
            f"The folder {root} is not empty.",
            "Choose a new or empty folder, or replace the home with `perennial restore`.",
            kind="restore_there",
            kept=UNCHANGED,
        )
    with refused_with(UNCHANGED), opened(file) as (zipped, contents):
        if there:
            _refuse_in_use(Home(root))
        _check_room(root, contents)
        staging = _staging(root)
        try:
            _unpack(file, zipped, contents, staging, progress)
            _check_database(file, staging / DATABASE)
            aside = _put_in_place(staging, root, there=there)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    open_home(root)
    _bring_bases(contents, aside or bases_of, root)
    left = tuple(base for base in contents.bases if not (root / base.path).exists())
    return Restored(root, aside, contents.created, len(contents.members), left)


def _refuse_in_use(home: Home) -> None:
    """Nobody may write into a home that is moved aside."""
    users = []
    if _window_open(home):
        users.append("its window")
    folders = [RunFolder(each) for each in home.runs.iterdir()] if home.runs.is_dir() else []
    users += [
        f"the training {each.root.name}"
        for each in folders
        if cycle_alive(each) or trainer_alive(each)
    ]
    if _is_held(home.root / ALIVE_LOCK):
        users.append("its model, which a chat or a program uses")
    if users:
        raise BackupRefused(
            f"The home {home.root} is in use: {', '.join(users)}.",
            "Close the window, stop what is under way, then restore.",
            kind="restore_in_use",
            kept=UNCHANGED,
        )


def _window_open(home: Home) -> bool:
    """Whether the process is there whose number stands in the lock of the window."""
    lock = home.root / "window.lock"
    try:
        process = psutil.Process(int(lock.read_text("utf-8", "replace").split("\n")[0]))
        return process.create_time() <= lock.stat().st_mtime + _LOCK_SLACK_S
    except (OSError, ValueError, psutil.Error):
        return False


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _check_room(root: Path, contents: BackupContents) -> None:
    needed = sum(each.bytes for each in contents.members.values()) + _SPARE_BYTES
    place = next(each for each in root.parents if each.is_dir())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise SystemRefused(
            f"The backup unpacks to {needed / 1e6:.0f} MB, and {place} has {free / 1e6:.0f} MB"
            " free.",
            "Free some space there, then try again.",
            kind="disk_full",
            kept=UNCHANGED,
        )


def _staging(root: Path) -> Path:
    """A folder of our own beside the place; what a killed restoring left goes first."""
    root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = f".{root.name}.restoring-"
    for left in root.parent.glob(f"{stem}*"):
        writer = left.name.removeprefix(stem)
        if re.fullmatch(r"\d{1,9}", writer) and not psutil.pid_exists(int(writer)):
            shutil.rmtree(left, ignore_errors=True)
    staging = root.with_name(f"{stem}{os.getpid()}")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    return staging


def _unpack(
    file: Path,
    zipped: zipfile.ZipFile,
    contents: BackupContents,
    staging: Path,
    progress: Progress,
) -> None:
    whole = sum(each.bytes for each in contents.members.values())
    done = 0
    for name, member in contents.members.items():
        place = staging / name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _copy(zipped, name, member, place)
        except (_Differs, *UNREADABLE) as error:
            reason = f"{shown(name)} in it is damaged"
            raise refused(file, reason) from error
        done += member.bytes
        progress(done, whole)


class _Differs(Exception):
    """A member is not what its sum says."""


def _copy(zipped: zipfile.ZipFile, name: str, member: Member, place: Path) -> None:
    summed, left = hashlib.sha256(), member.bytes
    handle = os.open(
        place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
    )
    with os.fdopen(handle, "wb") as out, zipped.open(name) as stream:
        while chunk := stream.read(min(_COPY_BYTES, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise _Differs(name)
            summed.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if left or summed.hexdigest() != member.sha256:
        raise _Differs(name)


def _check_database(file: Path, path: Path) -> None:
    version = version_of_copy(path)
    if version is None:
        raise refused(file, "its database is damaged")
    refuse_newer(file, Versioned(schema_version=version))


def _put_in_place(staging: Path, root: Path, *, there: bool) -> Path | None:
    """Two renames: a home is whole under one name or the other at every moment."""
    if not there:
        shutil.rmtree(root, ignore_errors=True)
        staging.rename(root)
        return None
    moment = datetime.now().strftime("%Y%m%d-%H%M%S")
    aside = root.with_name(f"{root.name}.before-restore-{moment}")
    try:
        root.rename(aside)
    except OSError as error:
        raise BackupRefused(
            f"The home {root} cannot be moved aside: {error.strerror or error}.",
            "Close what uses it, or restore into another folder with --home.",
            kind="restore_in_use",
            kept=UNCHANGED,
        ) from error
    try:
        staging.rename(root)
    except OSError:
        aside.rename(root)
        raise
    return aside


def _bring_bases(contents: BackupContents, source: Path | None, root: Path) -> None:
    """Have the files of base models in both homes without taking room twice, where that goes.

    Each is read by its digest before it is served. What cannot be brought is got again.
    """
    for base in contents.bases:
        name = base.path
        if source is None or not is_allowed(name) or (root / name).exists():
            continue
        there = source / name
        if there.is_file() and not there.is_symlink():
            with suppress(OSError):
                (root / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.link(there, root / name)
