"""Obeys the control file while a run is under way, and keeps its heartbeat."""

from __future__ import annotations

import time
from typing import Literal

from trainer.contract.events import ControlApplied
from trainer.contract.folder import RunFolder, beat, read_control
from trainer.telling import Telling

Outcome = Literal["go_on", "saved", "discarded"]
BEAT_EVERY_S = 2.0


class ControlFile:
    """Reads each command once; what stood there before the worker started is forgotten."""

    def __init__(self, folder: RunFolder, telling: Telling) -> None:
        self._folder = folder
        self._telling = telling
        folder.control.unlink(missing_ok=True)
        self._seen = 0
        self._last_beat = 0.0

    def obey(self) -> Outcome:
        """Do what is asked for; a pause lasts until another command comes."""
        outcome: Outcome = "go_on"
        paused = False
        while True:
            self._beat()
            control = read_control(self._folder)
            if control is not None and control.seq > self._seen:
                self._seen = control.seq
                paused = control.command == "pause"
                self._telling.tell(ControlApplied(control_seq=control.seq, command=control.command))
                if control.command == "save-and-stop":
                    outcome = "saved"
                elif control.command == "discard":
                    outcome = "discarded"
            if not paused:
                return outcome
            time.sleep(0.2)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._last_beat >= BEAT_EVERY_S:
            self._last_beat = now
            beat(self._folder)
