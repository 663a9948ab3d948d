"""The training that the window follows; it re-attaches to a run that goes on without it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app import training_environment
from app.cycle.follow import RunFollower
from app.gui.background import Background, NoTools
from app.gui.run_look import Look, Outcome, look_at, training_verbs, with_mix
from app.gui.run_state import RunState, fold
from app.gui.session import Session
from app.gui.translation import tr
from app.gui.trouble import Trouble, explain
from app.home import Home
from app.operations import month
from app.operations.month import MonthContents
from app.store.store import Store
from app.store.values import Run

FOLLOW_EVERY_MS = 200
# A process that was just started may not have taken its lock yet.
DEAD_AFTER_S = 5.0
DISMISSED_KEY = "train.dismissed"
View = Literal["before", "during", "after", "failed"]


class TrainSession(QObject):
    """State and verbs of the train page; lives as long as the window."""

    changed = Signal()
    progressed = Signal()
    install_line = Signal(str)
    install_ended = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.contents: MonthContents | None = None
        self.run: Run | None = None
        self.state = RunState()
        self.outcome = Outcome()
        self.alive = True
        self.busy = False
        self.environment_ready = training_environment.is_ready()
        self.installing = False
        self._installer: Background[NoTools] | None = None
        self._follower: RunFollower | None = None
        self._alive_at = time.monotonic()
        self._looking = False
        self._run_id = ""
        self._dismissed = ""
        self._timer = QTimer(self)
        self._timer.setInterval(FOLLOW_EVERY_MS)
        self._timer.timeout.connect(self._look)
        session.month_changed.connect(self._on_month_changed)
        session.persona_changed.connect(self._forget)
        self._on_month_changed()

    @property
    def view(self) -> View:
        """Which of the four faces the page shows."""
        run = self.run
        if run is None or run.id == self._dismissed:
            return "before"
        if run.state == "failed" or self.state.failure is not None:
            return "failed"
        if run.state == "stopped" and not run.verdict:
            return "before" if self.state.stopped == "discarded" else "failed"
        if run.state == "running":
            return "during" if self.alive else "failed"
        return "after"

    @property
    def recorded_live(self) -> bool:
        """Whether this run's adapter is the one that speaks now."""
        trainings = self._session.trainings
        live = trainings.live if trainings else None
        return live is not None and self.run is not None and live.run_id == self.run.id

    def start(self) -> None:
        """Train this month's adapter, in a process that outlives the window."""
        card = self._session.card
        if card is not None:
            home, persona_id = self._session.home, card.persona.id
            self._do(lambda verbs: verbs.start_training(home, persona_id))

    def resume(self) -> None:
        """Go on from the last checkpoint."""
        self._with_run(lambda verbs, home, run_id: verbs.resume_training(home, run_id))
        self._alive_at = time.monotonic()
        self.alive = True

    def send(self, command: Literal["save-and-stop", "discard"]) -> None:
        self._with_run(lambda verbs, home, run_id: verbs.send_command(home, run_id, command))

    def use(self) -> None:
        """The user's word: the candidate goes live."""
        self._with_run(lambda verbs, home, run_id: verbs.use_candidate(home, run_id))
        self._alive_at = time.monotonic()

    def keep_old(self) -> None:
        self._with_run(lambda verbs, home, run_id: verbs.keep_old(home, run_id))

    def roll_back(self) -> None:
        """Give the persona back what it spoke through before."""
        card = self._session.card
        if card is not None:
            home, persona_id = self._session.home, card.persona.id
            self._do(lambda verbs: verbs.roll_back(home, persona_id))

    def dismiss(self) -> None:
        """Go back to the month."""
        if self.run is None:
            return
        run_id = self._dismissed = self.run.id
        self._session.ask(
            lambda store: store.settings.set(DISMISSED_KEY, run_id), lambda _none: None
        )
        self.changed.emit()

    def install(self) -> None:
        """Fetch what training needs; takes minutes and does not block the window."""
        if self.installing:
            return
        self.installing = True
        self._installer = Background("install", NoTools, self)
        self._installer.run(
            lambda _tools: training_environment.install(self.install_line.emit),
            lambda _none: self._on_install_ended(None),
            self._on_install_ended,
        )
        self.changed.emit()

    def quit(self) -> None:
        self._timer.stop()
        if self._installer is not None and not self.installing:
            self._installer.quit()

    def _with_run(self, verb: Callable[[Any, Home, str], object]) -> None:
        if self.run is not None:
            home, run_id = self._session.home, self.run.id
            self._do(lambda verbs: verb(verbs, home, run_id))

    def _do(self, verb: Callable[[Any], object]) -> None:
        self.busy = True
        self.changed.emit()
        self._session.ask(
            lambda _store: verb(training_verbs()),
            lambda _result: self._on_done(),
            self._on_verb_failed,
        )

    def _on_done(self) -> None:
        self.busy = False
        self._session.refresh()
        self.changed.emit()

    def _on_verb_failed(self, error: Exception) -> None:
        self.busy = False
        self._session.report(error)
        self.changed.emit()

    def _on_install_ended(self, error: Exception | None) -> None:
        self.installing = False
        self.environment_ready = training_environment.is_ready()
        if error is not None:
            self._session.tell(explain(error, button=tr("Try again"), action=self.install))
        elif not self.environment_ready:
            self._session.tell(
                Trouble(
                    tr("What training needs was installed but cannot be found."),
                    next_step=tr("Close Perennial and open it again."),
                )
            )
        self.install_ended.emit()
        self.changed.emit()

    def _forget(self) -> None:
        self.run = self.contents = self._follower = None
        self._dismissed = ""
        self.state, self.outcome = RunState(), Outcome()
        self.changed.emit()

    def _on_month_changed(self) -> None:
        card, trainings = self._session.card, self._session.trainings
        if card is None or trainings is None:
            return
        run = trainings.latest
        if run is not None and (self.run is None or self.run.id != run.id):
            self._follow(run)
        self.run = run
        persona_id = card.persona.id

        def work(store: Store) -> tuple[MonthContents, str]:
            dismissed = str(store.settings.get(DISMISSED_KEY, ""))
            return with_mix(store, month.month_contents(store, persona_id)), dismissed

        self._session.ask(work, self._on_contents_read)

    def _on_contents_read(self, read: tuple[MonthContents, str]) -> None:
        self.contents, dismissed = read
        # A run that was put away just now may not be in what was read before.
        self._dismissed = self._dismissed or dismissed
        self.changed.emit()

    def _follow(self, run: Run) -> None:
        self.state, self.outcome = RunState(), Outcome()
        self._run_id = run.id
        self._follower = RunFollower(self._session.home.runs / run.id)
        self._alive_at = time.monotonic()
        self.alive = True
        self._timer.start()
        self._look()

    def _look(self) -> None:
        """Read what is new in the run's folder."""
        run, follower = self.run, self._follower
        if self._looking or follower is None:
            return
        if run is not None and run.state not in ("running", "waiting") and self.outcome.report:
            self._timer.stop()
            return
        self._looking = True
        home = self._session.home
        run_id = self._run_id

        def work(store: Store) -> Look:
            return look_at(store, home, run_id, follower)

        self._session.ask(work, lambda look: self._on_look(run_id, look), self._on_look_failed)

    def _on_look(self, run_id: str, look: Look) -> None:
        self._looking = False
        if self.run is not None and self.run.id != run_id:
            return
        before = (self.view, self.run, self.outcome)
        self.run = look.run
        self.state = fold(self.state, look.events)
        now = time.monotonic()
        if look.alive:
            self._alive_at = now
        self.alive = look.alive or now - self._alive_at < DEAD_AFTER_S
        if look.outcome is not None:
            self.outcome = look.outcome
        if look.run.state not in ("running", "waiting"):
            self._timer.stop()
        if before != (self.view, self.run, self.outcome):
            self.changed.emit()
        elif look.events:
            self.progressed.emit()

    def _on_look_failed(self, error: Exception) -> None:
        self._looking = False
        self._timer.stop()
        self._session.report(error)
