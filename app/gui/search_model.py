"""What a search over everything found, page by page; only the last query counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal

from app.gui.dates import day
from app.gui.long_work import LongWork
from app.gui.paged_rows import show_page
from app.gui.session import Session
from app.gui.text_parts import harmless
from app.gui.translation import tr
from app.operations import searching
from app.operations.searching import Found
from app.store.store import Store

_NOWHERE = QModelIndex()
_BASIC_PLANE = "\uffff"


@dataclass(frozen=True)
class Hit:
    """A line of the list: the passage as it is shown, and the matches in it as Qt counts."""

    found: Found
    passage: str
    marks: tuple[tuple[int, int], ...]

    @property
    def title(self) -> str:
        return " ".join(harmless(self.found.title).split()) or tr("Untitled")

    @property
    def said(self) -> str:
        """By whom and when."""
        speaker = tr("You") if self.found.role == "user" else harmless(self.found.persona)
        return f"{speaker} · {day(self.found.created)}"


@dataclass(frozen=True)
class _Read:
    hits: tuple[Hit, ...]
    more: bool


class SearchModel(QAbstractListModel):
    """The best first; pages are read as one scrolls."""

    HitRole = int(Qt.ItemDataRole.UserRole)
    answered = Signal()
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        # A thread of its own: what the window reads for its pages must not hold a letter up.
        self._session = session
        self._searching = LongWork(session, "search")
        self._number = 0  # of the last query; what comes of an earlier one is too late
        self.hits: list[Hit] = []
        self.query = ""
        self.busy = False
        self.more = False

    def rowCount(self, parent: Any = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.hits)

    def data(self, index: Any, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        hit = self.hits[index.row()]
        if role == self.HitRole:
            return hit
        if role == Qt.ItemDataRole.DisplayRole:
            return hit.passage
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{harmless(hit.found.persona)}, {hit.title}, {hit.said}: {hit.passage}"
        return None

    def search(self, query: str) -> None:
        """Find this, and forget what was asked before."""
        self.stop()
        self.query = query
        if query:
            self._ask(0)
        else:
            self._put((), False, anew=True)

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._number += 1
        self.busy = False

    def leave(self) -> None:
        """Nothing is searched any more."""
        self.stop()
        self._searching.leave()

    def canFetchMore(self, parent: Any = _NOWHERE) -> bool:
        return self.more and not self.busy

    def fetchMore(self, parent: Any = _NOWHERE) -> None:
        self._ask(len(self.hits))

    def _ask(self, already: int) -> None:
        self.busy = True
        self._session.examining.give_way()
        self._searching.start(
            partial(self._work, self._number, self.query, already),
            partial(self._on_read, self._number, already),
            partial(self._on_failed, self._number),
        )

    def _work(self, number: int, query: str, already: int, store: Store) -> _Read:
        """Out of the window's thread; a query that was typed over meanwhile is not searched."""
        if number != self._number:
            return _Read((), False)
        page = searching.search(store, query, already)
        return _Read(tuple(_hit(found, query) for found in page.found), page.more)

    def _on_read(self, number: int, already: int, read: _Read) -> None:
        if number == self._number:
            self.busy = False
            self._put(read.hits, read.more, anew=not already)
            self.answered.emit()

    def _on_failed(self, number: int, error: Exception) -> None:
        if number == self._number:
            self.busy = False
            self._put((), False, anew=True)
            self.failed.emit(error)

    def _put(self, hits: tuple[Hit, ...], more: bool, *, anew: bool) -> None:
        self.more = more
        known = set() if anew else {each.found.message_id for each in self.hits}
        new = [each for each in hits if each.found.message_id not in known]
        show_page(self, self.hits, new, anew=anew)


def _hit(found: Found, query: str) -> Hit:
    passage = " ".join(harmless(found.passage).split())
    marks = searching.matches(passage, query)
    if passage and max(passage) > _BASIC_PLANE:  # an emoji counts twice
        marks = [(_units(passage, start), _units(passage, end)) for start, end in marks]
    return Hit(found, passage, tuple(marks))


def _units(text: str, place: int) -> int:
    return len(text[:place].encode("utf-16-le")) // 2
