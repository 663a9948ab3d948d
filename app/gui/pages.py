"""The pages of the window, each made when it is opened first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.gui.chat_page import ChatPage

if TYPE_CHECKING:
    from app.gui.persona_editor import Unsaved
    from app.gui.window import MainWindow


class Pages(QStackedWidget):
    """Built anew with the window's parts; what is going on lives in the sessions."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self._session = window.session
        self.chat = ChatPage(window.session, window.chat)
        self.chat.review_asked.connect(lambda: window.show_page("review"))
        self._waiting = QWidget()
        self._made: dict[str, QWidget] = {"chat": self.chat}
        self.addWidget(self._waiting)
        self.addWidget(self.chat)

    def show_page(self, name: str) -> None:
        """Have a page on; before anybody is there to talk to, the welcome."""
        if not self._session.loaded:
            return
        page: Any = self.page(name if self._session.household.cards else "welcome")
        if self.currentWidget() is not page:
            self.setCurrentWidget(page)
            page.take_focus()

    def page(self, name: str) -> Any:
        """The page of a name."""
        if name not in self._made:
            makers: dict[str, Callable[[], QWidget]] = {
                "welcome": self._welcome,
                "train": self._train,
                "replay": self._replay,
                "review": self._review,
                "personas": self._personas,
                "settings": self._settings,
            }
            self._made[name] = makers[name]()
            self.addWidget(self._made[name])
        return self._made[name]

    @property
    def persona_draft(self) -> Unsaved | None:
        """What is being edited of a persona and not saved yet."""
        page: Any = self._made.get("personas")
        return page.draft if page is not None else None

    def set_persona_draft(self, draft: Unsaved | None) -> None:
        """Take up what was being edited."""
        if draft is not None:
            self.page("personas").set_draft(draft)

    def take_focus(self) -> None:
        """Have the keyboard where one goes on with the page."""
        page: Any = self.currentWidget()
        if page is not self._waiting:
            page.take_focus()

    def _welcome(self) -> QWidget:
        from app.gui.welcome_page import WelcomePage

        page = WelcomePage(self._session)
        page.import_wanted.connect(self._window.open_import)
        return page

    def _train(self) -> QWidget:
        from app.gui.train_page import TrainPage

        return TrainPage(self._session, self._window.train)

    def _replay(self) -> QWidget:
        from app.gui.replay_page import ReplayPage

        return ReplayPage(self._window.replay)

    def _review(self) -> QWidget:
        from app.gui.review_page import ReviewPage

        page = ReviewPage(self._session, self._window.review)
        page.chat_asked.connect(lambda: self._window.show_page("chat"))
        return page

    def _personas(self) -> QWidget:
        from app.gui.personas_page import PersonasPage

        page = PersonasPage(self._session)
        page.chat_asked.connect(lambda: self._window.show_page("chat"))
        page.import_wanted.connect(self._window.open_import)
        page.export_wanted.connect(self._window.open_export)
        page.persona_wanted.connect(self._window.open_new_persona)
        return page

    def _settings(self) -> QWidget:
        from app.gui.settings_page import SettingsPage

        return SettingsPage(self._session, self._window)
