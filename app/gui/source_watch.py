"""Looks into other programs' stores and watched folders while the window is open."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.gui.background import Background
from app.gui.session import Session
from app.store.store import Store, open_store

if TYPE_CHECKING:
    from app.operations.sources import Looked

FIRST_LOOK_MS = 5_000
LOOK_EVERY_MS = 60_000


class SourceWatch(QObject):
    """Soon and then every minute, in a thread of its own: a long look keeps nobody waiting.

    What came in is found by the session, as whatever another process writes. An error is told
    once, and again when it went away and came back or became another one.
    """

    looked = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._stop = threading.Event()
        self._store: Background[Store] | None = None
        self._busy = False
        self._told: dict[int, str] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        QTimer.singleShot(FIRST_LOOK_MS, self, self.look)
        session.quitting.connect(self.quit)

    def look(self) -> None:
        """Look now, unless a look is under way or there is nowhere to look."""
        if self._busy or self._stop.is_set():
            return
        self._busy = True
        self._session.ask(
            lambda store: bool(store.sources.all()), self._on_sources_known, self._on_failed
        )

    def quit(self) -> None:
        """Stop; what came in so far stays, and the rest comes in next time."""
        self._timer.stop()
        self._stop.set()
        if self._store is not None:
            self._store.quit()

    def _on_sources_known(self, some: bool) -> None:
        if not some or self._stop.is_set():
            self._busy = False
            return
        home, stop = self._session.home, self._stop
        if self._store is None:
            self._store = Background("sources", lambda: open_store(home), self)

        def work(store: Store) -> tuple[Looked, ...]:
            # Reads every format; a window that opens does not wait for that.
            from app.operations.sources import look_all

            return look_all(home, store, stop=stop.is_set)

        self._store.run(work, self._on_looked, self._on_failed)

    def _on_looked(self, found: tuple[Looked, ...]) -> None:
        self._busy = False
        faults = {each.source.id: str(each.error) for each in found if each.error is not None}
        for each in found:
            if each.error is not None and self._told.get(each.source.id) != str(each.error):
                self._session.report(each.error, self.look)
        self._told = faults
        self.looked.emit(found)

    def _on_failed(self, error: Exception) -> None:
        self._busy = False
        if self._told.get(0) != str(error):
            self._session.report(error, self.look)
        self._told = {0: str(error)}
