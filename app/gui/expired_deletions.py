"""What was deleted long ago is forgotten when the window opens, without being asked for."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.gui.background import Background
from app.gui.session import Session
from app.operations import recently_deleted
from app.store.store import Store, open_store

# It waits for the next start: something else is forgotten just now, or a training learns from it.
_LATER = ("forgetting_busy", "forgetting_run", "persona_busy")


class ExpiredDeletions(QObject):
    """Asks once; the forgetting itself has a thread of its own, since it writes for seconds."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._work: Background[Store] | None = None
        session.quitting.connect(self._close)
        session.ask(recently_deleted.any_expired, self._on_asked)

    def _on_asked(self, some: bool) -> None:
        if not some or self._work is not None:
            return
        home = self._session.home
        self._work = Background("expired", lambda: open_store(home), self)
        self._work.run(
            lambda store: recently_deleted.forget_expired(home, store),
            lambda _gone: self._close(),
            self._on_failed,
        )

    def _on_failed(self, error: Exception) -> None:
        self._close()
        if getattr(error, "kind", "").removesuffix("_again") not in _LATER:
            self._session.report(error)

    def _close(self) -> None:
        if self._work is not None:
            self._work.quit()
            self._work = None
