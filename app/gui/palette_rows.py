"""How a command is drawn in the palette: its words at the left, its keys at the right."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app.gui.theme import size, space, theme
from app.gui.two_lines import paint_ground

HINT_ROLE = int(Qt.ItemDataRole.UserRole) + 1


class PaletteRows(QStyledItemDelegate):
    """One line a command."""

    @staticmethod
    def height() -> int:
        return size("target") + 4

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
        inner = rect.adjusted(12, 0, -12, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        metrics = painter.fontMetrics()
        hint = str(index.data(HINT_ROLE) or "")
        hint_px = metrics.horizontalAdvance(hint)
        painter.setPen(theme().look.colour("text_soft"))
        painter.drawText(inner, int(middle | Qt.AlignmentFlag.AlignRight), hint)
        words = inner.adjusted(0, 0, -hint_px - space("medium"), 0)
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, words.width())
        painter.setPen(theme().look.colour("text"))
        painter.drawText(words, int(middle), shown)
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(0, self.height())
