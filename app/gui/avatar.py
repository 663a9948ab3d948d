"""A persona's mark: its initial on its colour."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from app.gui.theme import contrast

_DARK, _LIGHT = "#111111", "#FFFFFF"


class Avatar(QWidget):
    """Decoration: the name always stands beside it."""

    def __init__(self, name: str, colour: str, pixels: int = 24) -> None:
        super().__init__()
        self._initial = name[:1].upper()
        self._colour = colour
        self.setFixedSize(pixels, pixels)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: Any) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        painter.drawEllipse(QRectF(0, 0, self.width(), self.height()))
        painter.setPen(QColor(ink_on(self._colour)))
        font = self.font()
        font.setPixelSize(round(self.height() * 0.5))
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._initial)
        painter.end()


def ink_on(colour: str) -> str:
    """What is read best on a persona's colour."""
    light = contrast(colour, _LIGHT) >= contrast(colour, _DARK)
    return _LIGHT if light else _DARK
