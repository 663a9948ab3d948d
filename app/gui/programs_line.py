"""In the sidebar: that other programs are let in, whose words are collected, who just asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QPushButton, QWidget

from app.gui.controls import Line, clear, column, icon_row, plain_tip, row
from app.gui.programs_words import short_words
from app.gui.session import Session
from app.gui.theme import space
from app.gui.translation import tr

if TYPE_CHECKING:
    from app.endpoints.request_log import RequestLine

SHOWN_MS = 10_000


class ProgramsLine(QWidget):
    """There while programs can talk to the personas; a click opens the dialog."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)  # without one it would be a window of its own when it is shown
        self._session = session
        self._programs = session.programs
        self._narrow = False
        self._button = QPushButton()
        self._button.setObjectName("programs_line")
        self._button.setProperty("kind", "persona")
        self._button.setCursor(Qt.CursorShape.PointingHandCursor)
        self._button.clicked.connect(lambda _checked=False: self._programs.asked.emit())
        self._icon = row()
        self._who = Line("", "programs_line_who", "strong")
        self._what = Line("", "programs_line_what", "small")
        self._last = Line("", "programs_line_last", "small")
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(SHOWN_MS)
        self._wait.timeout.connect(lambda: self._say_last(""))
        self._lay_out()
        self._programs.changed.connect(self.refresh)
        self._programs.answered.connect(self._on_answered)
        self._say_last("")

    def refresh(self) -> None:
        standing = self._programs.standing
        self.setVisible(standing is not None and standing.open)
        names = ", ".join(each.name for each in self._programs.collecting)
        self._who.say(names or tr("Other programs"))
        self._what.say(
            tr("what is said is collected") if names else tr("may talk to your personas")
        )
        clear(self._icon)
        icon, colour = ("record", "warning") if names else ("share-network", "text_soft")
        self._icon.addWidget(icon_row(icon, colour))
        self._tell()

    def set_narrow(self, narrow: bool) -> None:
        """The sign alone; the tip has the words."""
        for each in (self._who, self._what):
            each.setVisible(not narrow)
        self._narrow = narrow
        self._say_last(self._last.text())

    def _on_answered(self, line: RequestLine) -> None:
        people = {each.persona.slug: each.persona.name for each in self._session.household.cards}
        words = short_words(line, people)
        if words:
            self._say_last(words)
            self._wait.start()

    def _say_last(self, words: str) -> None:
        self._last.say(words)
        self._last.setVisible(bool(words) and not self._narrow)
        self.refresh()

    def _tell(self) -> None:
        """All of it aloud and in the tip, also what the width cuts off."""
        what = f"{self._who.text()}: {self._what.text()}"
        spoken = " · ".join(part for part in (what, self._last.text()) if part)
        self._button.setAccessibleName(spoken)
        self._button.setToolTip(plain_tip(spoken))
        layout = self._button.layout()
        if layout is not None:  # a button is as high as its words, not as what stands in it
            layout.activate()
            self._button.setFixedHeight(layout.sizeHint().height())

    def _lay_out(self) -> None:
        outside = column(self, margins=(space("small"), space("small"), space("small"), 0))
        outside.addWidget(self._button)
        inside = row(self._button, margins=(8, 6, 8, 6), gap=12)
        inside.addLayout(self._icon)
        words = column(gap=2)
        for each in (self._who, self._what, self._last):
            each.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            words.addWidget(each)
        inside.addLayout(words, 1)
