"""Another title for a conversation."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from app.gui.controls import CANCELS, button, column, label, row
from app.gui.fitted_dialog import FittedDialog
from app.gui.theme import space
from app.gui.translation import tr
from app.operations.conversations import TITLE_MOST

WIDTH_PX = 440


class TitleDialog(FittedDialog):
    """One line; Enter keeps it."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(WIDTH_PX, parent)
        self.setObjectName("title_dialog")
        self.setWindowTitle(tr("Rename the conversation"))
        self._line = QLineEdit(title)
        self._line.setObjectName("title_line")
        self._line.setAccessibleName(tr("Title"))
        self._line.setToolTip(tr("What the conversation is called in the list"))
        self._line.setMaxLength(TITLE_MOST)
        self._line.selectAll()
        self._save = button(
            "title_save", tr("Rename"), "primary", self.accept, tip=tr("Keeps the title (Enter)")
        )
        self._save.setDefault(True)
        self._line.textChanged.connect(self._on_title_edited)
        inside = column(self, margins=space("large"), gap=space("small"))
        inside.addWidget(label(tr("Rename the conversation"), "title"))
        inside.addWidget(self._line)
        inside.addSpacing(space("small"))
        buttons = row(gap=space("small"))
        buttons.addStretch()
        buttons.addWidget(
            button("title_cancel", tr("Cancel"), "plain", self.reject, tip=tr(CANCELS))
        )
        buttons.addWidget(self._save)
        inside.addLayout(buttons)

    @property
    def title(self) -> str:
        return self._line.text()

    def _on_title_edited(self) -> None:
        self._save.setEnabled(bool(self.title.strip()))
