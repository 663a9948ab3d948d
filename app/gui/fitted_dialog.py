"""A dialog of one width that is as high as what it shows."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QDialog, QWidget

from app.gui.train_fold import height_at


class FittedDialog(QDialog):
    """Grows and shrinks with its layout; a dialog by itself only ever grows."""

    def __init__(self, width_px: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._width_px = width_px
        self.setFixedWidth(width_px)

    def event(self, event: QEvent) -> bool:
        asked_for_room = event.type() == QEvent.Type.LayoutRequest
        done = super().event(event)
        layout = self.layout() if asked_for_room else None
        if layout is not None:
            self.setFixedHeight(height_at(layout, self._width_px))
        return done
