"""The files of an archive's runs: copied beside their place, and moved there at the end."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.archive.contents import RUN_FILES, run_file_of
from app.archive.opening import OpenArchive
from app.home import Home
from app.store import Store

MARK = "from_archive.json"
_INCOMING = ".incoming-"
_COPY_BYTES = 1 << 20


class Staging:
    """Folders of runs that are on their way in."""

    def __init__(self, home: Home, archive: OpenArchive, run_ids: Mapping[str, str]) -> None:
        self._home = home
        self._archive = archive
        self._run_ids = run_ids
        self._root = home.runs / f"{_INCOMING}{uuid.uuid4().hex[:12]}"
        self._moved: list[Path] = []

    def fill(self) -> None:
        """Copy every file; each name is ours, whatever the archive calls it."""
        self._root.mkdir(mode=0o700)
        for member in self._archive.contents.members:
            found = run_file_of(member)
            if found is None:
                continue
            run_id, name = found
            folder = self._root / self._run_ids[run_id]
            if not folder.exists():
                folder.mkdir(mode=0o700)
                mark = json.dumps({"archive": self._archive.contents.id, "run": run_id})
                (folder / MARK).write_text(mark + "\n", "utf-8")
            self._copy(member, folder / RUN_FILES[name])

    def move(self) -> None:
        """Put every folder into its place."""
        for folder in sorted(self._root.iterdir()):
            place = self._home.runs / folder.name
            folder.rename(place)
            self._moved.append(place)
        self._root.rmdir()

    def remove(self) -> None:
        """Take away what was copied and moved."""
        for folder in (self._root, *self._moved):
            shutil.rmtree(folder, ignore_errors=True)

    def _copy(self, member: str, place: Path) -> None:
        place.parent.mkdir(mode=0o700, exist_ok=True)
        with self._archive.member(member) as stream, place.open("xb") as file:
            while chunk := stream.read(_COPY_BYTES):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def staged(home: Home, archive: OpenArchive, run_ids: Mapping[str, str]) -> Iterator[Staging]:
    """The copied files, removed again when what they belong to is not stored."""
    staging = Staging(home, archive, run_ids)
    done = False
    try:
        staging.fill()
        yield staging
        done = True
    finally:
        if not done:
            staging.remove()


def sweep(home: Home, store: Store) -> None:
    """Remove what a killed import left behind: folders that came along with no run."""
    known = {
        run.id for persona in store.personas.everyone() for run in store.runs.of_persona(persona.id)
    }
    for folder in home.runs.iterdir():
        left = folder.name.startswith(_INCOMING) or (
            folder.name not in known and (folder / MARK).is_file()
        )
        if left and folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
