"""The whole prompt as the model will read it, with what comes from the traits marked."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit

from app.gui.controls import column, label, row
from app.gui.theme import space, theme
from app.gui.translation import tr
from app.operations.editing_personas import PromptParts

SOON_MS, LATER_MS = 30, 400
LONG_CHARACTERS = 10_000


class PromptPreview(QFrame):
    """Follows what is typed and dragged; a very long prompt only when the hand rests."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("prompt_preview")
        self.setProperty("kind", "card")
        self._parts = PromptParts("", "")
        self._said = ""
        self._text = QPlainTextEdit()
        self._text.setObjectName("preview_text")
        self._text.setProperty("kind", "bare")
        self._text.setReadOnly(True)
        self._text.setAccessibleName(tr("The whole prompt that the model reads"))
        self._text.setPlaceholderText(tr("Nothing: the base speaks as it is."))
        self._count = label("", "small", name="preview_count")
        self._mark = label(tr("from the traits"), "badge", name="preview_mark")
        self._mark.setToolTip(tr("The marked sentences are written by the sliders."))
        self._waiting = label(
            tr(
                "The traits are not in this prompt yet. They come in when you change a trait or"
                " your own words."
            ),
            "small",
            name="preview_waiting",
            wrap=True,
        )
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.timeout.connect(self._show)
        self._lay_out()

    def show_parts(self, parts: PromptParts) -> None:
        self._parts = parts
        self._wait.start(LATER_MS if len(parts.whole) > LONG_CHARACTERS else SOON_MS)

    def _lay_out(self) -> None:
        inside = column(self, margins=space("medium"), gap=space("small"))
        head = row(gap=space("small"))
        head.addWidget(label(tr("What the model reads"), "strong"))
        head.addStretch()
        head.addWidget(self._mark)
        inside.addLayout(head)
        inside.addWidget(self._text, 1)
        inside.addWidget(self._waiting)
        inside.addWidget(self._count)
        self._waiting.hide()
        self._mark.hide()

    def _show(self) -> None:
        parts, bar = self._parts, self._text.verticalScrollBar()
        before = bar.value()
        if parts.whole != self._text.toPlainText():
            self._text.setPlainText(parts.whole)
            bar.setValue(before)
        self._text.setExtraSelections([self._marked()] if parts.said else [])
        if parts.said != self._said:
            self._said = parts.said
            self._text.moveCursor(QTextCursor.MoveOperation.End)  # where it changed
        self._mark.setVisible(bool(parts.said))
        self._waiting.setVisible(parts.waiting)
        self._count.setText(tr("{count} characters", count=f"{len(parts.whole):,}"))

    def _marked(self) -> QTextEdit.ExtraSelection:
        parts = self._parts
        after = len(parts.whole) - parts.whole.rfind(parts.said)
        cursor = QTextCursor(self._text.document())
        # From the end: Qt counts some characters before it as two.
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.MoveAnchor, after)
        cursor.movePosition(
            QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor, len(parts.said)
        )
        shape = QTextCharFormat()
        shape.setBackground(theme().look.colour("accent_soft"))
        shape.setForeground(theme().look.colour("accent_text"))
        made = QTextEdit.ExtraSelection()
        made.cursor, made.format = cursor, shape
        return made
