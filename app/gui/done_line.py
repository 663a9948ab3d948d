"""Below where one writes: what was just done, with its undo, for some seconds."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from app.gui.controls import button, label, row
from app.gui.keys import with_keys
from app.gui.stylesheet import SCROLL_BAR_PX
from app.gui.theme import size, space
from app.gui.translation import tr

SHOWN_MS = 10_000


class DoneLine(QWidget):
    """Keeps its place when it is empty, so that nothing above it moves."""

    undo_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "footer")
        self.setFixedHeight(size("target") + space("small"))
        self.words = label("", "small", name="done_words")
        self.undo = button(
            "undo_done", with_keys(tr("Undo"), "chat.undo"), "chip", self.undo_asked.emit,
            tip=tr("Takes back what was done last"),
        )  # fmt: skip
        gap = space("large") + SCROLL_BAR_PX
        inside = row(self, margins=(gap, 0, gap, space("small")), gap=space("small"))
        inside.addStretch()
        inside.addWidget(self.words)
        inside.addWidget(self.undo)
        inside.addStretch()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(SHOWN_MS)
        self._wait.timeout.connect(self._on_waited)
        self._empty()

    def tell(self, text: str, undoable: bool) -> None:
        """Say what happened, aloud too."""
        self.words.setText(text)
        self.undo.setVisible(undoable)
        QAccessible.updateAccessibility(QAccessibleEvent(self.words, QAccessible.Event.Alert))
        self._wait.start()

    def _on_waited(self) -> None:
        """Not from under the mouse or the keyboard."""
        if self.undo.underMouse() or self.undo.hasFocus():
            self._wait.start()
        else:
            self._empty()

    def _empty(self) -> None:
        self.words.clear()
        self.undo.hide()
