"""How a past conversation is drawn in its list: a title of one line, the day below."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app.gui.theme import fitted, theme
from app.gui.two_lines import paint_ground, paint_two_lines

UNDER_ROLE = int(Qt.ItemDataRole.UserRole) + 1
PADDING_PX = 8
_PLAIN_PX, _FOUND_PX = 52, 56


class ConversationRows(QStyledItemDelegate):
    """A title and a day; or two lines of what a search found."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, rect, option.state)
        inner = rect.adjusted(PADDING_PX, PADDING_PX, -PADDING_PX, -PADDING_PX)
        under = index.data(UNDER_ROLE)
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        if under:
            paint_two_lines(painter, inner, text, str(under))
        else:
            painter.setPen(theme().look.colour("text"))
            painter.drawText(inner, int(Qt.TextFlag.TextWordWrap), text)
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, fitted(_PLAIN_PX if index.data(UNDER_ROLE) else _FOUND_PX))
