"""A forgetting that was broken off is ended when the window opens next, without being asked for."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.gui.background import Background
from app.gui.session import Session
from app.gui.translation import tr
from app.gui.trouble import Trouble
from app.store.store import Store, open_store


class UnfinishedForgetting(QObject):
    """Until it is ended, remains of what nobody sees any more lie in the files of the home."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._work: Background[Store] | None = None
        session.quitting.connect(self._close)
        self.go_on()

    def go_on(self) -> None:
        """End it, if there is one, in a thread of its own: the database is written anew."""
        # Not with the window: what it brings along would delay the first paint.
        from app.forgetting.journal import journal

        home = self._session.home
        if self._work is not None or not journal(home).exists():
            return
        self._work = Background("forgetting", lambda: open_store(home), self)

        def work(store: Store) -> bool:
            # Brings half a second of libraries.
            from app.operations import forgetting

            return forgetting.go_on(home, store) is not None

        self._work.run(work, self._on_ended, self._on_failed)

    def _on_ended(self, done: bool) -> None:
        self._close()
        if done:
            text = tr("Perennial was closed while it was forgetting. That is done now.")
            self._session.tell(Trouble(text))
            self._session.refresh()

    def _on_failed(self, error: Exception) -> None:
        self._close()
        self._session.report(error, self.go_on)

    def _close(self) -> None:
        if self._work is not None:
            self._work.quit()
            self._work = None
