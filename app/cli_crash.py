"""A bug on the command line: the report that is written, and where it lies."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

from app.errors import PerennialError

EXIT_BUG = 70


def report_bug(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """The excepthook: write the report and end with the code of a bug."""
    if not issubclass(kind, Exception):
        sys.__excepthook__(kind, error, trace)
        return
    text = "".join(traceback.format_exception(kind, error, trace))
    place = _write(_report(text))
    said = f"its report lies at {place}" if place else "its report could not be written"
    sys.stderr.write(
        f"A bug in Perennial: {kind.__name__}: {error}; {said}."
        " What was stored is kept; start again, and please send the report along.\n"
    )
    raise SystemExit(EXIT_BUG)


def _report(text: str) -> str:
    try:
        installed = version("perennial")
    except PackageNotFoundError:
        installed = "not installed"
    return "\n".join(
        [
            f"time: {datetime.now(UTC).isoformat()}",
            f"perennial: {installed}",
            f"python: {sys.version}",
            f"system: {platform.platform()}",
            f"verb: {sys.argv[1] if len(sys.argv) > 1 else ''}",
            "",
            text,
        ]
    )


def _write(report: str) -> Path | None:
    from app.home import open_home

    name = f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    folders = [Path(tempfile.gettempdir())]
    with contextlib.suppress(PerennialError):
        folders.insert(0, open_home(home_argument(sys.argv[1:])).logs)
    for folder in folders:
        try:
            (folder / name).write_text(report, "utf-8")
        except OSError:
            continue
        return folder / name
    return None


def home_argument(arguments: list[str]) -> Path | None:
    """The home that was asked for, also when the command line could not be read."""
    for place, word in enumerate(arguments):
        if word.startswith("--home="):
            return Path(word.removeprefix("--home="))
        if word == "--home" and place + 1 < len(arguments):
            return Path(arguments[place + 1])
    return None
