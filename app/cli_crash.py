"""A bug on the command line: the report that is written, and where it lies."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import traceback
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
    # Loaded only now: the command line starts in the time that its verb takes.
    from app.operations.crash_reports import report_text, write_report

    trace_text = "".join(traceback.format_exception(kind, error, trace))
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    place = write_report(_folders(), report_text(trace_text, {"verb": verb}))
    said = f"its report lies at {place}" if place else "its report could not be written"
    sys.stderr.write(
        f"A bug in Perennial: {kind.__name__}: {error}; {said}."
        " What was stored is kept; start again, and please send the report along.\n"
    )
    raise SystemExit(EXIT_BUG)


def _folders() -> list[Path]:
    """The logs of the home, else where temporary files lie."""
    from app.home import open_home

    folders = [Path(tempfile.gettempdir())]
    with contextlib.suppress(PerennialError):
        folders.insert(0, open_home(home_argument(sys.argv[1:])).logs)
    return folders


def home_argument(arguments: list[str]) -> Path | None:
    """The home that was asked for, also when the command line could not be read."""
    for place, word in enumerate(arguments):
        if word.startswith("--home="):
            return Path(word.removeprefix("--home="))
        if word == "--home" and place + 1 < len(arguments):
            return Path(arguments[place + 1])
    return None
