"""A section of the settings that has to look around before it can show anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from app.gui.controls import button, clear, column, icon_row, label, row
from app.gui.long_work import LongWork
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import explain
from app.gui.trouble_bar import TroubleBar
from app.store.store import Store

Result = TypeVar("Result")


class ReadingSection(QWidget):
    """Looks in a thread of its own; what was found last stays in sight meanwhile."""

    def __init__(self, session: Session, name: str, looking: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._looking = looking
        self.work = LongWork(session, name)
        self.destroyed.connect(self.work.leave)
        self._trouble = TroubleBar(f"{name}_trouble")
        self._body = column(gap=space("medium"))
        inside = column(self, gap=space("medium"))
        inside.addWidget(self._trouble)
        inside.addLayout(self._body)

    def look(self, work: Callable[[Store], Result], show: Callable[[Result], None]) -> None:
        """Read what is to be shown; an error is told above it, with the way to look again."""
        if self.work.busy:
            return
        if self._body.count() == 0:
            self._body.addWidget(label(self._looking, "soft", name=f"{self.objectName()}_busy"))
        self.work.start(
            work,
            lambda found: self._on_found(found, show),
            lambda error: self._on_failed(error, lambda: self.look(work, show)),
        )

    def order(self, work: Callable[[Store], Result], done: Callable[[Result], None]) -> None:
        """Have something done; an error is told with the way to try again."""
        self._trouble.hide()
        self.work.start(
            work, done, lambda error: self._on_failed(error, lambda: self.order(work, done))
        )

    def replace(self, *parts: QWidget) -> None:
        """Show these from now on, with the keyboard where it was."""
        focused = QApplication.focusWidget()
        inside = focused is not None and self.isAncestorOf(focused)
        name = focused.objectName() if inside and focused is not None else ""
        clear(self._body)
        for part in parts:
            self._body.addWidget(part)
            part.show()  # a layout would only do so later, and the keyboard goes to what is shown
        again = [
            each for part in parts for each in [part, *part.findChildren(QWidget, name)] if name
        ]
        wanted = next((each for each in again if each.objectName() == name), None)
        if wanted is not None:
            wanted.setFocus()

    def _on_found(self, found: Result, show: Callable[[Result], None]) -> None:
        self._trouble.hide()
        show(found)

    def _on_failed(self, error: Exception, again: Callable[[], None]) -> None:
        busy = self.findChild(QWidget, f"{self.objectName()}_busy")
        if busy is not None:
            clear(self._body)
        self._trouble.show_trouble(explain(error, button=tr("Try again"), action=again))


def line_of(icon: str, colour: str, words: str, name: str = "", kind: str = "") -> QHBoxLayout:
    """An icon with words that may take several lines."""
    made = row(gap=space("small"))
    made.addWidget(icon_row(icon, colour), alignment=Qt.AlignmentFlag.AlignTop)
    made.addWidget(label(words, kind, name=name, wrap=True), 1)
    return made


def tipped(
    name: str, words: str, tip: str, on_click: Callable[[], object], *, icon: str, kind: str = ""
) -> QWidget:
    """A button of a section with what it does in its tip."""
    made = button(name, words, kind or "plain", on_click, icon=icon)
    made.setToolTip(tip)
    return made
