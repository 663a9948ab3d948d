"""The runs of a persona, page by page, and how one is drawn in the list."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QStyledItemDelegate

from app.gui.controls import plain_tip
from app.gui.icons import glyph
from app.gui.paged_rows import show_page
from app.gui.run_history_session import RunHistorySession
from app.gui.run_words import (
    line_of,
    loss_words,
    made_words,
    outcome_look,
    titled,
    trouble_words,
)
from app.gui.session import Session
from app.gui.theme import fitted, theme, type_size
from app.gui.translation import tr
from app.gui.two_lines import paint_ground, paint_two_lines
from app.operations import run_history
from app.operations.run_history import Chosen, RunPage, RunSummary

_NOWHERE = QModelIndex()
_CHECKED = Qt.CheckState.Checked
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
ROW_PX, PADDING_PX, BOX_PX, ICON_PX = 56, 9, 18, 20
TICK_PX = 2 * PADDING_PX + BOX_PX
SIDE_PX = 150  # what it made and what it came to, at the right


class RunsModel(QAbstractListModel):
    """A ticked run is one of the two that are compared."""

    read = Signal()

    def __init__(self, session: Session, history: RunHistorySession, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._history = session, history
        self.rows: list[RunSummary] = []
        self.counts: dict[Chosen, int] = {}
        self.loaded = False
        self._after: str | None = None
        self._asked = 0  # what was asked for before the last question is read no more
        history.ticks_changed.connect(self._on_ticks_changed)

    def rowCount(self, parent: Any = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Any, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return titled(row)
        if role == Qt.ItemDataRole.CheckStateRole:
            return _CHECKED if row.run.id in self._history.ticked else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.ToolTipRole:
            told = [row.run.id, *map(trouble_words, row.facts.troubles)]
            tick = tr("Enter opens it; the space bar ticks it, to compare two of them.")
            return plain_tip("\n".join([*told, tick]))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ". ".join([titled(row), made_words(row), line_of(row), loss_words(row)])
        return row if role == Qt.ItemDataRole.UserRole else None

    def flags(self, index: Any) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def setData(self, index: Any, value: Any, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        run_id = self.rows[index.row()].run.id
        self._history.tick(run_id, on=Qt.CheckState(value) == _CHECKED)
        return True

    def canFetchMore(self, parent: Any = _NOWHERE) -> bool:
        return self._after is not None

    def fetchMore(self, parent: Any = _NOWHERE) -> None:
        after, self._after = self._after, None
        if after is not None:
            self._ask(run_history.PAGE, after)

    def reload(self) -> None:
        """Read what is shown again, or the first page."""
        self._ask(max(run_history.PAGE, len(self.rows)), None)

    def begin_anew(self) -> None:
        """Read the first page of what the filter lets through."""
        self._ask(run_history.PAGE, None)

    def place_of(self, run_id: str) -> int | None:
        """In which row a run stands."""
        ids = [row.run.id for row in self.rows]
        return ids.index(run_id) if run_id in ids else None

    def _ask(self, limit: int, after: str | None) -> None:
        card = self._session.card
        if card is None:
            return
        self._asked += 1
        asked, persona_id, chosen = self._asked, card.persona.id, self._history.chosen
        self._session.ask(
            lambda store: run_history.page(store, persona_id, chosen, limit, after),
            lambda page: self._on_page(asked, page, anew=after is None),
        )

    def _on_page(self, asked: int, page: RunPage, *, anew: bool) -> None:
        if asked != self._asked:
            return
        self.loaded, self._after, self.counts = True, page.after, dict(page.counts)
        show_page(self, self.rows, page.rows, anew=anew)
        self.read.emit()

    def _on_ticks_changed(self) -> None:
        if self.rows:
            self.dataChanged.emit(self.index(0), self.index(len(self.rows) - 1))


class RunRows(QStyledItemDelegate):
    """The box that ticks it, what came of it, what it was, and what it made."""

    opened = Signal(str)

    def paint(self, painter: QPainter, option: Any, index: Any) -> None:
        look = theme().look
        rect: QRect = option.rect
        row: RunSummary = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, rect, option.state)
        ticked = index.data(Qt.ItemDataRole.CheckStateRole) == _CHECKED
        box = glyph(
            "check-square-fill" if ticked else "square",
            look["accent_text" if ticked else "text_soft"],
            BOX_PX,
        )
        top = rect.y() + PADDING_PX + 1
        painter.drawPixmap(rect.x() + PADDING_PX, top, box)
        outcome = outcome_look(row)
        sign = glyph(outcome.icon, look[outcome.colour], ICON_PX)
        painter.drawPixmap(rect.x() + TICK_PX + 4, top - 1, sign)
        inner = rect.adjusted(
            TICK_PX + ICON_PX + 14, PADDING_PX, -PADDING_PX - fitted(SIDE_PX) - 8, -PADDING_PX
        )
        paint_two_lines(painter, inner, titled(row), line_of(row), gap=2)
        wide = fitted(SIDE_PX)
        side = QRect(rect.right() - PADDING_PX - wide, inner.y(), wide, inner.height())
        self._paint_side(painter, side, row)
        painter.restore()

    def _paint_side(self, painter: QPainter, rect: QRect, row: RunSummary) -> None:
        """What it made, and below it what it came to."""
        look = theme().look
        under = painter.fontMetrics().height() + 2
        painter.setPen(look.colour("good" if row.live else "text_soft"))
        painter.drawText(rect, _RIGHT, made_words(row))
        font = QFont(painter.font())
        font.setPixelSize(type_size("small"))
        painter.setFont(font)
        painter.setPen(look.colour("text_soft"))
        painter.drawText(rect.adjusted(0, under, 0, 0), _RIGHT, loss_words(row))

    def sizeHint(self, option: Any, index: Any) -> QSize:
        return QSize(0, fitted(ROW_PX))

    def editorEvent(self, event: Any, model: Any, option: Any, index: Any) -> bool:
        """The box, or the space bar, ticks; a click elsewhere opens, as Enter does."""
        kind = event.type()
        if kind == QEvent.Type.MouseButtonRelease and event.button() == Qt.MouseButton.LeftButton:
            if event.position().x() >= option.rect.x() + TICK_PX:
                self.opened.emit(index.data(Qt.ItemDataRole.UserRole).run.id)
                return True
        elif kind != QEvent.Type.KeyPress or event.key() != Qt.Key.Key_Space:
            return False
        ticked = index.data(Qt.ItemDataRole.CheckStateRole) == _CHECKED
        state = Qt.CheckState.Unchecked if ticked else _CHECKED
        return bool(model.setData(index, state, int(Qt.ItemDataRole.CheckStateRole)))
