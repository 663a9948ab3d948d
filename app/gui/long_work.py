"""Work that takes long: a thread and a store of its own, word of how far it is, and a stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.gui.background import Background, is_gone
from app.gui.session import Session
from app.store.store import Store, open_store

Result = TypeVar("Result")


class LongWork(QObject):
    """Jobs one after the other; pages wait for the session's store, so nothing long runs there."""

    heard = Signal(object)

    def __init__(self, session: Session, name: str) -> None:
        super().__init__(session)
        self._waiting = 0
        self._stop = threading.Event()
        self._left = False
        self._background: Background[Store] = Background(
            name, lambda: open_store(session.home), self
        )
        session.quitting.connect(self.quit)

    @property
    def busy(self) -> bool:
        return self._waiting > 0

    def start(
        self,
        work: Callable[[Store], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Begin; the work tells by `heard` and asks `stopped`."""
        self._stop.clear()
        self._waiting += 1
        self._background.run(work, self._then(done), self._then(failed))

    def stopped(self) -> bool:
        """Whether the user wants it to end; asked in the thread of the work."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Have it end at the next place where it can; what it returns is still handed over."""
        self._stop.set()

    def leave(self) -> None:
        """Nobody waits for it any more: it ends, and its thread after it."""
        self._left = True
        self.stop()
        if not self.busy:
            self._end()

    def quit(self) -> None:
        """End now; the window goes."""
        self.stop()
        self._background.quit()

    def _end(self) -> None:
        self.quit()
        self.deleteLater()

    def _then(self, heard: Callable[[Any], None]) -> Callable[[Any], None]:
        def end(result: Any) -> None:
            self._waiting -= 1
            if not (self._left or is_gone(heard)):
                heard(result)
            if self._left and not self.busy:
                self._end()

        return end
