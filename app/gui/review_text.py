"""A text that is only read, with places marked in it; letters typed over it are the page's keys."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit

from app.gui.review_marks import Passage
from app.gui.theme import theme
from app.gui.translation import tr

_MEASURED = 2_000


class MarkedText(QPlainTextEdit):
    """Plain text, whatever is written in it; a mark is underlined as well as coloured.

    With `most_px` it is as high as its text up to there, else as high as its place.
    """

    def __init__(self, name: str, spoken: str, most_px: int = 0) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setProperty("kind", "bare")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(2)
        self._most_px = most_px
        self._shown: Passage | None = None

    def show_passage(self, passage: Passage) -> None:
        """Show a text from its beginning; one that is shown already stays where it is."""
        if passage == self._shown:
            return
        self._shown = passage
        text = passage.text
        if passage.left_out:
            more = tr("… and {count} more characters", count=f"{passage.left_out:,}")
            text = f"{text}\n\n{more}"
        self.setPlainText(text)
        self.setExtraSelections([self._selection(*place) for place in passage.marks])
        self._fit()

    def set_most(self, most_px: int) -> None:
        """As high as the text, up to this."""
        self._most_px = most_px
        self._fit()

    def scroll_page(self, down: bool) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + (bar.pageStep() - 1) * (1 if down else -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() and event.text().isprintable():
            event.ignore()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if not self._most_px:
            return
        wide = max(1, self.viewport().width() - 8)
        wraps = int(Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere)
        text = self.toPlainText()[:_MEASURED] or " "
        high = self.fontMetrics().boundingRect(0, 0, wide, 1, wraps, text).height()
        self.setFixedHeight(min(self._most_px, high + 8))

    def _selection(self, start: int, end: int) -> QTextEdit.ExtraSelection:
        shape = QTextCharFormat()
        look = theme().look
        shape.setBackground(look.colour("warning_soft"))
        shape.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        shape.setUnderlineColor(look.colour("warning"))
        made = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        last = self.document().characterCount() - 1
        cursor.setPosition(min(start, last))
        cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
        made.cursor = cursor
        made.format = shape
        return made
