"""Tells events to whoever follows the run folder."""

from __future__ import annotations

from typing import Protocol

from trainer.contract.events import Event
from trainer.contract.folder import EventWriter, RunFolder


class Tells(Protocol):
    """Whatever hears of a training."""

    def tell(self, event: Event) -> None: ...


class Telling:
    """Writes events to `events.jsonl`."""

    def __init__(self, folder: RunFolder) -> None:
        self._writer = EventWriter(folder.events)

    def tell(self, event: Event) -> None:
        """Append one event."""
        self._writer.write(event.model_dump(exclude={"seq", "time", "version"}))

    def close(self) -> None:
        self._writer.close()
