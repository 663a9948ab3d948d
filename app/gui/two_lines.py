"""How a row of a list is painted: its ground, and one line above a smaller one."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QStyle

from app.gui.theme import theme, type_size

_WHOLE_LETTERS = int(Qt.TextFlag.TextDontClip)


def paint_ground(painter: QPainter, rect: QRect, state: Any) -> bool:
    """What shows that a row is chosen or under the mouse; whether it is chosen."""
    selected = bool(state & QStyle.StateFlag.State_Selected)
    if selected or state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(theme().look.colour("pressed" if selected else "hover"))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 8, 8)
    return selected


def paint_two_lines(
    painter: QPainter, rect: QRect, above: str, below: str, *, colour: str = "text", gap: int = 1
) -> None:
    """Each line is cut to the width."""
    _paint_line(painter, rect, above, colour)
    font = QFont(painter.font())
    font.setPixelSize(type_size("small"))
    under = rect.adjusted(0, painter.fontMetrics().height() + gap, 0, 0)
    painter.setFont(font)
    _paint_line(painter, under, below, "text_soft")


def _paint_line(painter: QPainter, rect: QRect, text: str, colour: str) -> None:
    metrics = painter.fontMetrics()
    painter.setPen(theme().look.colour(colour))
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    # Korean letters stand higher than the font that the metrics are of.
    painter.drawText(rect.x(), rect.y(), rect.width(), metrics.height(), _WHOLE_LETTERS, shown)
