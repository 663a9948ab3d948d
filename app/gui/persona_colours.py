"""A persona's colour: one of a row, or any other by its number."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QToolButton, QWidget

from app.gui.avatar import ink_on
from app.gui.controls import column
from app.gui.flow import Flow
from app.gui.icons import glyph
from app.gui.theme import fitted, size, space, theme
from app.gui.translation import later, tr

SWATCHES = {
    "#2F6FDE": later("Blue"), "#0E7490": later("Teal"), "#15803D": later("Green"),
    "#A16207": later("Ochre"), "#C2410C": later("Orange"), "#B91C1C": later("Red"),
    "#B91C6B": later("Pink"), "#7C3AED": later("Violet"), "#7C4A2D": later("Brown"),
    "#4B5563": later("Grey"),
}  # fmt: skip
_COLOUR = re.compile(r"#?[0-9A-Fa-f]{6}")
_OWN_PX = 100
_MARK_PX = 14


class Swatch(QToolButton):
    """A round spot; the chosen one has a mark in it, so that it is not told by colour alone."""

    def __init__(self, colour: str, words: str) -> None:
        super().__init__()
        self.colour = colour
        self.setObjectName(f"colour_{colour[1:].lower()}")
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.setCheckable(True)
        self.setFixedSize(size("target"), size("target"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def paintEvent(self, event: Any) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(theme().look.colour("focus"), 2))
            painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.colour))
        painter.drawEllipse(QRectF(self.rect()).adjusted(4, 4, -4, -4))
        if self.isChecked():
            mark = glyph("check-bold", ink_on(self.colour), _MARK_PX)
            at = (self.width() - _MARK_PX) // 2
            painter.drawPixmap(at, at, mark)
        painter.end()


class _NumberLine(QLineEdit):
    """As wide as a colour's number."""

    def sizeHint(self) -> QSize:
        return QSize(fitted(_OWN_PX), super().sizeHint().height())


class ColourChoice(QWidget):
    """The row, and a line for any other colour."""

    changed = Signal()

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._swatches = QButtonGroup(self)
        self._own = _NumberLine(colour)
        self._own.setObjectName("persona_colour")
        self._own.setAccessibleName(tr("Colour by its number"))
        self._own.setToolTip(
            tr("Any other colour: red, green and blue as six digits from 0 to F, like #2F6FDE.")
        )
        self._own.setMaxLength(7)
        line = Flow(gap=space("hair"))
        for each, words in SWATCHES.items():
            made = Swatch(each, tr(words))
            self._swatches.addButton(made)
            made.clicked.connect(lambda _on=False, one=each: self._own.setText(one))
            line.add(made)
        line.add(self._own)
        column(self).addWidget(line)
        self._own.textChanged.connect(self._on_changed)
        self._mark()

    @property
    def colour(self) -> str:
        """As it is written; not a colour while it is being typed."""
        typed = self._own.text().strip().upper()
        return typed if typed.startswith("#") else f"#{typed}"

    @property
    def valid(self) -> bool:
        return _COLOUR.fullmatch(self._own.text().strip()) is not None

    def _on_changed(self) -> None:
        self._mark()
        self.changed.emit()

    def _mark(self) -> None:
        self._swatches.setExclusive(False)  # else the last one could not be taken away
        for made in self._swatches.buttons():
            made.setChecked(isinstance(made, Swatch) and made.colour == self.colour)
        self._swatches.setExclusive(True)
