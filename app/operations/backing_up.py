"""One file with everything that is needed to go on on another computer."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from app.archive.contents import Member, app_version
from app.errors import PerennialError, SystemRefused, refused_with
from app.exporters.part_file import part_file
from app.forgetting.journal import forgetting_lock
from app.home import Home
from app.operations.backup_contents import (
    CONTENTS,
    DATABASE,
    BackupContents,
    BaseMark,
    bases_left,
    files_to_keep,
    is_allowed,
)
from app.store import Store
from app.store.database import now
from app.store.migrations import MIGRATIONS

# Hears how many bytes of how many are written; what it raises ends the backup.
Progress = Callable[[int, int], None]

ENDING = ".zip"
_COPY_BYTES = 1 << 20
_PRIVATE_FILE = 0o600 << 16
# What is larger is stored as it is: rows that are all alike would look like a ZIP bomb.
_PACKED_BYTES = 16 << 20
_SPARE_BYTES = 16 << 20
_NOTHING = "Nothing was written."


@dataclass(frozen=True)
class BackedUp:
    """A backup that was written."""

    path: Path
    files: int
    bytes: int
    bases: tuple[BaseMark, ...]
    """What stays behind and has to be got again elsewhere."""


def _quietly(_done: int, _whole: int) -> None:
    """Nobody wants to know how far it is."""


def default_name(moment: str) -> str:
    """What a backup of this moment is called."""
    return f"perennial-{moment[:10]}{ENDING}"


def back_up(
    home: Home,
    store: Store,
    target: Path,
    *,
    force: bool = False,
    progress: Progress = _quietly,
) -> BackedUp:
    """Write the whole home into one file, which is there whole or not at all."""
    with refused_with(_NOTHING), _nothing_forgotten(home, store):
        # Taken first: what files name that came after it is more than it needs, never less. Under
        # another name at once, since a training would count on a copy that stays.
        copy = store.back_up()
        copy = copy.replace(copy.with_suffix(".zip.part"))
        try:
            return _write(home, store, copy, target.expanduser().absolute(), force, progress)
        finally:
            copy.unlink(missing_ok=True)


@contextmanager
def _nothing_forgotten(home: Home, store: Store) -> Iterator[None]:
    """What is being forgotten must not be read before and written after."""
    from app.operations import forgetting

    forgetting.go_on(home, store)
    try:
        with forgetting_lock(home).acquire(timeout=0):
            yield
    except Timeout as error:
        raise PerennialError(
            "Another window or command is forgetting something or making a backup just now.",
            "Wait for it to end, then make the backup.",
            kind="backup_busy",
            kept=_NOTHING,
        ) from error


def _write(
    home: Home, store: Store, copy: Path, target: Path, force: bool, progress: Progress
) -> BackedUp:
    named = [(DATABASE, copy)]
    for path in files_to_keep(home, store):
        name = path.relative_to(home.root).as_posix()
        if is_allowed(name) and path != target:
            named.append((name, path))
    whole = sum(_size(path) for _, path in named)
    if target.parent.is_dir():
        _check_room(target, whole)
    bases = bases_left(home, store)
    with part_file(target, force=force) as stream:
        with zipfile.ZipFile(stream, "w", strict_timestamps=False) as zipped:
            members = _pack(zipped, named, whole, progress)
            contents = BackupContents(
                app_version=app_version(),
                schema_version=len(MIGRATIONS),
                created=now(),
                members=members,
                bases=bases,
            )
            info = _info(CONTENTS, packed=True)
            zipped.writestr(info, contents.model_dump_json(indent=1) + "\n")
        size = stream.seek(0, 2)
    return BackedUp(target, len(members), size, tuple(bases))


def _pack(
    zipped: zipfile.ZipFile, named: Iterable[tuple[str, Path]], whole: int, progress: Progress
) -> dict[str, Member]:
    members: dict[str, Member] = {}
    done = 0
    progress(done, whole)
    for name, path in named:
        summed, size = hashlib.sha256(), 0
        try:
            source = path.open("rb")
        except FileNotFoundError:
            continue  # a run that is under way clears up behind itself
        packed = _size(path) <= _PACKED_BYTES and path.suffix not in (".gguf", ".safetensors")
        with source, zipped.open(_info(name, packed=packed), "w", force_zip64=True) as member:
            while chunk := source.read(_COPY_BYTES):
                member.write(chunk)
                summed.update(chunk)
                size += len(chunk)
                done += len(chunk)
                progress(done, max(done, whole))
        members[name] = Member(bytes=size, sha256=summed.hexdigest())
    return members


def _info(name: str, *, packed: bool) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    info.external_attr = _PRIVATE_FILE
    return info


def _check_room(target: Path, whole: int) -> None:
    """Refuse at once what would only fail in the middle; packing makes it smaller, if anything."""
    free = shutil.disk_usage(target.parent).free
    if free < whole + _SPARE_BYTES:
        raise SystemRefused(
            f"The backup takes up to {whole / 1e6:.0f} MB, and {target.parent} has"
            f" {free / 1e6:.0f} MB free.",
            "Free some space there, or choose another place.",
            kind="disk_full",
            kept=_NOTHING,
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
