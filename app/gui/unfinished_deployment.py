"""A deployment to Ollama that was cut off is ended when the window opens next."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.gui.long_work import LongWork
from app.gui.session import Session
from app.gui.translation import tr
from app.gui.trouble import Trouble
from app.store.store import Store


class UnfinishedDeployment(QObject):
    """Until it is ended, a model that nobody uses may lie in Ollama."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        session.ask(lambda store: bool(store.ollama_models.begun()), self._on_looked)

    def _on_looked(self, begun: bool) -> None:
        if not begun:
            return
        home = self._session.home
        work = LongWork(self._session, "ollama-end")

        def end(store: Store) -> bool:
            # Brings the bridge's libraries.
            from app.operations.ollama_deploying import end_interrupted

            return end_interrupted(home, store)

        work.start(end, self._on_ended, lambda error: self._session.report(error))

    def _on_ended(self, done: bool) -> None:
        if done:
            text = tr("A deployment into Ollama was cut off. That is ended now.")
            self._session.tell(Trouble(text))
