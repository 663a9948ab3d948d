"""In a message: what was attached to it, by name; the text opens on a click."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from app.gui.attachment_text import AttachmentText
from app.gui.attachment_tray import attachment_button
from app.gui.controls import column
from app.gui.flow import Flow
from app.gui.theme import space
from app.operations.attaching import Attachment

MOST_PX = 240


class AttachmentFold(QWidget):
    """One button an attachment; one of them is open at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("attachment_fold")
        self._attachments: tuple[Attachment, ...] = ()
        self._buttons: list[QPushButton] = []
        self._flow: Flow | None = None
        self._text: AttachmentText | None = None
        self._inside = column(
            self, margins=(0, space("hair"), 0, space("small")), gap=space("small")
        )
        self.hide()

    def show_attachments(self, attachments: tuple[Attachment, ...]) -> None:
        """Show these; one that is open stays so while they are the same."""
        if attachments == self._attachments:
            return
        self._attachments = attachments
        self._close()
        if self._flow is not None:
            self._inside.removeWidget(self._flow)
            self._flow.hide()
            self._flow.deleteLater()
        self._flow = Flow(gap=space("small"))
        self._buttons = []
        for number, each in enumerate(attachments):
            made = attachment_button(f"attached_{number}", each, "chip")
            made.setCheckable(True)
            made.clicked.connect(lambda _on=False, each=number: self._on_clicked(each))
            self._buttons.append(made)
            self._flow.add(made)
        self._inside.insertWidget(0, self._flow)
        self.setVisible(bool(attachments))

    def _on_clicked(self, number: int) -> None:
        opened = self._buttons[number].isChecked()
        self._close()
        for place, each in enumerate(self._buttons):
            each.setChecked(opened and place == number)
        if opened:
            self._text = AttachmentText(self._attachments[number])
            self._text.fit(MOST_PX)
            self._inside.addWidget(self._text)

    def _close(self) -> None:
        if self._text is not None:
            self._inside.removeWidget(self._text)
            self._text.hide()
            self._text.deleteLater()
            self._text = None
