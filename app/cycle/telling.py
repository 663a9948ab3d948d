"""The cycle's own events, in `cycle.jsonl`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from app.cycle.stages import WORDS, Stage
from trainer.contract.folder import EventWriter, RunFolder, read_rows

PROGRESS_EVERY_S = 0.2


class CycleTelling:
    """Appends what the cycle does; the window and the terminal read it."""

    def __init__(self, folder: RunFolder) -> None:
        self._writer = EventWriter(folder.cycle_events)
        self._told_at = 0.0

    def begun(self, stage: Stage) -> None:
        self.tell("stage", name=stage, state="begun", text=WORDS[stage])

    def completed(self, stage: Stage) -> None:
        self.tell("stage", name=stage, state="completed", text=WORDS[stage])

    def progress(self, stage: Stage, done: int, total: int) -> None:
        """How far a stage has come, a few times a second at most."""
        now = time.monotonic()
        if done < total and now - self._told_at < PROGRESS_EVERY_S:
            return
        self._told_at = now
        self.tell("progress", stage=stage, done=done, total=total)

    def warning(self, warning: str, advice: str, **values: Any) -> None:
        """Something to know, with advice; `values` are what it is made of."""
        self.tell("warning", warning=warning, advice=advice, values=values)

    def tell(self, kind: str, **values: Any) -> None:
        """Append one event."""
        self._writer.write({"kind": kind, **values})

    def close(self) -> None:
        self._writer.close()


def seconds_of(folder: Path) -> dict[str, float]:
    """How long each stage of a run took, over all processes that worked on it."""
    seconds: dict[str, float] = {}
    begun: dict[str, float] = {}
    for row in read_rows(RunFolder(folder).cycle_events):
        if row.get("kind") != "stage":
            continue
        name, moment = str(row["name"]), float(row["time"])
        if row["state"] == "begun":
            begun[name] = moment
        elif name in begun:
            seconds[name] = round(moment - begun.pop(name), 2)
    return seconds
