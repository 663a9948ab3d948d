"""The bar over a page that tells of an error and offers what helps."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QFrame

from app.gui.controls import button, column, icon_row, label, row, tool
from app.gui.theme import space
from app.gui.translation import tr
from app.gui.trouble import Trouble


class TroubleBar(QFrame):
    """One trouble at a time; the last one is on."""

    left = Signal()  # it closed with the keyboard in it

    def __init__(self, name: str = "trouble_bar") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "trouble")
        self._trouble: Trouble | None = None
        self._text = label("", "strong", name="trouble_text", wrap=True)
        self._more = label("", "", name="trouble_more", wrap=True)
        self._action = button(
            "trouble_action", "", "plain", self._act,
            tip=tr("The next step out of this trouble; what was kept stays kept"),
        )  # fmt: skip
        inside = row(self, margins=(space("large"), 12, space("medium"), 12), gap=12)
        inside.addWidget(icon_row("warning-circle", "danger"))
        words = column(gap=2)
        words.addWidget(self._text)
        words.addWidget(self._more)
        inside.addLayout(words, 1)
        inside.addWidget(self._action)
        inside.addWidget(tool("trouble_close", "x", tr("Close"), self._close))
        self.hide()

    def show_trouble(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._text.setText(trouble.text)
        self._more.setText(" ".join(part for part in (trouble.kept, trouble.next_step) if part))
        self._more.setVisible(bool(self._more.text()))
        self._action.setText(trouble.button)
        self._action.setAccessibleName(trouble.button)
        self._action.setVisible(trouble.action is not None and bool(trouble.button))
        self.setAccessibleName(trouble.whole)
        self.show()

    def _close(self) -> None:
        focused = QApplication.focusWidget()
        held = focused is not None and self.isAncestorOf(focused)
        self.hide()
        if held:
            self.left.emit()

    def _act(self) -> None:
        self._close()
        if self._trouble is not None and self._trouble.action is not None:
            self._trouble.action()
