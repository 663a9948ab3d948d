"""The text of an attachment to be read: in the chat as far as it opens, or in a dialog."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.gui.attachment_words import length_words
from app.gui.controls import CLOSES, Line, button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.text_parts import harmless
from app.gui.theme import space, type_size
from app.gui.translation import tr
from app.operations.attaching import Attachment

WIDTH_PX, HEIGHT_PX = 680, 520
# Laying out more takes the window too long.
MOST_SHOWN = 20_000


class AttachmentText(QWidget):
    """The text as it is attached, or its beginning; what would be unseen in it is shown."""

    def __init__(self, attachment: Attachment) -> None:
        super().__init__()
        self.text = QPlainTextEdit(harmless(attachment.text[:MOST_SHOWN]))
        self.text.setObjectName("attachment_text")
        self.text.setAccessibleName(attachment.name)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        family = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
        self.text.setStyleSheet(f"font-family: '{family}'; font-size: {type_size('small') + 1}px;")
        inside = column(self, gap=space("hair"))
        inside.addWidget(self.text, 1)
        left = len(attachment.text) - MOST_SHOWN
        if left > 0:
            words = tr("The model reads {count} more characters.", count=f"{left:,}")
            inside.addWidget(label(words, "small", name="attachment_rest", wrap=True))

    def fit(self, most: int) -> None:
        """Be as high as the text, up to a bound; a line that is broken may need the scroll bar."""
        self.text.ensurePolished()
        lines = (self.text.blockCount() + 1) * self.text.fontMetrics().lineSpacing()
        self.text.setFixedHeight(min(most, lines + 2 * space("small")))


class AttachmentDialog(FittedDialog):
    """What is attached, before it is sent."""

    def __init__(self, attachment: Attachment, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent, HEIGHT_PX)
        self.setObjectName("attachment_dialog")
        self.setWindowTitle(tr("Attachment"))
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(Line(harmless(attachment.name), "attachment_name", "title"))
        inside.addWidget(label(length_words(attachment), "soft"))
        inside.addWidget(AttachmentText(attachment), 1)
        inside.addSpacing(space("hair"))
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(
            button("attachment_close", tr("Close"), "primary", self.accept, tip=tr(CLOSES))
        )
        inside.addLayout(buttons)
