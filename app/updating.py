"""`start.py update`: the newest version, or, when anything about it fails, the former one whole.

Standard library only. It runs the old code's copy of itself while the files below it change, so
the new code is only ever run in processes of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.errors import PerennialError
from app.installation import (
    STAMP_NAME,
    TORCH_CUDA_INDEX,
    installed_extras,
    needs_cuda_index,
    python_of,
    venv_of,
)
from app.pip_run import run_pip

Tell = Callable[[str], None]

_WHERE = "from app.home import open_home; print(open_home({home}).root)"
_MIGRATE = (
    "from app.home import open_home; from app.store import open_store;"
    " open_store(open_home({home})).close()"
)


@dataclass(frozen=True)
class Before:
    """What is needed to go back."""

    commit: str
    packages: str
    stamp: bytes
    backups: frozenset[Path]


def update(root: Path, tell: Tell, home_argument: str | None = None) -> int:
    """Fetch, install and migrate; on a failure everything is put back and the reason raised."""
    python = python_of(venv_of(root))
    _refuse_if_not_a_clean_clone(root)
    if not python.exists():
        raise PerennialError(
            "Perennial is not set up yet, so there is nothing to update.",
            "Start it once with: python3 start.py",
        )
    home = _home(python, home_argument)
    _refuse_open_window(home)
    before = _before(root, python, home)
    tell("Fetching the newest version.")
    pulled = _git(root, "pull", "--ff-only", "--quiet")
    if pulled.returncode:
        raise PerennialError(
            f"The newest version could not be fetched: {_last_line(pulled)}",
            "Check the connection, then update again.",
            kept="Nothing was changed.",
        )
    commit = _output(root, "rev-parse", "HEAD")
    if commit == before.commit:
        tell("This is the newest version already.")
        return 0
    try:
        _run_new(
            [sys.executable, str(root / "start.py"), "setup", *sorted(installed_extras(root))],
            "The new version could not be installed",
        )
        script = _MIGRATE.format(home=_home_code(home_argument))
        _run_new([str(python), "-P", "-c", script], "The database could not be migrated")
    except PerennialError as error:
        tell(f"{error.text} Going back to the former version.")
        _go_back(root, python, home, before, tell)
        raise PerennialError(
            error.text,
            "Go on with the former version, and update again when a newer one is out.",
            kind="update_failed",
            kept="The former version, its packages and the database are in place again.",
        ) from error
    tell(f"Updated from {before.commit[:10]} to {commit[:10]}.")
    return 0


def _refuse_if_not_a_clean_clone(root: Path) -> None:
    if shutil.which("git") is None or not (root / ".git").exists():
        raise PerennialError(
            "This copy of Perennial is not a git clone, so it cannot fetch the newest version.",
            "Download the new version, put its files over these, and start again:"
            " what has changed is installed then.",
            kept="Nothing was changed.",
        )
    if _output(root, "status", "--porcelain", "--untracked-files=no"):
        raise PerennialError(
            "Files of Perennial were changed on this machine; an update would overwrite them.",
            "Commit them or put them aside (git stash), then update again.",
            kept="Nothing was changed.",
        )


def _refuse_open_window(home: Path) -> None:
    """The window holds the database open, which going back may have to replace."""
    if os.name == "nt":
        return  # An open window holds its files there, and the update says so itself.
    try:
        process_id = int((home / "window.lock").read_text(encoding="utf-8").split("\n")[0])
        os.kill(process_id, 0)
    except (OSError, ValueError):
        return
    raise PerennialError(
        "The window of Perennial is open.",
        "Close it, then update again.",
        kept="Nothing was changed.",
    )


def _before(root: Path, python: Path, home: Path) -> Before:
    frozen = subprocess.run(
        [str(python), "-m", "pip", "freeze", "--exclude-editable"],
        capture_output=True,
        text=True,
        check=False,
    )
    stamp = venv_of(root) / STAMP_NAME
    return Before(
        commit=_output(root, "rev-parse", "HEAD"),
        packages=frozen.stdout,
        stamp=stamp.read_bytes() if stamp.exists() else b"",
        backups=frozenset((home / "backups").glob("perennial-*.db")),
    )


def _go_back(root: Path, python: Path, home: Path, before: Before, tell: Tell) -> None:
    _git(root, "reset", "--hard", "--quiet", before.commit)
    _restore_database(home, before.backups)
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "packages.txt"
        listed.write_text(before.packages, encoding="utf-8")
        arguments = ["install", "--no-compile", "--no-deps", "-r", str(listed)]
        if needs_cuda_index():
            arguments += ["--extra-index-url", TORCH_CUDA_INDEX]
        title = "Putting the former packages back"
        run_pip(python, arguments, title, tell, venv_of(root) / "install.log")
    if before.stamp:
        (venv_of(root) / STAMP_NAME).write_bytes(before.stamp)


def _restore_database(home: Path, earlier: frozenset[Path]) -> None:
    """The store copies the database before its first step, so a new copy means that it began."""
    made = sorted(set((home / "backups").glob("perennial-*.db")) - earlier)
    if not made:
        return
    database = home / "perennial.db"
    part = database.with_suffix(".restoring")
    shutil.copyfile(made[0], part)
    part.chmod(0o600)
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    part.replace(database)


def _home(python: Path, argument: str | None) -> Path:
    script = _WHERE.format(home=_home_code(argument))
    asked = subprocess.run(
        [str(python), "-P", "-c", script], capture_output=True, text=True, check=False
    )
    if asked.returncode:
        raise PerennialError(
            f"The home cannot be used: {_last_line(asked)}",
            "See to it, then update again.",
            kept="Nothing was changed.",
        )
    return Path(asked.stdout.strip())


def _home_code(argument: str | None) -> str:
    return f"__import__('pathlib').Path({argument!r})" if argument else ""


def _run_new(command: Sequence[str], failure: str) -> None:
    """Run the new version's code; what it says is the user's to read as it comes."""
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    said = done.stderr.decode(errors="replace")
    with suppress(OSError):
        sys.stderr.write(said)
    if done.returncode:
        last = said.strip().splitlines()[-1:] or ["no reason given"]
        raise PerennialError(f"{failure}: {last[0]}", "")


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", str(root), *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _output(root: Path, *arguments: str) -> str:
    return _git(root, *arguments).stdout.strip()


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    return ((done.stderr or done.stdout).strip().splitlines() or ["no reason given"])[-1]
