"""The items of a replay group, page by page, and how one is drawn in its list."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QListView, QStyledItemDelegate

from app.gui.icons import glyph
from app.gui.paged_rows import show_page
from app.gui.replay_session import ReplaySession
from app.gui.replay_words import source_words, state_tip, state_words, used_words
from app.gui.theme import fitted, theme
from app.gui.translation import tr
from app.gui.two_lines import paint_ground, paint_two_lines
from app.operations import replaying
from app.operations.replaying import ItemPage, ItemView

UNDER_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_NOWHERE = QModelIndex()
_CHECKED = Qt.CheckState.Checked
ROW_PX, PADDING_PX, BOX_PX = 56, 8, 18
SWITCH_PX = 2 * PADDING_PX + BOX_PX


class ReplayModel(QAbstractListModel):
    """A checked item takes part; leaving it out is one click or the space bar."""

    read = Signal()

    def __init__(self, replay: ReplaySession, parent: QObject) -> None:
        super().__init__(parent)
        self._replay = replay
        self.views: list[ItemView] = []
        self.loaded = False
        self._text = ""
        self._after: int | None = None
        self._asked = 0  # what was asked for before the last question is read no more

    def rowCount(self, parent: Any = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.views)

    def data(self, index: Any, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        view = self.views[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return " ".join(view.question.split())
        if role == UNDER_ROLE:
            return " · ".join((state_words(view.state), source_words(view), used_words(view)))
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Unchecked if view.item.left_out else _CHECKED
        if role == Qt.ItemDataRole.ToolTipRole:
            return state_tip(view.state)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{view.question}. {index.data(UNDER_ROLE)}"
        return view if role == Qt.ItemDataRole.UserRole else None

    def flags(self, index: Any) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def setData(self, index: Any, value: Any, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        view = self.views[index.row()]
        self._replay.leave_out(view.item.id, Qt.CheckState(value) != _CHECKED)
        return True

    def canFetchMore(self, parent: Any = _NOWHERE) -> bool:
        return self._after is not None

    def fetchMore(self, parent: Any = _NOWHERE) -> None:
        after, self._after = self._after, None
        if after is not None:
            self._ask(replaying.PAGE, after)

    def show_text(self, text: str) -> None:
        """Only the items that hold a text."""
        self._text = text
        self.begin_anew()

    def begin_anew(self) -> None:
        """Read the first page of the group that is on."""
        self._ask(replaying.PAGE, None)

    def reload(self) -> None:
        """Read what is shown again."""
        self._ask(max(replaying.PAGE, len(self.views)), None)

    def _ask(self, limit: int, after: int | None) -> None:
        shown = self._replay.overview
        if shown is None:
            return
        self._asked += 1
        asked, group, text = self._asked, self._replay.group, self._text
        self._replay.ask(
            lambda store: replaying.page(store, shown, group, limit, after, text),
            lambda page: self._on_page(asked, page, anew=after is None),
        )

    def _on_page(self, asked: int, page: ItemPage, *, anew: bool) -> None:
        if asked != self._asked:
            return
        found = list(page.items)
        self.loaded = True
        self._after = page.after
        same = [each.item.id for each in found] == [each.item.id for each in self.views]
        if anew and same and found:
            self.views = found
            self.dataChanged.emit(self.index(0), self.index(len(found) - 1))
        else:
            show_page(self, self.views, found, anew=anew)
        self.read.emit()


class ReplayList(QListView):
    """Keeps the chosen item in sight when a line above it takes some of its room."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        chosen = self.visualRect(self.currentIndex())
        seen = QRect(QPoint(0, 0), event.oldSize()).contains(chosen)
        super().resizeEvent(event)
        if seen:
            self.scrollTo(self.currentIndex())


class ReplayRows(QStyledItemDelegate):
    """The switch, the question in one line, and below it what becomes of it."""

    def paint(self, painter: QPainter, option: Any, index: Any) -> None:
        look = theme().look
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, rect, option.state)
        takes_part = index.data(Qt.ItemDataRole.CheckStateRole) == _CHECKED
        box = glyph(
            "check-square-fill" if takes_part else "square",
            look["accent_text" if takes_part else "text_soft"],
            BOX_PX,
        )
        painter.drawPixmap(rect.x() + PADDING_PX, rect.y() + PADDING_PX + 1, box)
        inner = rect.adjusted(SWITCH_PX, PADDING_PX, -PADDING_PX, -PADDING_PX)
        paint_two_lines(
            painter,
            inner,
            str(index.data()),
            str(index.data(UNDER_ROLE)),
            colour="text" if takes_part else "text_soft",
        )
        painter.restore()

    def sizeHint(self, option: Any, index: Any) -> QSize:
        return QSize(0, fitted(ROW_PX))

    def editorEvent(self, event: Any, model: Any, option: Any, index: Any) -> bool:
        """The switch is the box at the left, or the space bar."""
        kind = event.type()
        if kind == QEvent.Type.MouseButtonRelease:
            on_switch = event.position().x() < option.rect.x() + SWITCH_PX
            wanted = on_switch and event.button() == Qt.MouseButton.LeftButton
        elif kind == QEvent.Type.KeyPress:
            wanted = event.key() == Qt.Key.Key_Space
        else:
            return False
        if not wanted:
            return False
        takes_part = index.data(Qt.ItemDataRole.CheckStateRole) == _CHECKED
        state = Qt.CheckState.Unchecked if takes_part else _CHECKED
        return bool(model.setData(index, state, int(Qt.ItemDataRole.CheckStateRole)))


def empty_words(*, filtered: bool, group: str) -> str:
    """What to do where there is nothing to show."""
    if filtered:
        return tr("Nothing found. Try fewer words.")
    if group == "persona":
        return tr(
            "Nothing here yet. What an adapter has learned from your conversations comes in with"
            " “Fill from conversations”, or write an item yourself."
        )
    return tr("Nothing here yet. Write an item yourself, or fill from conversations.")
