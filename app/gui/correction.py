"""Another text in the place of a reply, written where the reply stood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.gui.controls import button, column, label, row
from app.gui.theme import space
from app.gui.translation import tr

LEAST_EDITOR_PX, MOST_EDITOR_PX = 80, 360


@dataclass(frozen=True)
class EditorWords:
    """What is said of what is written there."""

    name: str
    about: str
    keep: str
    keeps: str
    leaves: str


def words_of_reply() -> EditorWords:
    return EditorWords(
        tr("Corrected reply"),
        tr("Write the reply as it should have been: that is what is learned"),
        tr("Keep correction"),
        tr("Puts your words in the place of the reply (Ctrl+Enter)"),
        tr("Leaves the reply as it is (Esc)"),
    )


def words_of_question() -> EditorWords:
    return EditorWords(
        tr("Changed question"),
        tr("Write what you would rather ask; the former question stays as another branch"),
        tr("Ask this instead"),
        tr("Asks it in the place of the former question (Ctrl+Enter)"),
        tr("Leaves the question as it is (Esc)"),
    )


class Correction(QWidget):
    """The editor in the place of a message; Ctrl+Enter keeps, Escape leaves.

    As high as its text, or where it `fills` its place as high as that.
    """

    def __init__(self, text: str, words: EditorWords | None = None, *, fills: bool = False) -> None:
        super().__init__()
        words = words or words_of_reply()
        self._fills = fills
        self.editor = QPlainTextEdit(text)
        self.editor.setObjectName("correction_editor")
        self.editor.setAccessibleName(words.name)
        self.editor.setToolTip(words.about)
        self.editor.setTabChangesFocus(True)
        self.keep = button("save_correction", words.keep, "primary", tip=words.keeps)
        self.leave = button("cancel_correction", tr("Cancel"), "plain", tip=words.leaves)
        inside = column(self, gap=space("small"))
        inside.addWidget(self.editor)
        buttons = row(gap=space("small"))
        buttons.addWidget(self.keep)
        buttons.addWidget(self.leave)
        buttons.addWidget(label(tr("Ctrl+Enter keeps it, Esc leaves it."), "small"))
        buttons.addStretch()
        inside.addLayout(buttons)
        self.editor.installEventFilter(self)
        self.editor.textChanged.connect(self._fit)
        self.editor.moveCursor(QTextCursor.MoveOperation.End)

    @property
    def text(self) -> str:
        """What is written."""
        return self.editor.toPlainText()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as the text, within bounds."""
        if self._fills:
            self.editor.setMinimumHeight(LEAST_EDITOR_PX)
            return
        lines = int(self.editor.document().size().height()) + 1
        wanted = lines * self.editor.fontMetrics().lineSpacing() + space("medium")
        self.editor.setFixedHeight(max(LEAST_EDITOR_PX, min(MOST_EDITOR_PX, wanted)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.leave.click()
                return True
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.keep.click()
                return True
        return super().eventFilter(watched, event)
