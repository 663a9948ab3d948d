"""The window: sidebar, the page that is on, and the bar that tells of trouble."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QMainWindow, QStackedWidget, QWidget

from app.gui.carrying import Carrying
from app.gui.chat_page import ChatPage
from app.gui.chat_session import ChatSession
from app.gui.controls import column, row
from app.gui.drop_target import DropTarget
from app.gui.persona_dialog import PersonaDialog
from app.gui.session import Session
from app.gui.sidebar import Sidebar
from app.gui.source_watch import SourceWatch
from app.gui.stop_dialog import ask_close
from app.gui.theme import theme
from app.gui.trouble import Trouble
from app.gui.trouble_bar import TroubleBar
from app.gui.unfinished_deployment import UnfinishedDeployment
from app.gui.unfinished_forgetting import UnfinishedForgetting
from app.gui.welcome_page import WelcomePage

if TYPE_CHECKING:
    from app.gui.replay_page import ReplayPage
    from app.gui.replay_session import ReplaySession
    from app.gui.review_page import ReviewPage
    from app.gui.review_session import ReviewSession
    from app.gui.train_page import TrainPage
    from app.gui.train_session import TrainSession
    from app.store.review import ReviewFilter

WIDTH_PX, HEIGHT_PX = 1160, 760
LEAST_WIDTH_PX, LEAST_HEIGHT_PX = 800, 560


class MainWindow(QMainWindow):
    """Built anew when theme or language change; what is going on lives in the sessions."""

    painted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Perennial")
        self.resize(WIDTH_PX, HEIGHT_PX)
        self.setMinimumSize(LEAST_WIDTH_PX, LEAST_HEIGHT_PX)
        self.session = session
        self.chat = ChatSession(session)
        self._train: TrainSession | None = None
        self._replay: ReplaySession | None = None
        self._review: ReviewSession | None = None
        self._page = "chat"
        self._painted = False
        self._leaving = False
        self._trouble: Trouble | None = None
        self._build()
        session.household_changed.connect(self._show_page)
        session.settings_read.connect(self._rebuild)
        session.language_changed.connect(self._rebuild)
        session.trouble_raised.connect(self._on_trouble_raised)
        session.month_changed.connect(self._on_month_changed)
        session.programs.asked.connect(self.open_programs)
        theme().changed.connect(self._rebuild)
        for keys, page in (
            ("Ctrl+L", "chat"),
            ("Ctrl+E", "review"),
            ("Ctrl+R", "replay"),
            ("Ctrl+T", "train"),
        ):
            QShortcut(QKeySequence(keys), self, lambda each=page: self.show_page(each))
        QShortcut(QKeySequence("Ctrl+I"), self, self.open_import)
        QShortcut(QKeySequence("Ctrl+Shift+E"), self, self.open_export)
        QShortcut(QKeySequence("Ctrl+Q"), self, self.close)
        self._carrying = Carrying(session)
        self._drops = DropTarget(self)
        self._drops.dropped.connect(self.open_import)
        self.painted.connect(self._drops.watch)

    def start(self) -> None:
        """Read the home; called once the window is on the screen."""
        self.session.start()
        self.sources = SourceWatch(self.session)
        self._forgetting = UnfinishedForgetting(self.session)
        self._deployment = UnfinishedDeployment(self.session)

    def show_page(self, name: str) -> None:
        self._page = name
        self._show_page()

    def show_review(self, chosen: ReviewFilter) -> None:
        """Open the review with a filter on; of an archive a sample is drawn first."""
        self.review.show(chosen)
        self.show_page("review")

    def bring_forward(self) -> None:
        """Come before other windows."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    @property
    def train(self) -> TrainSession:
        """Made when it is needed first: what follows a run takes time to import."""
        if self._train is None:
            from app.gui.train_session import TrainSession

            self._train = TrainSession(self.session)
        return self._train

    @property
    def replay(self) -> ReplaySession:
        """Made when the page is opened first."""
        if self._replay is None:
            from app.gui.replay_session import ReplaySession

            self._replay = ReplaySession(self.session)
        return self._replay

    @property
    def review(self) -> ReviewSession:
        """Made when the page is opened first; holds the place in the queue."""
        if self._review is None:
            from app.gui.review_session import ReviewSession

            self._review = ReviewSession(self.session)
        return self._review

    def open_import(self, paths: Sequence[Path] = ()) -> None:
        """Take in files; without any the dialog asks for them."""

        def made() -> QDialog:
            from app.gui.import_dialog import ImportDialog

            dialog = ImportDialog(self.session, self, paths)
            dialog.review_wanted.connect(self._on_review_wanted)
            return dialog

        if self.session.loaded:
            self._carrying.open(made)

    def open_export(self) -> None:
        """Write what a persona has into a file."""

        def made() -> QDialog:
            from app.gui.export_dialog import ExportDialog

            return ExportDialog(self.session, self)

        if self.session.household.cards:
            self._carrying.open(made)

    def open_programs(self) -> None:
        """Let other programs talk to the personas."""
        # It would delay a window that opens.
        from app.gui.programs_dialog import ProgramsDialog

        if self.session.loaded:
            ProgramsDialog(self.session, self).open()

    def _build(self) -> None:
        self._sidebar = Sidebar(self.session)
        self._sidebar.page_chosen.connect(self.show_page)
        self._sidebar.persona_wanted.connect(self._on_persona_wanted)
        self._sidebar.import_wanted.connect(self.open_import)
        self._sidebar.export_wanted.connect(self.open_export)
        self._bar = TroubleBar()
        self._bar.left.connect(self._on_bar_left)
        self._pages = QStackedWidget()
        self._waiting = QWidget()
        self._chat_page = ChatPage(self.session, self.chat)
        self._welcome: WelcomePage | None = None
        self._train_page: TrainPage | None = None
        self._replay_page: ReplayPage | None = None
        self._review_page: ReviewPage | None = None
        self._pages.addWidget(self._waiting)
        self._pages.addWidget(self._chat_page)
        whole = QWidget()
        whole.setProperty("kind", "page")
        outside = row(whole)
        outside.addWidget(self._sidebar)
        right = column()
        right.addWidget(self._bar)
        right.addWidget(self._pages, 1)
        outside.addLayout(right, 1)
        self.setCentralWidget(whole)

    def _rebuild(self) -> None:
        draft = self._chat_page.draft
        if self._bar.isHidden():  # it was closed
            self._trouble = None
        self._build()
        self._chat_page.set_draft(draft)
        if self._trouble is not None:
            self._bar.show_trouble(self._trouble)
        self._show_page()

    def _show_page(self) -> None:
        session = self.session
        page: Any = self._waiting
        if session.loaded and not session.household.cards:
            if self._welcome is None:
                self._welcome = WelcomePage(session)
                self._welcome.import_wanted.connect(self.open_import)
                self._pages.addWidget(self._welcome)
            page = self._welcome
        elif session.loaded and self._page == "train":
            page = self._made_train_page()
        elif session.loaded and self._page == "replay":
            page = self._made_replay_page()
        elif session.loaded and self._page == "review":
            page = self._made_review_page()
        elif session.loaded:
            page = self._chat_page
        self._sidebar.show_page(self._page)
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)
            if page is not self._waiting:
                page.take_focus()

    def _made_train_page(self) -> TrainPage:
        if self._train_page is None:
            from app.gui.train_page import TrainPage

            self._train_page = TrainPage(self.session, self.train)
            self._pages.addWidget(self._train_page)
        return self._train_page

    def _made_replay_page(self) -> ReplayPage:
        if self._replay_page is None:
            from app.gui.replay_page import ReplayPage

            self._replay_page = ReplayPage(self.replay)
            self._pages.addWidget(self._replay_page)
        return self._replay_page

    def _made_review_page(self) -> ReviewPage:
        if self._review_page is None:
            from app.gui.review_page import ReviewPage

            self._review_page = ReviewPage(self.session, self.review)
            self._review_page.chat_asked.connect(lambda: self.show_page("chat"))
            self._pages.addWidget(self._review_page)
        return self._review_page

    def _on_persona_wanted(self) -> None:
        dialog = PersonaDialog(self.session, self)
        dialog.created.connect(lambda: self.show_page("chat"))
        dialog.open()

    def _on_review_wanted(self, persona_id: int) -> None:
        from app.store.review import ReviewFilter

        self.session.switch(persona_id, lambda: self.show_review(ReviewFilter("sample")))

    def _on_bar_left(self) -> None:
        """Else the keyboard would go to whatever comes next, as the sidebar."""
        page: Any = self._pages.currentWidget()
        if page is not self._waiting:
            page.take_focus()

    def _on_trouble_raised(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._bar.show_trouble(trouble)

    def _on_month_changed(self) -> None:
        """A run that goes on without a window is found again when one opens."""
        if self.session.training and self._train is None:
            _ = self.train

    def closeEvent(self, event: Any) -> None:
        train = self._train
        running = train is not None and train.run is not None and train.view == "during"
        if running and not self._leaving:
            event.ignore()
            ask_close(self, self.leave, self._save_and_leave)
            return
        self.hide()
        if train is not None:
            train.quit()
        if self._replay is not None:
            self._replay.quit()
        if self._review is not None:
            self._review.quit()
        self.chat.stop()
        self.session.quit()
        event.accept()

    def leave(self) -> None:
        """Close without asking; a run goes on."""
        self._leaving = True
        self.close()

    def _save_and_leave(self) -> None:
        self.train.send("save-and-stop")
        self.leave()

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self.painted.emit)
