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


@dataclass(frozen=True)
class FromOllama:
    """What a reply through Ollama showed: its version, and how long the first token took."""

    persona_id: int
    version: str
    first_token_s: float
    was_loaded: bool


@dataclass(frozen=True)
class Listener:
    """What the runtime's thread tells of a reply; asked for `stopped` between two words."""

    text: Callable[[str], None]
    stopped: Callable[[], bool]
    loading: Callable[[], object] = lambda: None
    came: Callable[[FromOllama], object] = lambda _told: None


@dataclass(eq=False)
class Reply:
    """A reply on its way, and the word that ends it."""

    here: bool = True  # else Ollama writes it
    text: str = ""
    stop: threading.Event = field(default_factory=threading.Event)


class Answering(QObject):
    """Has the model reply, and gathers what arrives."""

    text_grown = Signal(str)
    loading_begun = Signal()
    came_from_ollama = Signal(object)
    _text_arrived = Signal(object, str)
    _loading = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.reply: Reply | None = None
        self._flush = QTimer(self)
        self._flush.setInterval(FLUSH_EVERY_MS)
        self._flush.timeout.connect(self._show_text)
        self._text_arrived.connect(self._on_text_arrived)
        self._loading.connect(self._on_loading)

    def begin(self) -> Reply:
        """Wait for a reply from now on."""
        card = self._session.card
        self.reply = Reply(here=card is None or card.source.answers is None)
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
        work: Callable[[RuntimeTools, Listener], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Queue the work; it is given what takes each word, and what tells that it was stopped."""
        listener = Listener(
            partial(self._text_arrived.emit, reply),
            reply.stop.is_set,
            partial(self._loading.emit, reply),
            self.came_from_ollama.emit,
        )
        if reply.here and self._session.runtime_state != "ready":
            self._session.set_runtime_state("starting")
        self._session.ask_runtime(lambda tools: work(tools, listener), done, failed)

    def _on_text_arrived(self, reply: Reply, text: str) -> None:
        reply.text += text

    def _on_loading(self, reply: Reply) -> None:
        if reply is self.reply:
            self.loading_begun.emit()

    def _show_text(self) -> None:
        if self.reply is not None:
            self._session.examining.give_way()
            self.text_grown.emit(self.reply.text)
