"""Over the field: what will be sent with the message, and what could not be attached and why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app.gui.attachment_text import AttachmentDialog
from app.gui.attachment_words import length_words, refusal_words, tip_words, too_many_words
from app.gui.controls import button, column, icon_row, label, plain_tip, row, tool
from app.gui.flow import Flow
from app.gui.text_parts import shortened
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.attaching import MOST_ATTACHMENTS, Attachment, tokens_about
from app.operations.attachment_files import Refused

NAME_PX = 160
REFUSALS_SHOWN = 3
# The field lays its whole text out with every letter that is written.
MOST_UNFOLDED = 20_000


class AttachmentTray(QWidget):
    """Chips in the order in which things were attached; hidden while there is nothing to say."""

    changed = Signal()
    unfold_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("attachment_tray")
        self.attachments: tuple[Attachment, ...] = ()
        self.tokens = 0
        self._chips: Flow | None = None
        self._refused = WarningLine("attachment_refused", closable=True)
        self._too_long = WarningLine("attachment_too_long")
        self._inside = column(self, gap=space("small"))
        self._inside.addWidget(self._refused)
        self._inside.addWidget(self._too_long)
        self._refused.closed.connect(lambda: self._refuse(""))
        self.put(())

    def put(self, attachments: Sequence[Attachment]) -> None:
        """Attach these and nothing else."""
        self.attachments = tuple(attachments)
        self.tokens = sum(tokens_about(each.text) for each in self.attachments)
        if self._chips is not None:
            self._inside.removeWidget(self._chips)
            self._chips.hide()
            self._chips.deleteLater()
            self._chips = None
        if self.attachments:
            self._chips = Flow(gap=space("small"))
            for number, each in enumerate(self.attachments):
                self._chips.add(self._chip(number, each))
            self._inside.insertWidget(0, self._chips)
        self._show_state()
        self.changed.emit()

    def clear(self) -> None:
        """It was sent."""
        self._refuse("")
        self.put(())

    def take(self, read: Sequence[Attachment | Refused]) -> None:
        """Attach what could be read, and say why the rest was not."""
        attachments = [*self.attachments]
        for each in read:
            if isinstance(each, Attachment) and each not in attachments:
                attachments.append(Attachment(_free_name(each.name, attachments), each.text))
        lines = [refusal_words(each) for each in read if isinstance(each, Refused)]
        left_out = lines[REFUSALS_SHOWN:]
        lines = lines[:REFUSALS_SHOWN]
        if left_out:
            lines.append(tr("{count} more could not be attached either.", count=len(left_out)))
        if len(attachments) > MOST_ATTACHMENTS:
            lines.append(too_many_words(len(attachments) - MOST_ATTACHMENTS))
        self._refuse("\n".join(lines))
        self.put(attachments[:MOST_ATTACHMENTS])

    def warn(self, words: str) -> None:
        """Say by how much all of it is too long; nothing where it fits."""
        self._too_long.say(words)
        self._show_state()

    def _refuse(self, words: str) -> None:
        self._refused.say(words)
        self._show_state()

    def _show_state(self) -> None:
        said = self._refused.words or self._too_long.words
        self.setVisible(bool(self.attachments or said))

    def _chip(self, number: int, attachment: Attachment) -> QFrame:
        frame = QFrame()
        frame.setObjectName(f"attachment_{number}")
        frame.setProperty("kind", "code")
        inside = row(frame, margins=(space("hair"), 0, 0, 0))
        inside.addWidget(attachment_button(f"attachment_open_{number}", attachment, "fold"))
        opened = frame.findChild(QPushButton)
        assert opened is not None
        opened.clicked.connect(lambda: AttachmentDialog(attachment, self.window()).open())
        name = shortened(attachment.name)
        if len(attachment.text) <= MOST_UNFOLDED:
            unfold = tr("Put “{name}” into the field, to edit it", name=name)
            inside.addWidget(
                tool(
                    f"attachment_unfold_{number}", "arrows-out-line-vertical", plain_tip(unfold),
                    lambda: self._unfold(attachment),
                )
            )  # fmt: skip
        away = plain_tip(tr("Take “{name}” out of the message", name=name))
        inside.addWidget(
            tool(f"attachment_remove_{number}", "x", away, lambda: self._remove(attachment))
        )
        frame.adjustSize()
        return frame

    def _unfold(self, attachment: Attachment) -> None:
        self._remove(attachment)
        self.unfold_asked.emit(attachment.text)

    def _remove(self, attachment: Attachment) -> None:
        self.put([each for each in self.attachments if each is not attachment])


class WarningLine(QFrame):
    """An icon and words of warning, which are spoken too; hidden without words."""

    closed = Signal()

    def __init__(self, name: str, *, closable: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "warning")
        self._label = label("", "", name=f"{name}_words", wrap=True)
        inside = row(self, margins=(12, space("hair"), space("hair"), space("hair")), gap=12)
        inside.addWidget(icon_row("warning", "warning"), alignment=Qt.AlignmentFlag.AlignTop)
        inside.addWidget(self._label, 1)
        if closable:
            inside.addWidget(tool(f"{name}_close", "x", tr("Close"), self.closed.emit))
        else:
            inside.addSpacing(space("small"))
        self.hide()

    @property
    def words(self) -> str:
        return self._label.text()

    def say(self, words: str) -> None:
        if words == self.words:
            return
        self._label.setText(words)
        self.setVisible(bool(words))
        if words:
            QAccessible.updateAccessibility(QAccessibleEvent(self._label, QAccessible.Event.Alert))


def attachment_button(name: str, attachment: Attachment, kind: str) -> QPushButton:
    """An attachment by its name and its length."""
    made = button(name, " ", kind, icon="file-text")
    made.ensurePolished()
    shown = shortened(attachment.name, 500)
    cut = made.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideMiddle, NAME_PX)
    # An ampersand would mark a key.
    made.setText(f"  {cut} · {length_words(attachment)}".replace("&", "&&"))
    made.setAccessibleName(f"{shown}, {length_words(attachment)}")
    made.setToolTip(plain_tip(tip_words(attachment)))
    return made


def _free_name(name: str, taken: Sequence[Attachment]) -> str:
    """The name, with a number before its ending where another attachment has it."""
    names = {each.name for each in taken}
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    free, number = name, 2
    while free in names:
        free = f"{stem} {number}{dot}{ending}"
        number += 1
    return free
