"""What to think of before an import: whose words they are, and what a provider's terms say."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from app.gui.controls import button, clear, column, icon_row, label, row
from app.gui.import_words import warning_words
from app.gui.theme import space
from app.gui.translation import tr
from app.importers.bystanders import ImportWarning


class ImportWarnings(QFrame):
    """Always in sight beside the button that imports; a kind that is new is asked about once."""

    read = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("import_warnings")
        self.setProperty("kind", "warning")
        self._lines = column(gap=space("hair"))
        self._asks = False
        self._read = button(
            "import_warnings_read", tr("I have read this"), "chip",
            tip=tr("Lets the import begin; each kind of warning is asked about once"),
        )  # fmt: skip
        self._read.setCheckable(True)
        self._read.toggled.connect(lambda _on: self.read.emit())
        inside = row(self, margins=(12, space("small"), 12, space("small")), gap=12)
        inside.addWidget(icon_row("warning", "warning"))
        inside.addLayout(self._lines, 1)
        inside.addWidget(self._read)

    @property
    def waiting(self) -> bool:
        """Whether there is something that was never read."""
        return self._asks and not self._read.isChecked()

    def take_focus(self) -> None:
        self._read.setFocus()

    def show_warnings(self, warnings: Sequence[ImportWarning], anew: bool) -> None:
        """Show them; `anew` when one of them is of a kind that was never read before."""
        words = [warning_words(each) for each in warnings]
        clear(self._lines)
        for each in words:
            self._lines.addWidget(label(each, "", wrap=True))
        self.setAccessibleName(" ".join(words))
        self._asks = anew
        self._read.setChecked(False)
        self._read.setVisible(anew)
        self.setVisible(bool(words))
