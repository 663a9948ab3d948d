"""Other programs that talk to the personas, as long as the window is open.

The server lives in this window's process and is started and stopped in a thread of its own; a
dialog that is closed ends nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.gui.background import Background
from app.gui.translation import tr
from app.gui.trouble import Trouble, explain
from app.store.store import Store

if TYPE_CHECKING:
    from app.endpoints.request_log import RequestLine
    from app.gui.programs_server import ProgramsServer, Standing
    from app.gui.session import Session
    from app.operations.programs import NewProgram
    from app.store.programs import Program

ON_KEY = "programs_in_window"
LINES_KEPT = 8
_HELLO = "hello"  # somebody looks whether anybody answers


class ProgramsSession(QObject):
    """Whether programs are let in, which there are, and what they asked last."""

    changed = Signal()
    answered = Signal(object)
    failed = Signal(object)
    asked = Signal()
    """Somebody wants the dialog."""
    _heard = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.on = False
        self.busy = False
        self.attended = False
        """Whether a dialog shows what happens; else a trouble goes over the page."""
        self.standing: Standing | None = None
        self.programs: tuple[Program, ...] = ()
        self.lines: deque[RequestLine] = deque(maxlen=LINES_KEPT)
        self._ended = threading.Event()
        self._server: Background[ProgramsServer] = Background("programs", self._open_server, self)
        self._heard.connect(self._on_heard)

    @property
    def collecting(self) -> tuple[Program, ...]:
        """The programs through which something can be said and kept now."""
        if self.standing is None or not self.standing.open:
            return ()
        return tuple(each for each in self.programs if each.collects)

    @property
    def address(self) -> str:
        """Where programs find the personas; empty until somebody looked."""
        return f"http://127.0.0.1:{self.standing.port}" if self.standing is not None else ""

    def start(self) -> None:
        """As it was when the window was closed."""
        self._session.ask(_remembered, self._on_remembered, self._on_not_read)

    def refresh(self) -> None:
        """Read the programs anew; another process may have changed them."""
        self._session.ask(_programs, self._on_read, self._on_not_read)

    def look(self) -> None:
        """See anew who answers; where this window should and does not, try again."""
        self.refresh()
        if self.busy:
            return
        if self.on and (self.standing is None or self.standing.answers != "window"):
            self._run(lambda server: server.start(), self.look)
        else:
            self._server.run(
                lambda server: server.look(),
                self._on_looked,
                lambda error: self._on_failed(error, self.look),
            )

    def turn(self, on: bool) -> None:
        """Let programs in, or no longer; remembered for the next window."""
        self.on = on
        self._session.ask(lambda store: store.settings.set(ON_KEY, on), lambda _nothing: None)
        if on:
            self._run(lambda server: server.start(), lambda: self.turn(True))
        else:
            self._run(lambda server: server.stop(), lambda: self.turn(False))

    def move(self, number: int) -> None:
        """Answer at another port from now on."""
        on = self.on
        self._run(lambda server: server.move(number, answering=on), lambda: self.move(number))

    def add(
        self,
        name: str,
        collect: bool,
        persona_id: int | None,
        done: Callable[[NewProgram], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Let another program in; its key is handed over this once."""

        def added(made: NewProgram) -> None:
            self.refresh()
            done(made)

        def work(store: Store) -> NewProgram:
            from app.operations.programs import add_program

            return add_program(store, name, collect=collect, persona_id=persona_id)

        self._session.ask(work, added, failed)

    def remove(self, name: str) -> None:
        """Take a program's key back."""

        def work(store: Store) -> tuple[Program, ...]:
            from app.operations.programs import remove_program

            remove_program(store, name)
            return _programs(store)

        self._session.ask(work, self._on_read, self._on_not_changed)

    def set_collecting(self, name: str, on: bool) -> None:
        """Give the consent that what is said through a program is kept, or take it back."""

        def work(store: Store) -> tuple[Program, ...]:
            from app.operations.programs import set_collecting

            set_collecting(store, name, on)
            return _programs(store)

        self._session.ask(work, self._on_read, self._on_not_changed)

    def quit(self) -> None:
        """Nobody is let in any more; what is on its way to a program is cut off."""
        self._ended.set()
        self._server.quit()

    def _open_server(self) -> ProgramsServer:
        # Imported in the thread that works with it: a window that opens does without.
        from app.gui.programs_server import ProgramsServer

        return ProgramsServer(self._session.home, self._hear)

    def _run(self, work: Callable[[ProgramsServer], Standing], again: Callable[[], None]) -> None:
        self.busy = True
        self._server.run(work, self._on_standing, lambda error: self._on_failed(error, again))
        self.changed.emit()

    def _hear(self, line: RequestLine) -> None:
        """Called in the thread that answered."""
        if not self._ended.is_set():
            self._heard.emit(line)

    def _on_heard(self, line: RequestLine) -> None:
        if not self._ended.is_set() and line.what != _HELLO:
            self.lines.append(line)
            self.answered.emit(line)
            self.refresh()

    def _on_standing(self, standing: Standing) -> None:
        self.busy = False
        self.standing = standing
        if self.on and standing.answers == "stranger" and not self.attended:
            self._session.tell(taken(standing, tr("Choose another port"), self.asked.emit))
        self.changed.emit()

    def _on_looked(self, standing: Standing) -> None:
        if not self.busy:  # else what was begun since then tells more
            self.standing = standing
            self.changed.emit()

    def _on_failed(self, error: Exception, again: Callable[[], None]) -> None:
        self.busy = False
        self.changed.emit()
        self._tell(explain(error, button=tr("Try again"), action=again))

    def _tell(self, trouble: Trouble) -> None:
        if self.attended:
            self.failed.emit(trouble)
        else:
            self._session.tell(trouble)

    def _on_remembered(self, read: tuple[bool, tuple[Program, ...]]) -> None:
        self.on, found = read
        self._on_read(found)
        if self.on:
            self._run(lambda server: server.start(), self.look)

    def _on_read(self, found: tuple[Program, ...]) -> None:
        if found != self.programs:
            self.programs = found
            self.changed.emit()

    def _on_not_changed(self, error: Exception) -> None:
        self.changed.emit()
        self._tell(explain(error))

    def _on_not_read(self, _error: Exception) -> None:
        """Whatever is wrong with the store is told by those who were asked for something."""


def taken(standing: Standing, button: str, action: Callable[[], None] | None) -> Trouble:
    """That no program can be let in where they look for it."""
    return Trouble(
        tr("Port {port} is taken by another program.", port=standing.port),
        tr("Your programs cannot reach your personas; nothing else is affected."),
        tr("End that program and try again, or choose another port and tell it to your programs."),
        button,
        action,
    )


def _remembered(store: Store) -> tuple[bool, tuple[Program, ...]]:
    return bool(store.settings.get(ON_KEY, False)), _programs(store)


def _programs(store: Store) -> tuple[Program, ...]:
    return tuple(store.programs.all())
