"""The reports that bugs left behind: kept on this computer until somebody deletes them."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path

from app.home import Home

PATTERN = "crash-*.txt"


@dataclass(frozen=True)
class CrashReport:
    """A report of a bug."""

    path: Path
    when: str


def report_text(trace: str, facts: Mapping[str, str]) -> str:
    """A report of a bug: versions, what was being done, and where in the code it went wrong."""
    try:
        installed = version("perennial")
    except PackageNotFoundError:
        installed = "not installed"
    known = {
        "time": datetime.now(UTC).isoformat(),
        "perennial": installed,
        "python": sys.version,
        "system": platform.platform(),
        **facts,
    }
    return "\n".join([*(f"{name}: {value}" for name, value in known.items()), "", trace])


def write_report(folders: Iterable[Path], report: str) -> Path | None:
    """Write it into the first folder that takes it; where it lies, if anywhere."""
    stem = f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}"
    for folder in folders:
        for number in count():
            path = folder / (f"{stem}-{number}.txt" if number else f"{stem}.txt")
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(report)
            except FileExistsError:
                continue  # another one in the same second
            except OSError:
                break
            return path
    return None


def crash_reports(home: Home) -> tuple[CrashReport, ...]:
    """The newest first."""
    found = []
    for path in home.logs.glob(PATTERN):
        try:
            moment = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:  # deleted meanwhile
            continue
        found.append(CrashReport(path, moment.isoformat()))
    return tuple(sorted(found, key=lambda report: report.when, reverse=True))


def delete_reports(home: Home) -> int:
    """Delete them all; how many that were."""
    reports = crash_reports(home)
    for report in reports:
        report.path.unlink(missing_ok=True)
    return len(reports)
