"""Where somebody is in the history of runs; outlives the page, which a change of theme rebuilds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

from app.gui.session import Session
from app.gui.train_session import TrainSession
from app.operations.run_history import Chosen, count_runs

_NAME = "run_history_session"


@dataclass(frozen=True)
class Place:
    """What the train page shows: the month, the list of runs, one of them, or two side by side."""

    face: Literal["month", "list", "details", "compare"] = "month"
    runs: tuple[str, ...] = ()


MONTH = Place()


class RunHistorySession(QObject):
    """The place, the way that led there, the filter, and what is ticked and opened."""

    moved = Signal()
    ticks_changed = Signal()
    count_changed = Signal()

    def __init__(self, session: Session, train: TrainSession) -> None:
        super().__init__(train)
        self.setObjectName(_NAME)
        self._session = session
        self._way: list[Place] = []
        self.place = MONTH
        self.chosen: Chosen = "all"
        self.ticked: tuple[str, ...] = ()
        self.current = ""
        self.opened: dict[Place, set[str]] = {}
        self.count: int | None = None
        session.persona_changed.connect(self._forget)
        session.month_changed.connect(self.refresh)
        self.refresh()

    @staticmethod
    def of(session: Session, train: TrainSession) -> RunHistorySession:
        """The one that belongs to the train page's session."""
        found = train.findChild(RunHistorySession, _NAME)
        return found if found is not None else RunHistorySession(session, train)

    def refresh(self) -> None:
        """Count the runs anew."""
        card = self._session.card
        if card is not None:
            persona_id = card.persona.id
            self._session.ask(
                lambda store: (persona_id, count_runs(store, persona_id)), self._on_counted
            )

    def open(self, place: Place) -> None:
        """Go somewhere; `back` returns."""
        if place != self.place:
            self._way.append(self.place)
            self._move(place)

    def back(self) -> None:
        self._move(self._way.pop() if self._way else MONTH)

    def tick(self, run_id: str, *, on: bool) -> None:
        """Two are compared: of three the one that was ticked first is let go."""
        rest = tuple(each for each in self.ticked if each != run_id)
        self.ticked = (*rest[-1:], run_id) if on else rest
        self.ticks_changed.emit()

    def folds(self) -> set[str]:
        """What is open of what is shown."""
        return self.opened.setdefault(self.place, set())

    def _move(self, place: Place) -> None:
        self.place = place
        self.moved.emit()

    def _forget(self) -> None:
        self._way, self.ticked, self.current, self.chosen = [], (), "", "all"
        self.opened, self.count = {}, None
        self._move(MONTH)
        self.refresh()

    def _on_counted(self, counted: tuple[int, int]) -> None:
        card = self._session.card
        if card is None or card.persona.id != counted[0] or counted[1] == self.count:
            return
        self.count = counted[1]
        self.count_changed.emit()
