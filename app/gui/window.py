"""The window: sidebar, the page that is on, and the bar that tells of trouble."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QDialog, QMainWindow, QWidget

from app.gui.bug_reports import bug_reports
from app.gui.carrying import Carrying
from app.gui.chat_session import ChatSession
from app.gui.commands import Commands
from app.gui.composing import composing
from app.gui.controls import column, row
from app.gui.drop_target import DropTarget
from app.gui.expired_deletions import ExpiredDeletions
from app.gui.keys import keys
from app.gui.on_screen import on_a_screen
from app.gui.pages import Pages
from app.gui.persona_dialog import PersonaDialog
from app.gui.recent_steps import take_step
from app.gui.session import Session
from app.gui.sidebar import Sidebar
from app.gui.source_watch import SourceWatch
from app.gui.stop_dialog import ask_close
from app.gui.theme import fitted, size, theme
from app.gui.trouble import Trouble
from app.gui.trouble_bar import TroubleBar
from app.gui.unfinished_deployment import UnfinishedDeployment
from app.gui.unfinished_forgetting import UnfinishedForgetting

if TYPE_CHECKING:
    from app.gui.replay_session import ReplaySession
    from app.gui.review_session import ReviewSession
    from app.gui.train_session import TrainSession
    from app.gui.tray import Tray
    from app.store.review import ReviewFilter

WIDTH_PX, HEIGHT_PX = 1160, 760
LEAST_WIDTH_PX, LEAST_HEIGHT_PX = 640, 480
# Where less is left to a page, the sidebar shows signs alone.
LEAST_PAGE_PX = 520


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
        bug_reports().home = session.home
        self.chat = ChatSession(session)
        self._train: TrainSession | None = None
        self._replay: ReplaySession | None = None
        self._review: ReviewSession | None = None
        self._page = "chat"
        self._painted = False
        self._leaving = False
        self._tray: Tray | None = None
        self._trouble: Trouble | None = None
        self._build()
        session.household_changed.connect(self._show_page)
        session.settings_read.connect(self._rebuild)
        session.language_changed.connect(self._rebuild)
        session.trouble_raised.connect(self._on_trouble_raised)
        session.home_returned.connect(self._on_home_returned)
        session.month_changed.connect(self._on_month_changed)
        session.programs.asked.connect(self.open_programs)
        theme().changed.connect(self._rebuild)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.screenRemoved.connect(self._on_screen_removed)
        composing()  # follows the keyboard from now on
        self.commands = Commands(self)
        self.commands.bind()
        self._carrying = Carrying(session)
        self._drops = DropTarget(self)
        self._drops.dropped.connect(self.open_import)
        self.painted.connect(self._drops.watch)

    def start(self) -> None:
        """Read the home; called once the window is on the screen."""
        self.session.start()
        self.session.ask(lambda store: store.settings.get("keys", {}), keys().use)
        self.sources = SourceWatch(self.session)
        self._forgetting = UnfinishedForgetting(self.session)
        self._expired = ExpiredDeletions(self.session)
        self._deployment = UnfinishedDeployment(self.session)
        self._make_tray()

    def show_page(self, name: str) -> None:
        take_step("page", name)
        bug_reports().page = name
        self._page = name
        self._show_page()

    def show_review(self, chosen: ReviewFilter) -> None:
        """Open the review with a filter on; of an archive a sample is drawn first."""
        self.review.show(chosen)
        self.show_page("review")

    def _make_tray(self) -> None:
        # Not before the window is on the screen: asking the desktop takes its time.
        from app.gui.tray import Tray

        self._tray = Tray(self)
        if self._train is not None:
            self._tray.follow(self._train)

    def fit_screen(self) -> None:
        """Open no larger than the screen."""
        self.resize(self.size().boundedTo(self.screen().availableSize()))

    def come_back(self, screens: Sequence[QRect]) -> None:
        """Be where one can see it, with these screens."""
        self.setGeometry(on_a_screen(self.geometry(), screens))

    def _on_screen_removed(self, gone: QScreen) -> None:
        left = [each.availableGeometry() for each in QGuiApplication.screens() if each is not gone]
        # Systems that move windows themselves do so first.
        QTimer.singleShot(0, self, lambda: self.come_back(left))

    def bring_forward(self) -> None:
        """Come before other windows."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.come_back([each.availableGeometry() for each in QGuiApplication.screens()])
        self.raise_()
        self.activateWindow()

    @property
    def train(self) -> TrainSession:
        """Made when it is needed first: what follows a run takes time to import."""
        if self._train is None:
            from app.gui.train_session import TrainSession

            self._train = TrainSession(self.session)
            if self._tray is not None:
                self._tray.follow(self._train)
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

    def open_export(self, persona_id: int | None = None) -> None:
        """Write what a persona has into a file; usually of the one that is talked to."""

        def made() -> QDialog:
            from app.gui.export_dialog import ExportDialog

            return ExportDialog(self.session, self, persona_id)

        if self.session.household.cards:
            self._carrying.open(made)

    def open_search(self, words: str = "") -> None:
        """Search everything that was said."""
        # It would delay a window that opens.
        from app.gui.search_dialog import SearchDialog

        if self.session.household.cards:
            dialog = SearchDialog(self.session, self, words)
            dialog.place_chosen.connect(self.show_message)
            dialog.open()

    def show_message(self, persona_id: int, conversation_id: int, message_id: int) -> None:
        """Open the conversation in which something was said, at its place."""

        def there() -> None:
            self.show_page("chat")
            self._pages.chat.show_message(conversation_id, message_id)

        self.session.switch(persona_id, there)

    def open_talk(self, persona_id: int, conversation_id: int) -> None:
        """Open a conversation."""

        def there() -> None:
            self.show_page("chat")
            self.chat.load(conversation_id)

        self.session.switch(persona_id, there)

    def open_glossary(self, term: str = "") -> None:
        """Say what the words of the window mean, or one of them."""
        from app.gui.glossary_dialog import open_glossary

        open_glossary(self, term)

    def show_settings(self, section: str) -> None:
        """Open a section of the settings."""
        self.show_page("settings")
        self._pages.page("settings").show_section(section)

    def open_programs(self) -> None:
        """Let other programs talk to the personas."""
        # It would delay a window that opens.
        from app.gui.programs_dialog import ProgramsDialog

        if self.session.loaded:
            ProgramsDialog(self.session, self).open()

    def _build(self) -> None:
        self._sidebar = Sidebar(self.session)
        self._sidebar.page_chosen.connect(self.show_page)
        self._sidebar.persona_wanted.connect(self.open_new_persona)
        self._sidebar.import_wanted.connect(self.open_import)
        self._sidebar.export_wanted.connect(self.open_export)
        self._fit_sidebar()
        self._bar = TroubleBar()
        self._bar.left.connect(self._on_bar_left)
        self._pages = Pages(self)
        whole = QWidget()
        whole.setProperty("kind", "page")
        outside = row(whole)
        outside.addWidget(self._sidebar)
        right = column()
        right.addWidget(self._bar)
        right.addWidget(self._pages, 1)
        outside.addLayout(right, 1)
        self.setCentralWidget(whole)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit_sidebar()

    def _fit_sidebar(self) -> None:
        narrow = self.width() - size("sidebar") < fitted(LEAST_PAGE_PX)
        if narrow != self._sidebar.narrow:
            self._sidebar.set_narrow(narrow)

    def _rebuild(self) -> None:
        composing().finish()
        draft, of_persona = self._pages.chat.draft, self._pages.persona_draft
        if self._bar.isHidden():  # it was closed
            self._trouble = None
        self._build()
        self._pages.chat.set_draft(draft)
        self._pages.set_persona_draft(of_persona)
        if self._trouble is not None:
            self._bar.show_trouble(self._trouble)
        self._show_page()

    def _show_page(self) -> None:
        self._sidebar.show_page(self._page)
        self._pages.show_page(self._page)

    def open_new_persona(self) -> None:
        """Ask for a new persona."""
        dialog = PersonaDialog(self.session, self)
        dialog.created.connect(lambda: self.show_page("chat"))
        dialog.open()

    def _on_review_wanted(self, persona_id: int) -> None:
        from app.store.review import ReviewFilter

        self.session.switch(persona_id, lambda: self.show_review(ReviewFilter("sample")))

    def _on_bar_left(self) -> None:
        """Else the keyboard would go to whatever comes next, as the sidebar."""
        self._pages.take_focus()

    def _on_trouble_raised(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._bar.show_trouble(trouble)

    def _on_home_returned(self) -> None:
        """What was told of it is over."""
        self._trouble = None
        self._bar.hide()

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
