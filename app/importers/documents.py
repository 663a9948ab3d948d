"""What can be read of files, folders and ZIP archives; nothing is ever unpacked to the disk."""

from __future__ import annotations

import os
import stat
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, cast

from app.importers.findings import LeftOut, Unusable, shown
from app.importers.zip_limits import check_archive, check_member

_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass
class Siblings:
    """The documents beside one another in a folder, or in one of an archive, by their last name.

    A file that was named alone is still the part of an export that lies in its `folder`.
    """

    by_name: dict[str, Document] = field(default_factory=dict)
    folder: Path | None = None

    def find(self, name: str) -> Document | None:
        found = self.by_name.get(name)
        if found is None and self.folder is not None and (self.folder / name).is_file():
            path = self.folder / name
            return Document(name, path.stat().st_size, lambda: path.open("rb"), alone=False)
        return found


@dataclass(frozen=True)
class Document:
    """A file, or a member of an archive; the label names it, and is never a path to write to.

    `alone` when the user named it, so that it matters when nobody can read it; `packed` in an
    archive. `watched` opens it so that what is read counts as progress. `given` is what the user
    named: the file itself, or the folder or archive that it lies in.
    """

    label: str
    size: int
    open: Callable[[], BinaryIO]
    alone: bool = True
    packed: bool = False
    siblings: Siblings = field(default_factory=Siblings)
    watched: Callable[[], BinaryIO] | None = None
    given: Path | None = None


@dataclass(frozen=True)
class Gathered:
    """Everything to be read, and what cannot even be opened."""

    documents: list[Document]
    left_out: list[LeftOut]


@contextmanager
def gathered(paths: Iterable[Path]) -> Iterator[Gathered]:
    """The documents of files, folders and archives, for as long as they are read."""
    with ExitStack() as stack:
        found = Gathered([], [])
        for path in paths:
            before = len(found.documents)
            if path.is_dir():
                _gather_folder(path, found, stack)
            else:
                beside = Siblings(folder=path.parent)
                _gather_file(path, path.name, True, beside, found, stack)
            found.documents[before:] = [
                replace(each, given=path) for each in found.documents[before:]
            ]
        yield found


def _gather_folder(folder: Path, found: Gathered, stack: ExitStack) -> None:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        siblings = Siblings()
        for name in sorted(names):
            if name.startswith("."):
                continue
            path = Path(root) / name
            label = str(Path(folder.name) / path.relative_to(folder))
            _gather_file(path, label, False, siblings, found, stack)


def _gather_file(
    path: Path, label: str, alone: bool, siblings: Siblings, found: Gathered, stack: ExitStack
) -> None:
    label = shown(label, 120)
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise Unusable("it is not an ordinary file")
        with path.open("rb") as file:
            is_zip = file.read(4) in _ZIP_MARKS
        if is_zip:
            _gather_archive(path, label, found, stack)
            return
    except OSError as error:
        found.left_out.append(LeftOut(label, "", f"it cannot be read: {error.strerror or error}"))
    except (Unusable, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        reason = str(error) if isinstance(error, Unusable) else f"a damaged archive ({error})"
        found.left_out.append(LeftOut(label, "", reason))
    else:
        document = Document(label, facts.st_size, lambda: path.open("rb"), alone, False, siblings)
        siblings.by_name[path.name] = document
        found.documents.append(document)


def _gather_archive(path: Path, label: str, found: Gathered, stack: ExitStack) -> None:
    check_archive(path)
    archive = stack.enter_context(zipfile.ZipFile(path))
    beside: defaultdict[str, Siblings] = defaultdict(Siblings)
    size = path.stat().st_size
    if sum(member.compress_size for member in archive.infolist()) > size:
        raise Unusable("an archive whose members lie over one another, as in a ZIP bomb")
    total = 0
    for member in archive.infolist():
        if member.is_dir():
            continue
        name = f"{label}: {shown(member.filename, 120)}"
        total += member.file_size
        try:
            check_member(member, total)
        except Unusable as reason:
            found.left_out.append(LeftOut(name, "", str(reason)))
            continue
        folder, _, last = member.filename.replace("\\", "/").rpartition("/")
        opener, siblings = _opener(archive, member), beside[folder]
        document = Document(name, member.file_size, opener, False, True, siblings)
        siblings.by_name[last] = document
        found.documents.append(document)


def _opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: cast(BinaryIO, archive.open(member))
