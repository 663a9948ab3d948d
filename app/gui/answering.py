"""The reply that is waited for; one at a time, and one that was given up is heard no more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.gui.session import Session

if TYPE_CHECKING:
    from app.gui.runtime_tools import RuntimeTools

Result = TypeVar("Result")
FLUSH_EVERY_MS = 50


@dataclass(eq=False)
class Reply:
    """A reply on its way, and the word that ends it."""

    text: str = ""
    stop: threading.Event = field(default_factory=threading.Event)


class Answering(QObject):
    """Has the model reply, and gathers what arrives."""

    text_grown = Signal(str)
    _text_arrived = Signal(object, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.reply: Reply | None = None
        self._flush = QTimer(self)
        self._flush.setInterval(FLUSH_EVERY_MS)
        self._flush.timeout.connect(self._show_text)
        self._text_arrived.connect(self._on_text_arrived)

    def begin(self) -> Reply:
        """Wait for a reply from now on."""
        self.reply = Reply()
        self._flush.start()
        return self.reply

    def end(self) -> None:
        """Wait no longer; what arrived is shown."""
        self._flush.stop()
        self._show_text()
        self.reply = None

    def run(
        self,
        reply: Reply,
        work: Callable[[RuntimeTools, Callable[[str], None], Callable[[], bool]], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Queue the work; it is given what takes each word, and what tells that it was stopped."""
        hear = partial(self._text_arrived.emit, reply)
        if self._session.runtime_state != "ready":
            self._session.set_runtime_state("starting")
        self._session.ask_runtime(lambda tools: work(tools, hear, reply.stop.is_set), done, failed)

    def _on_text_arrived(self, reply: Reply, text: str) -> None:
        reply.text += text

    def _show_text(self) -> None:
        if self.reply is not None:
            self.text_grown.emit(self.reply.text)
