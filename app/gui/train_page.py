"""The train page: four faces of a month, one at a time."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QWidget

from app.gui.background import Background, NoTools
from app.gui.charts import charts_loaded, load_charts
from app.gui.controls import column
from app.gui.free_dialog import Consent, ask_to_free
from app.gui.session import Session
from app.gui.theme import space
from app.gui.train_after import TrainAfter
from app.gui.train_before import TrainBefore
from app.gui.train_during import TrainDuring
from app.gui.train_failed import TrainFailed
from app.gui.train_session import TrainSession, View
from app.gui.watch_notice import WatchNotice

WIDTH_PX = 880


class TrainPage(QWidget):
    """Shows the face that fits the run."""

    def __init__(self, session: Session, train: TrainSession) -> None:
        super().__init__()
        self.setObjectName("train_page")
        self.setProperty("kind", "page")
        self._session = session
        self._train = train
        self._face: TrainBefore | TrainDuring | TrainAfter | TrainFailed | None = None
        self._view: View | None = None
        self._loading = False
        self._place = column()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._content())
        column(self).addWidget(scroll)
        train.changed.connect(self.refresh)
        train.consent_wanted.connect(self._on_consent_wanted)
        train.progressed.connect(self._on_progressed)
        self.refresh()

    def take_focus(self) -> None:
        self.setFocus()

    def refresh(self) -> None:
        """Show how the run stands, with the keyboard where it was."""
        view = self._train.view
        if view == "during" and not charts_loaded():
            self._load_charts()
            return
        focused = QApplication.focusWidget()
        inside = focused is not None and self.isAncestorOf(focused)
        name = focused.objectName() if focused is not None else ""
        self._show(view)
        now = QApplication.focusWidget()
        if inside and (now is None or not self.isAncestorOf(now)):
            self._give_focus_back(name)

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

    def _load_charts(self) -> None:
        if not self._loading:
            self._loading = True
            loader = Background("charts", NoTools, self)
            loader.run(
                lambda _tools: load_charts(),
                lambda _none: self._on_charts_loaded(loader),
                self._session.report,
            )

    def _on_charts_loaded(self, loader: Background[NoTools]) -> None:
        loader.quit()
        self._loading = False
        self.refresh()

    def _on_progressed(self) -> None:
        if self._view == "during" and self._face is not None:
            self._face.refresh()

    def _on_consent_wanted(self, consent: Consent) -> None:
        ask_to_free(self.window(), consent, self._train.always_free)

    def _content(self) -> QWidget:
        content = QWidget()
        content.setProperty("kind", "column")
        middle = QWidget()
        middle.setMaximumWidth(WIDTH_PX)
        inside = column(middle, gap=space("medium"))
        inside.addWidget(WatchNotice(self._session, "train_watch", "warning"))
        inside.addLayout(self._place)
        outside = QHBoxLayout(content)
        gap = space("large")
        outside.setContentsMargins(gap, gap, gap, gap)
        outside.addStretch(1)
        outside.addWidget(middle, 100)
        outside.addStretch(1)
        return content
