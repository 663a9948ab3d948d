"""A check box whose box and mark stand out in every theme."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

from app.gui.icons import glyph
from app.gui.theme import theme

_MARK_PX = 14


class Tick(QCheckBox):
    """The style sheet draws the box; a style sheet without picture files has no mark for it."""

    def __init__(self, name: str, text: str, tip: str = "") -> None:
        super().__init__(text)
        self.setObjectName(name)
        self.setToolTip(tip)

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        place = QRect(0, 0, _MARK_PX, _MARK_PX)
        place.moveCenter(box.center())
        colour = theme().look["on_accent" if self.isEnabled() else "text_soft"]
        painter = QPainter(self)
        painter.drawPixmap(place, glyph("check-bold", colour, _MARK_PX))
        painter.end()
