"""How a reply is drawn in the review's list: its question, and below it why it is there."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate

from app.gui.review_model import UNDER_ROLE
from app.gui.theme import fitted, theme
from app.gui.translation import tr
from app.gui.two_lines import paint_ground, paint_two_lines

ROW_PX, PADDING_PX = 58, 8


class ReviewRows(QStyledItemDelegate):
    """Two lines; the one that is looked at has a bar at its side."""

    def paint(self, painter: QPainter, option: Any, index: Any) -> None:
        look = theme().look
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if paint_ground(painter, rect, option.state):
            painter.setBrush(look.colour("accent"))
            painter.drawRoundedRect(rect.x(), rect.y() + 10, 3, rect.height() - 20, 1.5, 1.5)
        inner = rect.adjusted(PADDING_PX + 4, PADDING_PX - 2, -PADDING_PX, -PADDING_PX)
        paint_two_lines(painter, inner, str(index.data()), str(index.data(UNDER_ROLE)), gap=5)
        painter.restore()

    def sizeHint(self, option: Any, index: Any) -> QSize:
        return QSize(0, fitted(ROW_PX))


class ReviewList(QListView):
    """The queue; letters and figures are the page's keys, not a search in the list."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("review_list")
        self.setAccessibleName(tr("Replies to decide on"))
        self.setProperty("kind", "list")
        self.setItemDelegate(ReviewRows(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)

    def keyPressEvent(self, event: Any) -> None:
        scrolls = event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if scrolls or (event.text().isprintable() and event.text()):
            event.ignore()  # the page gets it
        else:
            super().keyPressEvent(event)
