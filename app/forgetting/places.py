"""Every place of a home where words may lie beside the database, and the room that is needed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from app.errors import PerennialError
from app.forgetting.run_folders import files_of, run_folders
from app.forgetting.scrubbing import NO_TEXT, holds, scrub
from app.forgetting.traces import Traces
from app.home import Home
from app.operations.own_tests import tests_folder
from app.store.forgetting import Place, Scope

# Beside the file that is written anew, for what others store meanwhile.
SPARE_BYTES = 16 << 20
ANSWERS = "cache"
_KEPT = "Nothing was forgotten yet; everything is as it was."


def scrub_home(home: Home, traces: Traces, but: Collection[Path]) -> list[Path]:
    """Take the words out of logs, caches and whatever else lies in a home; what was changed."""
    changed = []
    for path in _others(home):
        if not any(path.is_relative_to(each) for each in but) and scrub(path, traces):
            changed.append(path)
    return changed


def standing_in_tests(home: Home, sentences: Collection[str]) -> dict[str, Place]:
    """The sentences that stand in a test set, too, each with one of them."""
    nothing = Scope("message", ())
    every = Traces(nothing, sentences)
    files = [path for path in files_of(tests_folder(home)) if holds(path, every)]
    return {
        sentence: Place("test", path.name.partition(".")[0])
        for path in files
        for sentence in sentences
        if holds(path, Traces(nothing, [sentence]))
    }


def empty_logs(home: Home) -> None:
    """Cut every log and report to nothing, and drop what models answered in examinations.

    A log that is open elsewhere goes on from there: everybody appends.
    """
    for path in files_of(home.logs):
        os.truncate(path, 0)
    shutil.rmtree(home.root / ANSWERS, ignore_errors=True)


def check_room(home: Home, backups: Collection[Path]) -> None:
    """Refuse at once what would only fail in the middle: a database is written anew as a whole."""
    needed = SPARE_BYTES + max(
        path.stat().st_size for path in (home.database, *backups) if path.exists()
    )
    places = {home.root: needed}
    temporary = _temporary_folder()
    same = temporary.stat().st_dev == home.root.stat().st_dev
    places = {home.root: 2 * needed} if same else {home.root: needed, temporary: needed}
    for place, wanted in places.items():
        free = shutil.disk_usage(place).free
        if free < wanted:
            raise PerennialError(
                f"To leave no trace the database is written anew; that needs {wanted / 1e6:.0f} MB"
                f" at {place}, and {free / 1e6:.0f} MB are free.",
                "Free some space there, then ask for it again.",
                kind="forgetting_no_room",
                kept=_KEPT,
            )


def _others(home: Home) -> list[Path]:
    """Files outside of the folders of runs; models are other people's weights.

    Test sets are questions of the user's own: one that lost some would judge less, and not say so.
    """
    own = (home.models, tests_folder(home), *(folder.root for folder in run_folders(home)))
    return [
        path
        for path in files_of(home.root)
        if path.suffix not in NO_TEXT and not any(path.is_relative_to(each) for each in own)
    ]


def _temporary_folder() -> Path:
    """Where SQLite writes the new file first; on Windows it asks the system as Python does."""
    named = [os.environ.get(name) for name in ("SQLITE_TMPDIR", "TMPDIR")]
    usual = [] if os.name == "nt" else ["/var/tmp", "/usr/tmp", "/tmp"]
    for place in (*named, *usual):
        if place and Path(place).is_dir() and os.access(place, os.W_OK):
            return Path(place)
    return Path(tempfile.gettempdir())
