"""After a training: the verdict, what it rests on, and the user's word."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QWidget

from app.evaluation.page_reading import Part, parts, subjects_in
from app.evaluation.stored_scores import score_rows
from app.gui.compare_offer import CompareOffer
from app.gui.controls import clear, column
from app.gui.session import Session
from app.gui.theme import space
from app.gui.train_before import TrainBefore
from app.gui.train_facts import facts_card
from app.gui.train_fold import height_at
from app.gui.train_replies import RepliesCard
from app.gui.train_scores import scores_card
from app.gui.train_session import TrainSession
from app.gui.train_verdict import VerdictCard


class Stack(QWidget):
    """Cards below each other, as high as they are at this width.

    A page that scrolls would reserve the height that they have where it is narrowest.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cards = column(self, gap=space("medium"))

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            height = height_at(self.cards, self.width())
            if height != self.height():
                self.setFixedHeight(height)
        return done


class TrainAfter(QWidget):
    """One run's result; made anew only when something of it changed."""

    def __init__(self, session: Session, train: TrainSession) -> None:
        super().__init__()
        self.setObjectName("train_after")
        self._session = session
        self._train = train
        self._opened: set[str] = set()
        self._shown: tuple[object, ...] = ()
        self._stack = Stack()
        inside = column(self)
        # Its height may change while it is laid out, which would leave room above it.
        inside.addWidget(self._stack, alignment=Qt.AlignmentFlag.AlignTop)
        inside.addStretch()
        self._looked_for: str | None = None  # the run that an Ollama was looked for
        session.ollama.changed.connect(self.refresh)

    def refresh(self) -> None:
        train = self._train
        self._look_for_ollama()
        standing = self._session.ollama.standing
        shown = (
            train.run, train.outcome, train.busy, train.state.verdict, self._session.trainings,
            standing.server if standing is not None else None,
        )  # fmt: skip
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._stack.cards)
        for each in self._cards(train.outcome.report or {}):
            self._stack.cards.addWidget(each)

    def _look_for_ollama(self) -> None:
        """Once for each candidate that waits: it can go there too."""
        run = self._train.run
        if run is not None and run.state == "waiting" and run.id != self._looked_for:
            self._looked_for = run.id
            self._session.ollama.look(run.persona_id)

    def _cards(self, report: Part) -> Iterator[QWidget]:
        yield VerdictCard(self, self._session, self._train, self._opened).build()
        yield from self._offers()
        replies = parts(report, "replies")
        if replies:
            yield RepliesCard(replies, self._opened)
        rows = score_rows(report, self._train.outcome.scores)
        if subjects_in(rows):
            yield scores_card(report, rows, self._opened)
        details = facts_card(report, self._opened)
        if details is not None:
            yield details

    def _offers(self) -> Iterator[QWidget]:
        """What can be done with the result beside taking it, below the verdict."""
        yield CompareOffer(self._session, self._train)
        if self._train.recorded_live:
            live = TrainBefore.live_card(self._session, self._train)
            if live is not None:
                yield live
