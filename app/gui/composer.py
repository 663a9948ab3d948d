"""Where one writes: Enter sends, Shift+Enter breaks the line, a word being composed is left."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from app.gui.controls import row, tool
from app.gui.icons import put_icon
from app.gui.stylesheet import SCROLL_BAR_PX
from app.gui.theme import space
from app.gui.translation import tr

LEAST_HEIGHT_PX = 24
MOST_HEIGHT_PX = 200


class Editor(QTextEdit):
    """Grows with its text up to a bound."""

    sent = Signal()
    focused = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("composer_text")
        self.setProperty("kind", "bare")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(2)
        self._composing = False
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """With nothing written to undo, Ctrl+Z is the page's."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.matches(QKeySequence.StandardKey.Undo)
            and not self.document().isUndoAvailable()
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if enter and not shifted and not self._composing:
            self.sent.emit()
            return
        super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self._composing = False
        self.focused.emit(False)

    def _fit(self) -> None:
        wanted = int(self.document().size().height()) + 2
        self.setFixedHeight(max(LEAST_HEIGHT_PX, min(MOST_HEIGHT_PX, wanted)))
        scrolls = wanted > MOST_HEIGHT_PX
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if scrolls else policy.ScrollBarAlwaysOff
        )


class Composer(QFrame):
    """The editor with its one button, which sends or stops."""

    said = Signal(str)
    stopped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "composer")
        self.editor = Editor()
        self._button = tool("send", "arrow-up", "", self._on_button_clicked, colour="on_accent")
        self._button.setProperty("kind", "send")
        self._answering = False
        self._stopping = False
        inside = row(self, margins=(space("medium"), 7, 7, 7), gap=space("small"))
        inside.addWidget(self.editor, alignment=Qt.AlignmentFlag.AlignVCenter)
        inside.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignBottom)
        self.editor.sent.connect(self._send)
        self.editor.textChanged.connect(self._show_state)
        self.editor.focused.connect(self._show_focus)
        self._show_state()

    def speak_to(self, name: str) -> None:
        text = tr("Write to {name}…", name=name) if name else tr("Write…")
        self.editor.setPlaceholderText(text)
        self.editor.setAccessibleName(text)

    def set_answering(self, answering: bool, *, stopping: bool) -> None:
        """While a reply is written the button stops it; the next message can be prepared."""
        self._answering = answering
        self._stopping = stopping
        self._show_state()

    def take_focus(self) -> None:
        self.editor.setFocus()

    def _show_state(self) -> None:
        tip = tr("Stop (Esc)") if self._answering else tr("Send (Enter)")
        if self._stopping:
            tip = tr("Stopping…")
        enabled = self._answering or bool(self.editor.toPlainText().strip())
        icon = "stop-fill" if self._answering else "arrow-up"
        self._button.setEnabled(enabled and not self._stopping)
        self._button.setToolTip(tip)
        self._button.setAccessibleName(tip)
        put_icon(self._button, icon, "on_accent")

    def _show_focus(self, focused: bool) -> None:
        self.setProperty("focused", "true" if focused else "false")
        self.style().unpolish(self)
        self.style().polish(self)

    def _on_button_clicked(self) -> None:
        if self._answering:
            self.editor.setFocus()  # the button has done its work, as below
            self.stopped.emit()
        else:
            self._send()

    def _send(self) -> None:
        text = self.editor.toPlainText().strip()
        if self._answering or not text:
            return
        self.editor.clear()
        # The button that was clicked is of no use now: the keyboard goes on where one writes.
        self.editor.setFocus()
        self.said.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._answering:
            self.stopped.emit()
        else:
            super().keyPressEvent(event)


class CenteredComposer(QWidget):
    """The composer in the column of the messages."""

    def __init__(self, composer: Composer, width: int) -> None:
        super().__init__()
        self.setProperty("kind", "footer")
        gap = space("large") + SCROLL_BAR_PX
        outside = row(self, margins=(gap, space("small"), gap, space("hair")))
        composer.setMaximumWidth(width)
        outside.addStretch(1)
        outside.addWidget(composer, 100)
        outside.addStretch(1)
