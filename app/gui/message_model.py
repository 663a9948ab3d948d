"""The messages of a conversation as a list model; a widget goes on showing what stays alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from app.operations.chat import Line

_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Shown:
    """One message as the list shows it; off the record there is no line behind it."""

    role: str
    text: str
    line: Line | None = None
    streaming: bool = False
    loading: bool = False  # Ollama loads the model for it
    noted: bool = False  # off the record: whether the user's note rode along

    @property
    def message_id(self) -> int | None:
        return self.line.message.id if self.line else None


class MessageModel(QAbstractListModel):
    """The messages of a conversation."""

    ShownRole = int(Qt.ItemDataRole.UserRole)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[Shown] = []

    def rowCount(self, parent: Any = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Any, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        shown = self.rows[index.row()]
        if role == self.ShownRole:
            return shown
        return shown.text if role == Qt.ItemDataRole.DisplayRole else None

    def put_lines(self, lines: Sequence[Line], *, anew: bool) -> None:
        """Show what is stored; a long talk is put with every turn, and few of its rows change."""
        known = zip_longest(lines, self.rows[: len(lines)])
        rows = [
            row if row is not None and row.line == line else _stored(line) for line, row in known
        ]
        self.put(rows, anew=anew)

    def put(self, rows: list[Shown], *, anew: bool) -> None:
        """Show these rows; unless `anew`, what is the same stays as it is."""
        if anew:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()
            return
        same = 0
        while same < min(len(rows), len(self.rows)) and _alike(rows[same], self.rows[same]):
            same += 1
        if same < len(self.rows):
            self.beginRemoveRows(_NOWHERE, same, len(self.rows) - 1)
            del self.rows[same:]
            self.endRemoveRows()
        for row in range(same):
            if rows[row] is not self.rows[row]:
                self.change(row, rows[row])
        if same < len(rows):
            self.beginInsertRows(_NOWHERE, same, len(rows) - 1)
            self.rows.extend(rows[same:])
            self.endInsertRows()

    def append(self, *rows: Shown) -> None:
        self.put([*self.rows, *rows], anew=False)

    def grow_reply(self, text: str) -> None:
        """What arrived so far of the reply that is being written."""
        row = len(self.rows) - 1
        if row >= 0 and self.rows[row].streaming:
            self.change(row, replace(self.rows[row], text=text))

    def show_loading(self) -> None:
        """The reply that is waited for takes longer, since its model has to be loaded first."""
        row = len(self.rows) - 1
        if row >= 0 and self.rows[row].streaming:
            self.change(row, replace(self.rows[row], loading=True))

    def end_reply(self) -> None:
        """The reply stays as far as it came; one that never came goes."""
        rows = [row for row in self.rows if row.text or not row.streaming]
        over = [replace(row, streaming=False) if row.streaming else row for row in rows]
        self.put(over, anew=False)

    def change_lines(self, lines: Iterable[Line]) -> None:
        """A rating given while a reply is written: change the rows, leave the reply alone."""
        changed = {line.message.id: line for line in lines}
        for row, shown in enumerate(self.rows):
            if shown.message_id in changed:
                self.change(row, replace(shown, line=changed[shown.message_id]))

    def show_again(self, message_id: int) -> None:
        """Something beside the message changed."""
        for row, shown in enumerate(self.rows):
            if shown.message_id == message_id:
                self.dataChanged.emit(self.index(row), self.index(row))

    def change(self, row: int, shown: Shown) -> None:
        if self.rows[row] != shown:
            self.rows[row] = shown
            self.dataChanged.emit(self.index(row), self.index(row))


def _stored(line: Line) -> Shown:
    return Shown(line.message.role, line.message.content, line)


def _alike(one: Shown, other: Shown) -> bool:
    """Whether a widget can go on showing it: the same message or an alternative to it.

    The control that turned to the alternative keeps its place and the focus.
    """
    if one is other:
        return True
    if one.role != other.role:
        return False
    if one.line is None or other.line is None:
        return True
    return one.line.message.parent_id == other.line.message.parent_id
