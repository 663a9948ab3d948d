"""Another port for other programs to ask at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QLineEdit, QWidget

from app.gui.controls import button, column, label, row
from app.gui.theme import space
from app.gui.translation import tr

if TYPE_CHECKING:
    from app.gui.programs_server import Standing

LEAST, MOST = 1024, 65_535
_WIDTH_PX = 96


class PortForm(QWidget):
    """A number, proposed once it is known who has the one that is asked at now."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._now = 0
        self._port = QLineEdit()
        self._port.setObjectName("programs_port")
        self._port.setAccessibleName(tr("Port"))
        self._port.setToolTip(tr("Another number, for when this one belongs to another program"))
        self._port.setValidator(QIntValidator(LEAST, MOST, self._port))
        self._port.setFixedWidth(_WIDTH_PX)
        self._port.textChanged.connect(lambda _text: self._show_button())
        self._use = button(
            "programs_use_port",
            tr("Use this port"),
            "plain",
            lambda: self.chosen.emit(int(self._port.text())),
            tip=tr("Answers at this port from now on"),
        )
        line = row(gap=space("small"))
        line.addWidget(self._port)
        line.addWidget(self._use)
        line.addStretch()
        inside = column(self, gap=space("hair"))
        inside.addLayout(line)
        about = tr(
            "A number from {least} to {most}. Programs that have the old address need the new one.",
            least=LEAST,
            most=MOST,
        )
        inside.addWidget(label(about, "small", wrap=True))
        self._show_button()

    def show_standing(self, standing: Standing | None, *, busy: bool) -> None:
        self.setEnabled(not busy)
        proposed = (standing.free or standing.port) if standing is not None else 0
        if standing is not None and standing.port != self._now:
            self._now = standing.port
            self._port.setText(str(proposed))
        self._show_button()

    def _show_button(self) -> None:
        other = self._port.text() != str(self._now)
        self._use.setEnabled(other and self._port.hasAcceptableInput())
