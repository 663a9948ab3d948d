"""The home: the one folder in which everything of a user lies, readable by its owner alone."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from app.errors import HomeError, refusal

HOME_VARIABLE = "PERENNIAL_HOME"
_PRIVATE_FOLDER = 0o700
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST}


@dataclass(frozen=True)
class Home:
    """Names every place in the home."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "perennial.db"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def personas(self) -> Path:
        return self.root / "personas"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def suites(self) -> Path:
        """Suites of the user's own; they need not have any."""
        return self.root / "suites"

    @property
    def runtime_file(self) -> Path:
        return self.root / "runtime.json"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every folder of the home, the home itself first."""
        return (self.root, self.runs, self.models, self.personas, self.backups, self.logs)


def open_home(path: Path | None = None) -> Home:
    """The home at `path`, else at PERENNIAL_HOME, else in the platform's data folder."""
    home = Home(_chosen(path))
    try:
        for folder in home.folders:
            _make_private(folder)
        _try_writing(home.root)
    except OSError as error:
        raise _home_error(home.root, error) from error
    return home


def _chosen(path: Path | None) -> Path:
    if path is not None:
        return path.expanduser().absolute()
    variable = os.environ.get(HOME_VARIABLE)
    if variable:
        return Path(variable).expanduser().absolute()
    return Path(platformdirs.user_data_dir("perennial", appauthor=False))


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    if os.name == "nt" or not stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return
    try:
        folder.chmod(_PRIVATE_FOLDER)
    except PermissionError as error:
        raise HomeError(
            f"The folder {folder} can be read by others, and that cannot be changed.",
            f"Choose a folder of your own with --home or {HOME_VARIABLE}.",
            kind="not_private",
        ) from error


def _try_writing(root: Path) -> None:
    with tempfile.TemporaryFile(dir=root) as file:
        file.write(bytes(4096))
        file.flush()
        os.fsync(file.fileno())


def _home_error(root: Path, error: OSError) -> HomeError:
    elsewhere = f"choose another folder with --home or {HOME_VARIABLE}."
    if refusal(error) == "disk_full":
        return HomeError(
            f"The disk that holds {root} is full.",
            f"Free some space on it, or {elsewhere}",
            kind="disk_full",
            kept="Everything that was stored is still there.",
        )
    if refusal(error) == "read_only":
        return HomeError(
            f"The home {root} cannot be written to.",
            f"Make the folder writable for your user, or {elsewhere}",
            kind="read_only",
            kept="Nothing in it was changed.",
        )
    if error.errno in _NO_FOLDER:
        return HomeError(
            f"The home {root} is not a folder.",
            f"Move the file that is in the way, or {elsewhere}",
            kind="not_a_folder",
            kept="Nothing was changed.",
        )
    return HomeError(
        f"The home {root} cannot be used: {error.strerror or error}.",
        f"See to the folder, or {elsewhere}",
        kept="Nothing in it was changed.",
    )
