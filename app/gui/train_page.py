"""The train page: four faces of a month, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QWidget

from app.gui.controls import button, column, row, sideways
from app.gui.flow import Scrolling
from app.gui.free_dialog import Consent, ask_to_free
from app.gui.run_history_session import Place, RunHistorySession
from app.gui.session import Session
from app.gui.theme import fitted, space
from app.gui.train_after import TrainAfter
from app.gui.train_before import TrainBefore
from app.gui.train_during import TrainDuring
from app.gui.train_failed import TrainFailed
from app.gui.train_session import TrainSession, View
from app.gui.translation import tr
from app.gui.watch_notice import WatchNotice

if TYPE_CHECKING:
    from app.gui.train_history import TrainHistory

WIDTH_PX = 880


class TrainPage(QWidget):
    """Shows the face that fits the run, or the history of all of them."""

    def __init__(self, session: Session, train: TrainSession) -> None:
        super().__init__()
        self.setObjectName("train_page")
        self.setProperty("kind", "page")
        self._session = session
        self._train = train
        self._face: TrainBefore | TrainDuring | TrainAfter | TrainFailed | None = None
        self._view: View | None = None
        self._place = column()
        self._past: TrainHistory | None = None
        self._history = RunHistorySession.of(session, train)
        self._open_history = button(
            "train_history_open", "", "plain", self._on_history_clicked,
            icon="clock-counter-clockwise",
        )  # fmt: skip
        self._open_history.setToolTip(
            tr("All trainings of this persona, to look at one again or to compare two")
        )
        self._month = QScrollArea()
        self._month.setWidgetResizable(True)
        self._month.setHorizontalScrollBarPolicy(sideways())
        self._month.setWidget(self._content())
        self._inside = column(self)
        self._inside.addWidget(self._month)
        train.changed.connect(self.refresh)
        train.consent_wanted.connect(self._on_consent_wanted)
        train.progressed.connect(self._on_progressed)
        self._history.moved.connect(self._show_place)
        self._history.count_changed.connect(self._on_counted)
        self._on_counted()
        self.refresh()
        self._show_place()

    def take_focus(self) -> None:
        if self._past is not None and not self._past.isHidden():
            self._past.take_focus()
        else:
            self.setFocus()

    def refresh(self) -> None:
        """Show how the run stands, with the keyboard and the page where they were."""
        view, bar = self._train.view, self._month.verticalScrollBar()
        place = bar.value()
        focused = QApplication.focusWidget()
        inside = focused is not None and self.isAncestorOf(focused)
        name = focused.objectName() if focused is not None else ""
        self._show(view)
        now = QApplication.focusWidget()
        if inside and (now is None or not self.isAncestorOf(now)):
            self._give_focus_back(name)
        bar.setValue(place)  # what had the focus and went took the page along to what came next

    def _give_focus_back(self, name: str) -> None:
        """What had the focus was made anew or is gone; Qt gave it to whatever came next."""
        named = self._face.findChildren(QWidget, name) if name and self._face is not None else []
        again = next((each for each in named if each.isEnabled() and not each.isHidden()), self)
        again.setFocus()

    def _show(self, view: View) -> None:
        if view != self._view or self._face is None:
            if self._face is not None:
                self._place.removeWidget(self._face)
                self._face.hide()
                self._face.deleteLater()
            self._view = view
            self._face = self._make(view)
            self._place.addWidget(self._face)
        self._face.refresh()

    def _make(self, view: View) -> TrainBefore | TrainDuring | TrainAfter | TrainFailed:
        if view == "before":
            return TrainBefore(self._session, self._train)
        if view == "during":
            return TrainDuring(self._session, self._train)
        if view == "after":
            return TrainAfter(self._session, self._train)
        return TrainFailed(self._session, self._train)

    def _show_place(self) -> None:
        """The month, or the history where somebody went there."""
        month = self._history.place.face == "month"
        if not month and self._past is None:
            from app.gui.train_history import TrainHistory

            self._past = TrainHistory(self._session, self._history)
            self._inside.addWidget(self._past)
        if self._past is not None:
            was_in_history = not self._past.isHidden()
            self._past.setVisible(not month)
            self._past.show_place()
            if month and was_in_history:
                self._open_history.setFocus()
        self._month.setVisible(month)

    def _on_history_clicked(self) -> None:
        self._history.open(Place("list"))

    def _on_counted(self) -> None:
        count = self._history.count
        words = tr("History") if count is None else tr("History ({count})", count=count)
        self._open_history.setText(f"  {words}")
        self._open_history.setAccessibleName(words)

    def _on_progressed(self) -> None:
        if self._view == "during" and self._face is not None:
            self._face.refresh()

    def _on_consent_wanted(self, consent: Consent) -> None:
        ask_to_free(self.window(), consent, self._train.always_free)

    def _content(self) -> QWidget:
        content = Scrolling()
        content.setProperty("kind", "column")
        middle = QWidget()
        middle.setMaximumWidth(fitted(WIDTH_PX))
        inside = column(middle, gap=space("medium"))
        head = row()
        head.addStretch()
        head.addWidget(self._open_history)
        inside.addLayout(head)
        inside.addWidget(WatchNotice(self._session, "train_watch", "warning"))
        inside.addLayout(self._place)
        outside = QHBoxLayout(content)
        gap = space("large")
        outside.setContentsMargins(gap, gap, gap, gap)
        outside.addStretch(1)
        outside.addWidget(middle, 100)
        outside.addStretch(1)
        return content
