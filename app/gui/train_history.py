"""The history of runs: a list of all of them, one in detail, or two side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QScrollArea, QWidget

from app.gui.controls import button, clear, column, label, row, scrolled
from app.gui.flow import Scrolling
from app.gui.run_compare import compare_cards
from app.gui.run_details import details_cards
from app.gui.run_history_session import Place, RunHistorySession
from app.gui.run_list import RunList
from app.gui.session import Session
from app.gui.theme import space
from app.gui.train_after import Stack
from app.gui.translation import tr
from app.gui.trouble import explain
from app.operations import run_history
from app.operations.run_comparison import Comparison, compare
from app.operations.run_history import RunDetails
from app.store.store import Store

Read = TypeVar("Read")
CONTENT_PX = 880


class TrainHistory(QWidget):
    """Shows the place that the history's session names; the head leads back."""

    def __init__(self, session: Session, history: RunHistorySession) -> None:
        super().__init__()
        self.setObjectName("train_history")
        self.setProperty("kind", "page")
        self._session, self._history = session, history
        self._shown: Place | None = None
        self._title = label("", "title", name="history_title")
        back = button("history_back", tr("Back"), "plain", history.back, icon="arrow-left")
        back.setToolTip(tr("Back to where you were (Esc)"))
        self.list = RunList(session, history)
        self._holder = QWidget()
        self._holder.setProperty("kind", "clear")
        self._inside = column(self._holder)
        self._scroll: QScrollArea = scrolled(_centred(self._holder))
        gap = space("large")
        inside = column(self, margins=(gap, space("medium"), gap, gap), gap=space("medium"))
        head = row(gap=space("medium"))
        head.addWidget(back)
        head.addWidget(self._title, 1)
        inside.addLayout(head)
        inside.addWidget(self.list, 1)
        inside.addWidget(self._scroll, 1)
        QShortcut(
            QKeySequence("Esc"), self, history.back,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )  # fmt: skip
        session.month_changed.connect(self._on_month_changed)
        self.show_place()

    def take_focus(self) -> None:
        if self.list.isHidden():
            self._scroll.setFocus()
        else:
            self.list.take_focus()

    def show_place(self) -> None:
        """Show what the session names, from its beginning."""
        place = self._history.place
        if place == self._shown or place.face == "month":
            return
        self._shown = place
        self.list.setVisible(place.face == "list")
        self._scroll.setVisible(place.face != "list")
        if place.face == "list":
            self._title.setText(tr("History of trainings"))
            self.list.reload()
        else:
            self._title.setText(
                tr("Two trainings side by side") if place.face == "compare" else place.runs[0]
            )
            self._fill([label(tr("Reading what was kept of it…"), "soft", name="history_reading")])
            self._read(place)
        self.take_focus()

    def _read(self, place: Place) -> None:
        if place.face == "compare":
            one, other = place.runs

            def both(store: Store) -> Comparison:
                return compare(run_history.details(store, one), run_history.details(store, other))

            self._ask(place, both, self._show_compared)
        else:
            run_id = place.runs[0]
            self._ask(place, lambda store: run_history.details(store, run_id), self._show_details)

    def _ask(
        self, place: Place, work: Callable[[Store], Read], done: Callable[[Read], None]
    ) -> None:
        def on_read(found: Read) -> None:
            if self._shown == place:
                done(found)

        def on_failed(error: Exception) -> None:
            if self._shown == place:
                words = explain(error).whole
                self._fill([label(words, "danger", name="history_trouble", wrap=True)])

        self._session.ask(work, on_read, on_failed)

    def _show_details(self, found: RunDetails) -> None:
        opened = self._history.folds()
        self._fill(details_cards(self._session, found, opened, self._compare_with))

    def _show_compared(self, found: Comparison) -> None:
        opened = self._history.folds()
        self._fill(compare_cards(self._session, found, opened, self._open_run))

    def _fill(self, cards: Any) -> None:
        clear(self._inside)
        stack = Stack()
        for each in cards:
            stack.cards.addWidget(each)
        # Its height may change while it is laid out, which would leave room above it.
        self._inside.addWidget(stack, alignment=Qt.AlignmentFlag.AlignTop)
        self._inside.addStretch()
        self._scroll.verticalScrollBar().setValue(0)

    def _open_run(self, run_id: str) -> None:
        self._history.open(Place("details", (run_id,)))

    def _compare_with(self, run_id: str) -> None:
        """Tick a run, and have the other one chosen in the list."""
        self._history.tick(run_id, on=True)
        self._history.open(Place("list"))

    def _on_month_changed(self) -> None:
        """A run went on or ended: its row is not what it was."""
        if not self.list.isHidden() and self.isVisible():
            self.list.reload()


def _centred(inside: QWidget) -> QWidget:
    """As wide as the other faces of the train page, in the middle."""
    outside = Scrolling()
    outside.setProperty("kind", "clear")
    inside.setMaximumWidth(CONTENT_PX)
    line = row(outside)
    line.addStretch(1)
    line.addWidget(inside, 100)
    line.addStretch(1)
    return outside
