"""At a question: ask it otherwise, and turn to how it was asked before."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.gui.alternatives import Alternatives
from app.gui.controls import row, tool
from app.gui.translation import tr
from app.operations.chat import Line


class QuestionActions(QWidget):
    """Small, beside the head of the question."""

    change_begun = Signal()
    turned = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._places = Alternatives(
            tr("How it was asked before, with what was said after it"),
            tr("How it was asked next, with what was said after it"),
        )
        self._places.turned.connect(self.turned)
        self._change = tool(
            "change_question",
            "pencil-simple",
            tr("Ask this otherwise; what was said stays beside it, as another branch"),
            self.change_begun.emit,
        )
        inside = row(self, gap=2)
        inside.addWidget(self._places)
        inside.addWidget(self._change)

    def show_line(self, line: Line, *, busy: bool) -> None:
        self._places.show_place(line.place, line.places, busy=busy)
        self.set_busy(busy)

    def set_busy(self, busy: bool) -> None:
        """While a reply is being written nothing else is asked."""
        self._change.setEnabled(not busy)
        self._places.set_busy(busy)

    def take_focus(self) -> None:
        """Where the keyboard stood before the change was begun."""
        self._change.setFocus()
