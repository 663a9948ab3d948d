"""A ground under the message that was looked for, for a moment; nothing moves for it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtWidgets import QWidget

from app.gui.theme import theme

FOUND_MS = 2_500
_BESIDE_PX, _OVER_PX = 12, 2


class FoundGround(QWidget):
    """Stands below the message in the page of the list, a little wider than it, and follows it."""

    def __init__(self, message: QWidget, page: QWidget) -> None:
        super().__init__(page)
        self.setObjectName("found_ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        colour = theme().look["accent_soft"]
        self.setStyleSheet(f"#found_ground {{ background: {colour}; border-radius: 12px; }}")
        self._message = message
        self._page = page
        message.installEventFilter(self)
        self._follow()
        self.lower()
        self.show()
        QTimer.singleShot(FOUND_MS, self, self.deleteLater)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind: Any = event.type()
        if kind in (QEvent.Type.Move, QEvent.Type.Resize):
            self._follow()
        elif kind == QEvent.Type.Hide:
            self.hide()
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        at = QRect(self._message.mapTo(self._page, QPoint(0, 0)), self._message.size())
        self.setGeometry(at.adjusted(-_BESIDE_PX, -_OVER_PX, _BESIDE_PX, _OVER_PX))
