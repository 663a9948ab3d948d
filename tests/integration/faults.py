"""Commands in real processes on disks and homes that have something wrong with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.home import Home, open_home
from app.store import open_store
from tests.tiny_month import ROOT, TinyMonth, environment

HOOKS = Path(__file__).parent / "hooks"
LIMIT_S = 400.0


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    told: str

    @property
    def result(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        (line,) = self.out.splitlines()
        row: dict[str, Any] = json.loads(line)
        return row

    @property
    def error(self) -> dict[str, str]:
        """The error as `--json` prints it; a person reads the same words, and no stack trace."""
        found: dict[str, str] = self.result["error"]
        assert self.code == 1
        assert "Traceback" not in self.out + self.told
        assert all("\n" not in part for part in found.values())
        assert found["text"] and found["next_step"] and found["kept"]
        said = " ".join((found["text"], found["kept"], found["next_step"]))
        assert self.told.splitlines()[-1] == said
        return found


def command(home: Path, *words: str, stdin: str = "", **variables: str) -> Ended:
    """Run a verb as a terminal would."""
    packages = os.pathsep.join([str(HOOKS), str(ROOT)])
    ended = subprocess.run(
        [sys.executable, "-m", "app.cli", *words, "--home", str(home)],
        env={**environment(), "PYTHONPATH": packages, **variables},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@dataclass(frozen=True)
class Disk:
    """A disk of its own where that can be had; else a fault stands in for its being full."""

    root: Path
    own: bool

    def full_at(self, fault: str, after: int = 0) -> dict[str, str]:
        """What makes a process fill the disk before it calls a function."""
        ballast = {"PERENNIAL_TEST_BALLAST": str(self.ballast)} if self.own else {}
        after_calls = {"PERENNIAL_TEST_AFTER": str(after)}
        return {"PERENNIAL_TEST_FAULT": fault, **after_calls, **ballast}

    @property
    def ballast(self) -> Path:
        return self.root / "ballast"

    def free(self) -> None:
        """Give the room back."""
        assert self.ballast.exists() is self.own, "the disk was never full"
        self.ballast.unlink(missing_ok=True)


def mounted(*arguments: str) -> bool:
    """Whether something could be mounted; that takes the rights of root."""
    try:
        ended = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    except OSError:
        return False
    return ended.returncode == 0


def unmount(place: Path) -> None:
    subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)


@contextmanager
def read_only_view(home: Path, place: Path) -> Iterator[bool]:
    """The home a second time, where nobody can write to it; False where that cannot be had."""
    place.mkdir()
    if not mounted("--bind", str(home), str(place)):
        yield False
        return
    try:
        yield mounted("-o", "remount,ro,bind", str(place))
    finally:
        unmount(place)


def a_month(root: Path, *, replies: int = 60) -> Home:
    """A home with a persona on a tiny model and a month behind it."""
    home = open_home(root)
    with open_store(home) as store:
        month = TinyMonth(home, store)
        month.talk(replies)
        month.replay()
        month.recipe_file(evaluations=3)
    return home


def usable(home: Home) -> int:
    """How many replies are rated."""
    with open_store(home) as store:
        (sunny,) = store.personas.all()
        turns = [turn for each in store.learnable(sunny.id) for turn in each.turns]
        return sum(turn.rating is not None for turn in turns)
