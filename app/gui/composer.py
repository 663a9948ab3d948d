"""Where one writes: Enter sends, Shift+Enter breaks the line, a word being composed is left."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QTextEdit, QToolButton, QWidget

from app.gui.attachment_tray import AttachmentTray
from app.gui.attachment_words import too_long_words
from app.gui.composing import composing
from app.gui.controls import column, row, tool
from app.gui.drop_target import DropZone, local_paths
from app.gui.file_choice import FILES, choose_paths
from app.gui.icons import put_icon
from app.gui.menus import Menu
from app.gui.stylesheet import SCROLL_BAR_PX
from app.gui.text_parts import shortened
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.attaching import (
    MOST_CHARACTERS,
    attach,
    floods,
    parts_of,
    tidy,
    tokens_about,
)
from app.operations.attachment_files import Refused, taken

LEAST_HEIGHT_PX = 24
MOST_HEIGHT_PX = 200


class Editor(QTextEdit):
    """Grows with its text up to a bound; what is too much for it is given on."""

    sent = Signal()
    focused = Signal(bool)
    flooded = Signal(str)
    files_pasted = Signal(list)
    picture_pasted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("composer_text")
        self.setToolTip(tr("What you say: Enter sends it, Shift+Enter begins a new line"))
        self.setProperty("kind", "bare")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(2)
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
        if enter and not shifted:
            self.sent.emit()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText() or source.hasImage() or bool(local_paths(source))

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pasted or dragged: files and long texts are attached, a text goes in as plain letters."""
        paths = local_paths(source)
        text = "" if paths else source.text()
        if paths:
            self.files_pasted.emit(paths)
        elif len(text) > MOST_CHARACTERS or floods(text):
            self.flooded.emit(text)
        elif text:
            self.insertPlainText(tidy(text))
            self.ensureCursorVisible()
        elif source.hasImage():
            self.picture_pasted.emit()

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)

    def _fit(self) -> None:
        wanted = int(self.document().size().height()) + 2
        self.setFixedHeight(max(LEAST_HEIGHT_PX, min(MOST_HEIGHT_PX, wanted)))
        scrolls = wanted > MOST_HEIGHT_PX
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if scrolls else policy.ScrollBarAlwaysOff
        )


class Composer(DropZone):
    """The editor with what is attached, and the button that sends or stops."""

    said = Signal(str)
    stopped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("composer")
        self.setProperty("kind", "composer")
        self.editor = Editor()
        self.tray = AttachmentTray()
        self._attach = self._attach_tool()
        self._button = tool("send", "arrow-up", "", self._on_button_clicked, colour="on_accent")
        self._button.setProperty("kind", "send")
        self._answering = False
        self._stopping = False
        self._holds: int | None = None
        self._said_before = 0
        outside = column(self, margins=(7, 7, 7, 7), gap=space("small"))
        outside.addWidget(self.tray)
        inside = row(gap=space("small"))
        inside.addWidget(self._attach, alignment=Qt.AlignmentFlag.AlignBottom)
        inside.addWidget(self.editor, alignment=Qt.AlignmentFlag.AlignVCenter)
        inside.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignBottom)
        outside.addLayout(inside)
        self.editor.sent.connect(self._send)
        self.editor.textChanged.connect(self._show_state)
        composing().changed.connect(self._show_state)
        self.editor.focused.connect(self._show_focus)
        self.editor.flooded.connect(self._on_flooded)
        self.editor.files_pasted.connect(self.files_given)
        self.editor.picture_pasted.connect(self._on_picture_pasted)
        self.tray.changed.connect(self._show_state)
        self.tray.unfold_asked.connect(self._on_unfold_asked)
        self._show_state()

    def speak_to(self, name: str) -> None:
        text = tr("Write to {name}…", name=shortened(name)) if name else tr("Write…")
        self.editor.setPlaceholderText(text)
        self.editor.setAccessibleName(text)

    def set_answering(self, answering: bool, *, stopping: bool) -> None:
        """While a reply is written the button stops it; the next message can be prepared."""
        self._answering = answering
        self._stopping = stopping
        self._show_state()

    def set_room(self, holds: int | None, said_before: int) -> None:
        """How many tokens the model reads at once, where that is known, and how many are taken."""
        self._holds, self._said_before = holds, said_before
        self._show_state()

    def take_focus(self) -> None:
        self.editor.setFocus()

    def drop_words(self) -> str:
        return tr("Drop here to attach it to your message")

    @property
    def draft(self) -> str:
        """What is written and attached, in the form in which it would be said."""
        return attach(self.editor.toPlainText(), self.tray.attachments)

    def set_draft(self, text: str) -> None:
        attachments, question = parts_of(text)
        self.tray.put(attachments)
        self.editor.setPlainText(question)
        self.editor.moveCursor(QTextCursor.MoveOperation.End)

    def put_before(self, text: str) -> None:
        """Have a message back, before what was written since then."""
        attachments, question = parts_of(text)
        written = self.editor.toPlainText()
        since = [each for each in self.tray.attachments if each not in attachments]
        both = f"{question}\n\n{written}" if question and written.strip() else question or written
        self.set_draft(attach(both, [*attachments, *since]))

    def _attach_tool(self) -> QToolButton:
        made = tool("attach", "paperclip", tr("Attach a file, or what was copied, to the message"))
        menu = Menu(made)
        menu.addAction(tr("A file…"), self._choose_files).setObjectName("attach_files")
        copied = menu.addAction(tr("What was copied"), self._attach_clipboard)
        copied.setObjectName("attach_clipboard")
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return made

    def _choose_files(self) -> None:
        choose_paths(
            self, "attach_dialog", tr("Attach to the message"), FILES, self.files_given.emit
        )

    def _attach_clipboard(self) -> None:
        copied = QGuiApplication.clipboard().mimeData() or QMimeData()  # none where it is empty
        paths, text = local_paths(copied), copied.text()
        if paths:
            self.files_given.emit(paths)
        elif not text and copied.hasImage():
            self._on_picture_pasted()
        else:
            self.tray.take([taken(tr("What was copied"), text)])
        self.editor.setFocus()

    def _on_flooded(self, text: str) -> None:
        self.tray.take([taken(tr("Pasted text"), text)])

    def _on_picture_pasted(self) -> None:
        self.tray.take([Refused(tr("What was copied"), "picture")])

    def _on_unfold_asked(self, text: str) -> None:
        self.editor.textCursor().insertText(text)
        self.editor.setFocus()

    def _show_state(self) -> None:
        tip = tr("Stop (Esc)") if self._answering else tr("Send (Enter)")
        if self._stopping:
            tip = tr("Stopping…")
        written = self.editor.toPlainText()
        composed = composing().under_way(self.editor)
        something = bool(written.strip() or self.tray.attachments or composed)
        icon = "stop-fill" if self._answering else "arrow-up"
        self._button.setEnabled((self._answering or something) and not self._stopping)
        self._button.setToolTip(tip)
        self._button.setAccessibleName(tip)
        put_icon(self._button, icon, "on_accent")
        tokens = self._said_before + self.tray.tokens + tokens_about(written)
        too_long = something and self._holds is not None and tokens > self._holds
        self.tray.warn(too_long_words(tokens, self._holds or 0) if too_long else "")

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
        composing().finish()
        question = tidy(self.editor.toPlainText()).strip()
        text = attach(question, self.tray.attachments)
        if self._answering or not text.strip():
            return
        self.editor.clear()
        self.tray.clear()
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
