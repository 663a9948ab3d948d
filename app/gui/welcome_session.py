"""How far the first start has come; outlives a page that is built anew in another language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.gui.long_work import LongWork
from app.gui.session import Session
from app.store.store import Store
from app.store.values import Base

if TYPE_CHECKING:
    from app.operations.first_start import Candidate, FirstLook

STARTER = "starter"


@dataclass(frozen=True)
class Written:
    """What stands in the persona's form."""

    name: str = ""
    prompt: str = ""
    languages: tuple[str, ...] = ("en",)


class WelcomeSession(QObject):
    """What was found on this computer, what was chosen, and what was written so far."""

    looked = Signal()
    took = Signal(int)
    failed = Signal(object)
    heard = Signal(object, object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._home = session.home
        self._work = LongWork(session, "welcome")
        self.step = 0
        self.chosen = STARTER
        self.written = Written()
        self.found: FirstLook | None = None
        self.taking = False
        self.look()

    @classmethod
    def of(cls, session: Session) -> WelcomeSession:
        """The one of this window."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        known: WelcomeSession | None = session.findChild(cls, options=direct)
        return known if known is not None else cls(session)

    def look(self) -> None:
        """Look at this computer and its models anew."""
        home = self._home

        def work(store: Store) -> FirstLook:
            # Reads models with libraries that a window that opens does without.
            from app.operations import first_start

            return first_start.look(home, store)

        self._work.start(work, self._on_looked, self.failed.emit)

    @property
    def candidate(self) -> Candidate | None:
        """What was chosen, once it was looked at."""
        return self.found.candidate(self.chosen) if self.found is not None else None

    def take(self, candidate: Candidate) -> None:
        """Make a model of Ollama a base; its file is read once to check it."""
        home, heard, stopped = self._home, self.heard, self._work.stopped
        self.taking = True

        def work(store: Store) -> Base:
            from app.operations import first_start
            from app.operations.adding_bases import Adding

            adding = Adding(
                progress=lambda _stage, done, total: heard.emit(done, total), stopped=stopped
            )
            return first_start.take_from_ollama(home, store, candidate, adding)

        self._work.start(work, self._on_taken, self._on_not_taken)

    def choose_base(self, base_id: int) -> None:
        """A base was added elsewhere in the window: it is the one to go on with."""
        self.chosen = f"base:{base_id}"
        self.look()

    def begin_anew(self) -> None:
        """A persona was made: nothing of this is left for another first start."""
        self.step, self.chosen, self.written = 0, STARTER, Written()

    def _on_looked(self, found: FirstLook) -> None:
        self.found = found
        if found.candidate(self.chosen) is None:
            self.chosen = STARTER
        self.looked.emit()

    def _on_taken(self, base: Base) -> None:
        self.taking = False
        self.choose_base(base.id)
        self.took.emit(base.id)

    def _on_not_taken(self, error: Exception) -> None:
        self.taking = False
        self.failed.emit(error)
