"""Files of a hub fetched into a folder: on from where a cut ended, checked before they count."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
from filelock import FileLock, Timeout

from app.errors import HubRefused
from app.hub import HubFile, HubModel, check, file_address, offline, open_client

BLOCK_BYTES = 1 << 20
# What other programs write meanwhile; a full disk would stop them too.
SPARE_BYTES = 1 << 30
# In a row without a byte; each that brings some begins the count anew.
TRIES = 5
PAUSE_S = 1.0
PART = ".part"

_OK, _PARTIAL, _BEYOND_THE_END = 200, 206, 416


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True)
class Fetching:
    """Who hears how many bytes of all are here, and says whether it shall stop."""

    progress: Callable[[int, int], None] = lambda done, total: None
    stopped: Callable[[], bool] = lambda: False


def fetch(
    model: HubModel, files: Sequence[HubFile], folder: Path, fetching: Fetching = Fetching()
) -> None:
    """Have these files in the folder, each whole and what its digest says."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FileLock(folder / ".lock", timeout=0), open_client() as http:
            here = {file.name: _here(folder, file) for file in files}
            _check_disk(folder, sum(file.size_bytes - here[file.name] for file in files))
            done, total = 0, sum(file.size_bytes for file in files)
            for file in files:
                if not (folder / file.name).is_file():
                    _Download(http, model, file, folder, fetching, done, total).run()
                done += file.size_bytes
                fetching.progress(done, total)
    except Timeout as error:
        raise HubRefused(
            f"{model.id} is being fetched by another process.", "Wait for it.", kind="hub_busy"
        ) from error


@dataclass
class _Download:
    """One file on its way."""

    http: httpx.Client
    model: HubModel
    file: HubFile
    folder: Path
    fetching: Fetching
    before: int
    total: int

    @property
    def part(self) -> Path:
        return _part(self.folder, self.file)

    def run(self) -> None:
        """Fetch, go on after each cut, and put the file in its place when it is whole."""
        self.part.parent.mkdir(parents=True, exist_ok=True)
        for fresh in (False, True):
            if fresh:
                # A half of another file may have been there before.
                self.part.unlink(missing_ok=True)
            if self._arrived() == (self.file.sha256 or self.file.git_sha1):
                self.part.replace(self.folder / self.file.name)
                return
        self.part.unlink(missing_ok=True)
        raise HubRefused(
            f"What arrives as {self.file.name} of {self.model.id} is not what the hub says it is.",
            "Try again later, or choose another model; nothing of it was kept.",
            kind="hub_damaged",
        )

    def _arrived(self) -> str:
        """Fetch all of it; the digest of what is there then."""
        failed = 0
        while True:
            had = _size(self.part)
            try:
                return self._go_on()
            except httpx.TransportError as error:
                failed = 0 if _size(self.part) > had else failed + 1
                if failed >= TRIES:
                    raise offline(error) from error
                time.sleep(PAUSE_S * failed)

    def _go_on(self) -> str:
        start = min(_size(self.part), self.file.size_bytes)
        digest = self._digest_so_far(start)
        if start < self.file.size_bytes or not self.part.exists():
            headers = {"Range": f"bytes={start}-"} if start else {}
            address = file_address(self.model, self.file)
            with self.http.stream("GET", address, headers=headers) as answer:
                if answer.status_code == _BEYOND_THE_END:
                    self.part.unlink(missing_ok=True)
                    raise httpx.RemoteProtocolError("the file is shorter than it was")
                check(answer, self.model.id)
                if answer.status_code != _PARTIAL:
                    start, digest = 0, self._new_digest()
                self._take(answer, start, digest)
        return digest.hexdigest()

    def _take(self, answer: httpx.Response, start: int, digest: _Digest) -> None:
        done = start
        with self.part.open("r+b" if start else "wb") as out:
            out.seek(start)
            out.truncate()
            # As it comes: what is held back to fill a block would be lost in a cut.
            for block in answer.iter_raw():
                if done + len(block) > self.file.size_bytes:
                    raise httpx.RemoteProtocolError("more arrives than the file has")
                out.write(block)
                digest.update(block)
                done += len(block)
                self.fetching.progress(self.before + done, self.total)
                if self.fetching.stopped():
                    raise HubRefused(
                        f"Fetching {self.model.id} was stopped.",
                        "Ask for it again and it goes on where it ended.",
                        kind="hub_stopped",
                        kept="What was fetched so far is kept.",
                    )
        if done < self.file.size_bytes:
            raise httpx.RemoteProtocolError("the connection was cut")

    def _new_digest(self) -> _Digest:
        if self.file.sha256:
            return hashlib.sha256()
        # Git puts the size before what it digests.
        return hashlib.sha1(f"blob {self.file.size_bytes}\0".encode(), usedforsecurity=False)

    def _digest_so_far(self, size: int) -> _Digest:
        digest = self._new_digest()
        if size:
            with self.part.open("rb") as file:
                while size > 0 and (block := file.read(min(BLOCK_BYTES, size))):
                    digest.update(block)
                    size -= len(block)
        return digest


def _here(folder: Path, file: HubFile) -> int:
    return file.size_bytes if (folder / file.name).is_file() else _size(_part(folder, file))


def _part(folder: Path, file: HubFile) -> Path:
    return folder / f"{file.name}{PART}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _check_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed + SPARE_BYTES > free:
        raise HubRefused(
            f"There is no room for it: {needed / 1e9:.1f} GB are still to come, and the disk of"
            f" {folder} has {free / 1e9:.1f} GB left.",
            "Free some space, or choose a smaller model.",
            kind="disk_full",
            kept="Nothing was fetched now.",
        )
