"""How something that was found is drawn: whose it is and when, and the words with the match."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app.gui.search_model import Hit, SearchModel
from app.gui.theme import space, theme, type_size
from app.gui.two_lines import paint_ground

LINES = 2
# Korean letters stand higher than the font that the metrics are of.
_LINE_HEIGHT = 1.35
_PADDING_PX, _DOT_PX, _GAP_PX = 12, 10, 4


class SearchRows(QStyledItemDelegate):
    """Persona, title and day on one line; below it the passage, the matches marked."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        hit: Hit = index.data(SearchModel.HitRole)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, rect, option.state)
        inner = rect.adjusted(_PADDING_PX, space("small"), -_PADDING_PX, -space("small"))
        self._paint_head(painter, inner, hit)
        inner.setTop(inner.top() + _line_px("small") + _GAP_PX)
        self._paint_passage(painter, inner, hit)
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        lines = _line_px("small") + LINES * _line_px("body")
        return QSize(0, lines + _GAP_PX + 2 * space("small"))

    def _paint_head(self, painter: QPainter, rect: QRect, hit: Hit) -> None:
        line = QRect(rect.left(), rect.top(), rect.width(), _line_px("small"))
        dot = QRectF(line.left(), line.center().y() - _DOT_PX / 2 + 1, _DOT_PX, _DOT_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(hit.found.colour))
        painter.drawEllipse(dot)
        font = QFont(painter.font())
        font.setPixelSize(type_size("small"))
        middle = Qt.AlignmentFlag.AlignVCenter
        soft = theme().look.colour("text_soft")
        painter.setFont(font)
        painter.setPen(soft)
        said = _cut(font, hit.said, line.width() // 3)
        painter.drawText(line, int(middle | Qt.AlignmentFlag.AlignRight), said)
        said_px = QFontMetrics(font).horizontalAdvance(said)
        line.setLeft(line.left() + _DOT_PX + space("small"))
        line.setRight(line.right() - said_px - space("medium"))
        strong = QFont(font)
        strong.setWeight(QFont.Weight.DemiBold)
        name = _cut(strong, " ".join(hit.found.persona.split()), line.width() // 2)
        painter.setFont(strong)
        painter.setPen(theme().look.colour("text"))
        painter.drawText(line, int(middle), name)
        line.setLeft(line.left() + QFontMetrics(strong).horizontalAdvance(name) + space("small"))
        painter.setFont(font)
        painter.setPen(soft)
        painter.drawText(line, int(middle), _cut(font, hit.title, line.width()))

    def _paint_passage(self, painter: QPainter, rect: QRect, hit: Hit) -> None:
        font = QFont(painter.font())
        font.setPixelSize(type_size("body"))
        look = theme().look
        layout = _laid_out(hit.passage, hit, font, rect.width())
        if layout.lineCount() > LINES:
            last = layout.lineAt(LINES - 1)
            end = last.textStart() + last.textLength() - 1
            layout = _laid_out(_first_units(hit.passage, end) + "…", hit, font, rect.width())
        painter.setPen(look.colour("text"))
        layout.draw(painter, QPointF(rect.left(), rect.top()))


def _laid_out(text: str, hit: Hit, font: QFont, width: int) -> QTextLayout:
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    formats = []
    for start, end in hit.marks:
        mark = QTextLayout.FormatRange()
        mark.start, mark.length = start, end - start
        mark.format = _mark_format()
        formats.append(mark)
    layout.setFormats(formats)
    layout.beginLayout()
    top = 0.0
    while layout.lineCount() <= LINES:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        line.setPosition(QPointF(0, top))
        top += _line_px("body")
    layout.endLayout()
    return layout


def _mark_format() -> QTextCharFormat:
    """Weight goes with the colour."""
    made = QTextCharFormat()
    made.setFontWeight(QFont.Weight.Bold)
    made.setForeground(theme().look.colour("accent_text"))
    made.setBackground(theme().look.colour("accent_soft"))
    return made


def _line_px(name: str) -> int:
    return round(type_size(name) * _LINE_HEIGHT)


def _cut(font: QFont, text: str, width: int) -> str:
    return QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, max(0, width))


def _first_units(text: str, units: int) -> str:
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore").rstrip()
