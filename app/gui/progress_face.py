"""How far something long is: what it does, a bar, how much is done, and how long it takes."""

from __future__ import annotations

import time

from PySide6.QtWidgets import QProgressBar, QWidget

from app.gui.controls import card, column, label
from app.gui.dates import duration
from app.gui.translation import tr

_STEPS = 1000
# Before this the guess of how long it takes is worth nothing.
_GUESS_AFTER_S = 2.0


class ProgressFace(QWidget):
    """Shown while something is at work; the button that stops it stands in the dialog's row."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._began = time.monotonic()
        self._what = label("", "strong", name=f"{name}_what", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._detail = label("", "soft", name=f"{name}_detail", wrap=True)
        frame, inside = card(f"{name}_card")
        column(self).addWidget(frame)
        inside.addStretch()
        for part in (self._what, self._bar, self._detail):
            inside.addWidget(part)
        inside.addStretch()

    def begin(self, what: str, detail: str = "") -> None:
        """Something begins of which nothing is known yet."""
        self._began = time.monotonic()
        self._what.setText(what)
        self._bar.setAccessibleName(what)
        self._bar.setRange(0, 0)
        self._detail.setText(detail)

    def show_part(self, done: int, whole: int, detail: str) -> None:
        """So much of the whole; without a whole only what was done."""
        took = time.monotonic() - self._began
        if whole > 0:
            self._bar.setRange(0, _STEPS)
            self._bar.setValue(min(_STEPS, done * _STEPS // whole))
            if 0 < done < whole and took > _GUESS_AFTER_S:
                left = tr("about {time} left", time=duration(took / done * (whole - done)))
                detail = f"{detail} · {left}"
        self._detail.setText(detail)
