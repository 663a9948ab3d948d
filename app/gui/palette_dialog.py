"""The command palette: everything that the window can do, found by typing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QListView, QWidget

from app.gui.controls import column, label
from app.gui.palette_rows import HINT_ROLE, PaletteRows
from app.gui.theme import space
from app.gui.translation import tr

WIDTH_PX = 560
ROWS_SHOWN = 9
FROM_TOP_PX = 72
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Command:
    """Something to do, where it belongs, and the keys that do it without the palette."""

    words: str
    group: str
    run: Callable[[], object]
    keys: str = ""


def fitting(commands: Sequence[Command], typed: str) -> list[Command]:
    """The commands that hold every typed word; those that begin with one come first."""
    wanted = typed.casefold().split()

    def rank(command: Command) -> int:
        words = command.words.casefold().split()
        return sum(not any(word.startswith(each) for word in words) for each in wanted)

    found = [
        each
        for each in commands
        if all(part in f"{each.words} {each.group}".casefold() for part in wanted)
    ]
    return sorted(found, key=rank)


class PaletteModel(QAbstractListModel):
    """The commands that fit what was typed."""

    def __init__(self, commands: Sequence[Command], parent: QWidget) -> None:
        super().__init__(parent)
        self._all = list(commands)
        self.shown = list(commands)

    def show_fitting(self, typed: str, more: Sequence[Command] = ()) -> None:
        """Show what fits; `more` fits in any case and comes last."""
        self.beginResetModel()
        self.shown = [*fitting(self._all, typed), *more]
        self.endResetModel()

    def rowCount(self, parent: Any = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: Any, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        command = self.shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return command.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(each for each in (command.words, command.group, command.keys) if each)
        return command.keys or command.group if role == HINT_ROLE else None


class PaletteDialog(QDialog):
    """A field and a list under it; the arrows move in the list while one types."""

    typed = Signal(str)

    def __init__(
        self,
        commands: Sequence[Command],
        window: QWidget,
        search: Callable[[str], Command] | None = None,
    ) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self.setObjectName("palette")
        self.setWindowTitle(tr("Commands"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(min(WIDTH_PX, window.width() - 2 * space("large")))
        self._search = search
        self._model = PaletteModel(commands, self)
        self._field = QLineEdit()
        self._field.setObjectName("palette_text")
        self._field.setAccessibleName(tr("Find a command"))
        self._field.setToolTip(tr("A few letters are enough; the arrows choose, Enter does it"))
        self._field.setPlaceholderText(tr("What would you like to do?"))
        self._field.textChanged.connect(self._on_text_changed)
        self._list = QListView()
        self._nothing = label(tr("Nothing like that. Try another word."), "soft")
        self._nothing.setObjectName("palette_nothing")
        self._lay_out()
        self._on_text_changed("")
        self.move(window.mapToGlobal(QPoint((window.width() - self.width()) // 2, FROM_TOP_PX)))
        self._field.setFocus()

    def _lay_out(self) -> None:
        rows = self._list
        rows.setObjectName("palette_list")
        rows.setAccessibleName(tr("Commands"))
        rows.setProperty("kind", "list")
        rows.setModel(self._model)
        rows.setItemDelegate(PaletteRows(rows))
        rows.setUniformItemSizes(True)
        rows.setMouseTracking(True)
        rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows.clicked.connect(self._run)
        inside = column(self, margins=space("small"), gap=space("small"))
        inside.addWidget(self._field)
        inside.addWidget(rows)
        inside.addWidget(self._nothing)

    def _on_text_changed(self, typed: str) -> None:
        self._show(typed, ())
        if typed.strip():
            self.typed.emit(typed)

    def show_more(self, typed: str, more: Sequence[Command]) -> None:
        """What was found elsewhere for what was typed, unless it was typed over."""
        if typed == self._field.text():
            at = self._list.currentIndex().row()
            self._show(typed, more)
            self._list.setCurrentIndex(self._model.index(at))

    def _show(self, typed: str, more: Sequence[Command]) -> None:
        last = [self._search(typed.strip())] if self._search and typed.strip() else []
        self._model.show_fitting(typed, [*more, *last])
        count = len(self._model.shown)
        self._list.setVisible(count > 0)
        self._nothing.setVisible(count == 0)
        self._list.setFixedHeight(min(count, ROWS_SHOWN) * PaletteRows.height() + 2)
        self._list.setCurrentIndex(self._model.index(0))
        self.adjustSize()

    def keyPressEvent(self, event: Any) -> None:
        steps = {
            Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: ROWS_SHOWN, Qt.Key.Key_PageUp: -ROWS_SHOWN,
        }  # fmt: skip
        if event.key() in steps:
            row = self._list.currentIndex().row() + steps[event.key()]
            row = max(0, min(self._model.rowCount() - 1, row))
            self._list.setCurrentIndex(self._model.index(row))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self._list.currentIndex())
        else:
            super().keyPressEvent(event)

    def _run(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        command = self._model.shown[index.row()]
        self.close()
        command.run()
