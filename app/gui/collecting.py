"""Python's cyclic collector, run in the window's thread alone.

It destroys what it finds in whatever thread happens to trigger it; a widget that is part of a
cycle and dies in a worker thread takes the process with it.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from app.gui.background import threads_left

LOOK_EVERY_MS = 500


class Collecting(QObject):
    """Collects as often as Python itself would, but here."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        gc.disable()

    def quit(self) -> None:
        """Give collecting back, unless a thread of ours goes on."""
        self._timer.stop()
        gc.collect()
        if not threads_left():
            gc.enable()

    def _look(self) -> None:
        counts, bounds = gc.get_count(), gc.get_threshold()
        due = [number for number in range(3) if counts[number] > bounds[number]]
        if due:
            gc.collect(due[-1])
