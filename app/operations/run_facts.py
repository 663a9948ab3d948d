"""What a run's folder tells of it; of files that are damaged or gone, which and why."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from app.archive.limits import MAX_TEXT_BYTES
from app.cycle.stages import is_after
from app.evaluation.page_reading import Part, number, part, points, text
from app.store.values import Run
from trainer.contract.folder import RunFolder, read_rows

Why = Literal["missing", "damaged", "too_large", "unreadable"]
_HEAD_ROWS = 50  # the preflight is among the first events
_TAIL_BYTES = 64 << 10


@dataclass(frozen=True)
class FileTrouble:
    """A file, or the folder itself, that cannot be read."""

    name: str
    why: Why


@dataclass
class RunFiles:
    """The files of a run's folder, read one by one; collects what is wrong with them."""

    folder: RunFolder
    troubles: list[FileTrouble] = field(default_factory=list)

    def json(self, path: Path, *, expected: bool = True) -> Part:
        """A file with one JSON object; an empty one where that cannot be had."""
        why: Why | None = None
        found: object = None
        try:
            if path.stat().st_size > MAX_TEXT_BYTES:
                why = "too_large"
            else:
                found = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            if not expected:
                return {}
            why = "missing"
        except OSError:
            why = "unreadable"
        except (ValueError, RecursionError):
            why = "damaged"
        if why is None and not isinstance(found, Mapping):
            why = "damaged"
        if why is not None:
            self._tell(path, why)
        return found if isinstance(found, Mapping) else {}

    def rows(self, path: Path, *, expected: bool = True) -> Iterator[Part]:
        """The rows of a file of events; a damaged one is left out."""
        if expected and not path.exists():
            self._tell(path, "missing")
        try:
            yield from read_rows(path)
        except OSError:
            self._tell(path, "unreadable")
        except RecursionError:
            self._tell(path, "damaged")

    def _tell(self, path: Path, why: Why) -> None:
        name = path.relative_to(self.folder.root).as_posix()
        self.troubles.append(FileTrouble(name, why))


@dataclass(frozen=True)
class RunFacts:
    """A run as its folder tells of it, without its curves."""

    report: Part = field(default_factory=dict)
    manifest: Part = field(default_factory=dict)
    mix: Part = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    device: str = ""
    precision: str = ""
    train_loss: float | None = None
    valid_loss: float | None = None
    troubles: tuple[FileTrouble, ...] = ()

    @property
    def round(self) -> str:
        return text(part(self.manifest, "round").get("name"))

    @property
    def took(self) -> float | None:
        """Seconds of work, without the time that it waited for somebody."""
        total = self.seconds.get("total")
        return total if total is not None else sum(self.seconds.values()) or None


def facts_of(run: Run, root: Path, *, elsewhere: bool = False) -> RunFacts:
    """Read what there is; a run of another home came along without some of its files."""
    if not root.is_dir():
        return RunFacts(troubles=(FileTrouble(root.name, "missing"),))
    folder = RunFolder(root)
    files = RunFiles(folder)
    mixed = is_after(run.stage, "mixed") and not elsewhere
    trained = is_after(run.stage, "trained") and not elsewhere
    manifest = files.json(folder.data / "manifest.json", expected=mixed)
    report = files.json(folder.report, expected=run.verdict is not None)
    device, precision = _device(files.rows(folder.events, expected=trained))
    train, valid = _losses(report, folder.events)
    return RunFacts(
        report, manifest, _mix(manifest) or part(report, "data"),
        _seconds(report, files), device, precision, train, valid, tuple(files.troubles),
    )  # fmt: skip


def _mix(manifest: Part) -> Part:
    """A manifest in the few numbers that a report has of it."""
    train = part(manifest, "train")
    if not train:
        return {}

    def replies(*names: str) -> float:
        of: Part = manifest
        for name in names:
            of = part(of, name)
        return number(of.get("replies")) or 0

    groups = {str(name): part(part(manifest, "groups"), name) for name in part(manifest, "groups")}
    short = manifest.get("shortfalls")
    return {
        "new": replies("train", "new"),
        "replay": replies("train", "replay"),
        "groups": {name: number(each.get("train")) or 0 for name, each in groups.items()},
        "valid": replies("valid", "new") + replies("valid", "replay"),
        "test": replies("test"),
        "replay_test": replies("replay_test"),
        "shortfalls": short if isinstance(short, list) else [],
    }


def _seconds(report: Part, files: RunFiles) -> dict[str, float]:
    """How long each stage took: as reported, else as the cycle's own events tell."""
    told = {name: number(each) for name, each in part(report, "seconds").items()}
    found = {name: each for name, each in told.items() if each is not None}
    return found or _seconds_told(files.rows(files.folder.cycle_events, expected=False))


def _seconds_told(rows: Iterable[Part]) -> dict[str, float]:
    seconds: dict[str, float] = {}
    begun: dict[str, float] = {}
    for row in rows:
        name, at = text(row.get("name")), number(row.get("time"))
        if row.get("kind") != "stage" or at is None:
            continue
        if row.get("state") == "begun":
            begun[name] = at
        elif name in begun:
            seconds[name] = round(at - begun.pop(name), 2)
    return seconds


def _device(rows: Iterable[Part]) -> tuple[str, str]:
    """Device and precision, as told before the first step."""
    for row in islice(rows, _HEAD_ROWS):
        if row.get("kind") == "preflight":
            return text(row.get("device")), text(row.get("precision"))
    return "", ""


def _losses(report: Part, events: Path) -> tuple[float | None, float | None]:
    """The last training loss, and the lowest validation loss: that adapter was kept."""
    curves = part(report, "curves")
    train = [loss for _, loss in points(curves.get("train"))]
    valid = [loss for _, loss in points(curves.get("valid"))]
    if not train:
        told = list(_last_rows(events))
        train = [each for row in told if (each := _loss(row, "step")) is not None]
        valid = [each for row in told if (each := _loss(row, "eval")) is not None]
    return (train[-1] if train else None), min(valid, default=None)


def _loss(row: Part, kind: str) -> float | None:
    return number(row.get("loss")) if row.get("kind") == kind else None


def _last_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows at the end of a file of events, however long it is."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row
