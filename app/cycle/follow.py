"""Following a run: the events of its trainer and of its cycle, as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trainer.contract.folder import RunFolder, read_rows_from


class RunFollower:
    """Reads what is new in a run folder; each event is told once, with its origin."""

    def __init__(self, folder: Path) -> None:
        run = RunFolder(folder)
        self._files = {"trainer": run.events, "cycle": run.cycle_events}
        self._offsets = dict.fromkeys(self._files, 0)

    def poll(self) -> list[dict[str, Any]]:
        """New events of both writers in order of time; a torn last line waits for its rest."""
        found: list[dict[str, Any]] = []
        for origin, path in self._files.items():
            for offset, row in read_rows_from(path, self._offsets[origin]):
                self._offsets[origin] = offset
                found.append({**row, "origin": origin})
        return sorted(found, key=_moment)


def _moment(event: dict[str, Any]) -> float:
    moment = event.get("time")
    return float(moment) if isinstance(moment, int | float) else 0.0
