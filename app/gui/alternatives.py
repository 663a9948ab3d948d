"""Which of several messages in one place is on, and the way to the others."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.gui.controls import label, row, tool
from app.gui.translation import tr


class Alternatives(QWidget):
    """Hidden where there is only one."""

    turned = Signal(int)

    def __init__(self, back_tip: str, next_tip: str) -> None:
        super().__init__()
        self._at = self._of = 1
        self._back = tool("alternative_back", "caret-left", back_tip, lambda: self.turned.emit(-1))
        self._place = label("", "small", name="alternative_place")
        self._next = tool("alternative_next", "caret-right", next_tip, lambda: self.turned.emit(1))
        inside = row(self, gap=2)
        for each in (self._back, self._place, self._next):
            inside.addWidget(each)

    def show_place(self, place: int, places: int, *, busy: bool) -> None:
        """The place counts from one."""
        self._at, self._of = place, places
        self.setVisible(places > 1)
        self._place.setText(f"{place}/{places}")
        self._place.setAccessibleName(
            tr("{place} of {places} in this place", place=place, places=places)
        )
        self.set_busy(busy)

    def set_busy(self, busy: bool) -> None:
        """While a reply is being written one stays where it is written."""
        self._back.setEnabled(self._at > 1 and not busy)
        self._next.setEnabled(self._at < self._of and not busy)
