"""The queue of the review: replies by pages, newest first, each with what is to be marked in it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal

from app.gui.review_marks import Passage
from app.gui.review_words import flag_name, state_words, topic_name
from app.store.review import ReviewItem

UNDER_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class ReviewRow:
    """A reply with its words as they are shown."""

    item: ReviewItem
    question: Passage
    reply: Passage

    @property
    def id(self) -> int:
        return self.item.message_id


class ReviewModel(QAbstractListModel):
    """Holds what was read; the session reads more when the list comes to its end."""

    more_wanted = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[ReviewRow] = []
        self.more = False

    def rowCount(self, parent: Any = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Any, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _one_line(row.item.question) or _one_line(row.item.reply)
        if role == UNDER_ROLE:
            return _under(row.item)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_one_line(row.item.question)}. {_under(row.item)}"
        return row if role == Qt.ItemDataRole.UserRole else None

    def canFetchMore(self, parent: Any = _NOWHERE) -> bool:
        return self.more

    def fetchMore(self, parent: Any = _NOWHERE) -> None:
        if self.more:
            self.more_wanted.emit()

    def place_of(self, message_id: int | None) -> int | None:
        """Where a reply stands."""
        if message_id is None:
            return None
        place = self._place(message_id)
        there = place < len(self.rows) and self.rows[place].id == message_id
        return place if there else None

    def at_or_after(self, message_id: int) -> int:
        """Where a reply stands, or the next one when it is gone."""
        return max(0, min(self._place(message_id), len(self.rows) - 1))

    def show_rows(self, rows: Sequence[ReviewRow], *, more: bool) -> None:
        """Only these, from the newest on."""
        self.more = more
        if rows and [row.id for row in rows] == [row.id for row in self.rows]:
            self.rows = list(rows)
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def add_rows(self, rows: Sequence[ReviewRow], *, more: bool) -> None:
        """The next page; what an undo brought back may stand among it already."""
        self.more = more
        if rows and self.rows and rows[0].id >= self.rows[-1].id:
            for row in rows:
                self.put(row)
        elif rows:
            first = len(self.rows)
            self.beginInsertRows(_NOWHERE, first, first + len(rows) - 1)
            self.rows.extend(rows)
            self.endInsertRows()

    def put(self, row: ReviewRow) -> None:
        """A reply in its place: anew, or as it is now."""
        place = self._place(row.id)
        if place < len(self.rows) and self.rows[place].id == row.id:
            self.rows[place] = row
            self.dataChanged.emit(self.index(place), self.index(place))
            return
        self.beginInsertRows(_NOWHERE, place, place)
        self.rows.insert(place, row)
        self.endInsertRows()

    def remove(self, message_id: int) -> None:
        place = self.place_of(message_id)
        if place is not None:
            self.beginRemoveRows(_NOWHERE, place, place)
            del self.rows[place]
            self.endRemoveRows()

    def _place(self, message_id: int) -> int:
        return bisect_left(self.rows, -message_id, key=lambda row: -row.id)


def _one_line(text: str) -> str:
    return " ".join(text[:300].split())


def _under(item: ReviewItem) -> str:
    """Why it is here, in a line."""
    reasons = [flag_name(flag.kind) for flag in item.flags]
    said = state_words(item) if item.state != "open" else ""
    topic = topic_name(item.topic) if item.topic else ""
    return " · ".join(part for part in (said, *reasons, topic) if part) or state_words(item)
