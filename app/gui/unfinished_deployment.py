"""A deployment to Ollama that was cut off is ended when the window opens next."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.gui.long_work import LongWork
from app.gui.session import Session
from app.gui.translation import tr
from app.gui.trouble import Trouble
from app.store.ollama_models import OllamaModel
from app.store.store import Store


class UnfinishedDeployment(QObject):
    """Until it is ended, a model that nobody uses may lie in Ollama."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        session.ask(lambda store: bool(store.ollama_models.unsettled()), self._on_looked)

    def _on_looked(self, unsettled: bool) -> None:
        if not unsettled:
            return
        home = self._session.home
        work = LongWork(self._session, "ollama-end")

        def end(store: Store) -> list[OllamaModel]:
            # Brings the bridge's libraries.
            from app.operations.ollama_leaving import end_interrupted

            return end_interrupted(home, store)

        work.start(end, self._on_ended, lambda error: self._session.report(error))

    def _on_ended(self, ended: list[OllamaModel]) -> None:
        if any(not each.leaving for each in ended):
            text = tr("A deployment into Ollama was cut off. That is ended now.")
            self._session.tell(Trouble(text))
        elif ended:
            names = ", ".join(dict.fromkeys(each.name for each in ended))
            text = tr("{names} had learned what was forgotten, and is out of Ollama now.",
                      names=names)  # fmt: skip
            self._session.tell(Trouble(text))
