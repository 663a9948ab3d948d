"""The training that the window follows; it re-attaches to a run that goes on without it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app import training_environment
from app.cycle.follow import RunFollower
from app.cycle.stages import DISCARDED
from app.gui.background import Background, NoTools
from app.gui.free_dialog import Consent
from app.gui.run_look import Look, Outcome, freeing_verbs, look_at, training_verbs, with_mix
from app.gui.run_state import RunState, fold
from app.gui.session import ACTIVE_STATES, Session
from app.gui.translation import tr
from app.gui.trouble import Trouble, explain
from app.home import Home
from app.operations import month
from app.operations.month import MonthContents
from app.store.store import Store
from app.store.values import Run

if TYPE_CHECKING:
    from ollama_bridge.ollama import LoadedModel

FOLLOW_EVERY_MS = 200
# A process that was just started may not have taken its lock yet.
DEAD_AFTER_S = 5.0
DISMISSED_KEY = "train.dismissed"
View = Literal["before", "during", "after", "failed"]


class TrainSession(QObject):
    """State and verbs of the train page; lives as long as the window."""

    changed = Signal()
    consent_wanted = Signal(object)
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
        self.in_ollama: bool | None = None  # whether the candidate goes there too, once asked
        self.environment_ready = training_environment.is_ready()
        self.installing = False
        self._installer: Background[NoTools] | None = None
        self._follower: RunFollower | None = None
        self._told = RunState()  # by the follower, so far
        self._alive_at = time.monotonic()
        self._process_seen = False
        self._looking = False
        self._look_failed = False
        self._dismissed = ""
        self._ordered: Run | None = None  # as it stood when its process was started
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
        if run is None or self._is_put_away(run):
            return "before"
        if self._is_starting(run):
            return "during"
        if run.state == "running":
            return "during" if self.alive else "failed"
        ended_early = run.state == "stopped" and not run.verdict
        return "failed" if run.state == "failed" or ended_early else "after"

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
            self._with_consent(lambda verbs, said: verbs.start_training(home, persona_id, **said))

    def resume(self) -> None:
        """Go on from the last checkpoint."""
        if self.run is not None:
            home, run_id = self._session.home, self.run.id
            self._with_consent(
                lambda verbs, said: verbs.resume_training(home, run_id, **said) or run_id
            )

    def send(self, command: Literal["save-and-stop", "discard"]) -> None:
        self._with_run(lambda verbs, home, run_id: verbs.send_command(home, run_id, command))

    def use(self) -> None:
        """The user's word: the candidate goes live, in Ollama too where that was ticked."""
        card = self._session.card
        if self.in_ollama is not None and card is not None:
            self._session.ollama.choose_following(card.persona.id, self.in_ollama)
        self._with_run(lambda verbs, home, run_id: verbs.use_candidate(home, run_id), begins=True)

    def use_all_the_same(self, because: str) -> None:
        """The user's word on a candidate that did not pass, with the reason."""
        self._with_run(
            lambda verbs, home, run_id: verbs.use_all_the_same(home, run_id, because), begins=True
        )

    def keep_old(self) -> None:
        self._with_run(lambda verbs, home, run_id: verbs.keep_old(home, run_id))

    def roll_back(self) -> None:
        """Give the persona back what it spoke through before."""
        card = self._session.card
        if card is not None:
            home, persona_id = self._session.home, card.persona.id
            ollama = self._session.ollama
            self._do(
                lambda verbs: verbs.roll_back(home, persona_id),
                then=lambda: ollama.follow(persona_id),
            )

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

    def _is_put_away(self, run: Run) -> bool:
        """Whether a run has nothing to show: discarded, or dismissed and at rest since."""
        if run.state == "stopped":
            discarded = run.reason == DISCARDED or self.state.stopped == "discarded"
            return discarded or run.id == self._dismissed
        at_work = run.state == "waiting" or (run.state == "running" and self._process_seen)
        return run.id == self._dismissed and not at_work

    def _is_starting(self, run: Run) -> bool:
        """Whether a run's process was started here and has written down nothing yet."""
        return run == self._ordered and self.alive

    def _with_run(self, verb: Callable[[Any, Home, str], object], *, begins: bool = False) -> None:
        if self.run is not None:
            home, run_id = self._session.home, self.run.id
            self._do(lambda verbs: verb(verbs, home, run_id) or run_id, begins=begins)

    def _with_consent(self, verb: Callable[[Any, dict[str, bool]], Any]) -> None:
        """Begin at once, or ask first whether Ollama lets go of its models."""
        card = self._session.card
        if card is None or self.busy:
            return
        persona_id = card.persona.id
        self.busy = True
        self.changed.emit()

        def begin(said: dict[str, bool]) -> None:
            self._do(lambda verbs: verb(verbs, said), begins=True)

        def on_read(held: list[LoadedModel]) -> None:
            self.busy = False
            if not held:
                begin({})
                return
            self.changed.emit()
            self.consent_wanted.emit(Consent(tuple(held), lambda may: begin({"free_ollama": may})))

        self._session.ask(
            lambda store: freeing_verbs().to_be_asked(store, persona_id),
            on_read,
            lambda error: self._on_verb_failed(error, partial(self._with_consent, verb)),
        )

    def always_free(self) -> None:
        """Ollama lets go of its models for every training to come."""
        self._session.ask(lambda store: freeing_verbs().set_always(store, True), lambda _none: None)

    def _do(
        self,
        verb: Callable[[Any], Any],
        *,
        begins: bool = False,
        then: Callable[[], object] | None = None,
    ) -> None:
        """Carry out an order; one that begins or goes on with a run brings it to the page."""
        self.busy = True
        self.changed.emit()

        def work(store: Store) -> Any:
            result = verb(training_verbs())
            if begins:
                store.settings.set(DISMISSED_KEY, "")
            return result

        def done(result: Any) -> None:
            self._on_done(result if begins else "")
            if then is not None:
                then()

        again = partial(self._do, verb, begins=begins, then=then)
        self._session.ask(work, done, lambda error: self._on_verb_failed(error, again))

    def _on_done(self, begun_id: str) -> None:
        self.busy = False
        if self.run is not None and self.run.id == begun_id:
            self._dismissed = ""
            self._ordered = self.run
            self._follow(self.run)
        self._session.refresh()
        self.changed.emit()

    def _on_verb_failed(self, error: Exception, again: Callable[[], None]) -> None:
        self.busy = False
        self._session.report(error, again)
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
        self._timer.stop()
        self.run = self.contents = self._follower = None
        self._dismissed = ""
        self.in_ollama = None
        self.state, self.outcome = RunState(), Outcome()
        self.changed.emit()

    def _on_month_changed(self) -> None:
        card, trainings = self._session.card, self._session.trainings
        if card is None or trainings is None:
            return
        run = trainings.latest
        if run is not None and run != self.run and not self._is_followed(run):
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

    def _is_followed(self, run: Run) -> bool:
        return self._timer.isActive() and self.run is not None and self.run.id == run.id

    def _follow(self, run: Run) -> None:
        """Read a run from its first event on, and go on for as long as it does."""
        if self.run is None or self.run.id != run.id:
            self.in_ollama = None
            self.state, self.outcome = RunState(), Outcome()
        self.run = run
        self._read_anew(run)
        self._alive_at = time.monotonic()
        self.alive = True
        self._process_seen = False
        self._timer.start()
        self._look()

    def _read_anew(self, run: Run) -> None:
        self._follower = RunFollower(self._session.home.runs / run.id)
        self._told = RunState()

    def _look(self) -> None:
        """Read what is new in the run's folder."""
        run, follower, home = self.run, self._follower, self._session.home
        if self._looking or run is None or follower is None:
            return
        self._looking = True
        self._session.ask(
            lambda store: look_at(store, home, run.id, follower),
            lambda look: self._on_look(follower, look),
            lambda error: self._on_look_failed(follower, error),
        )

    def _on_look(self, follower: RunFollower, look: Look) -> None:
        self._looking = self._look_failed = False
        if follower is not self._follower:
            return
        before = (self.view, self.run, self.outcome)
        self.run = look.run
        self.state = self._told = fold(self._told, look.events)
        now = time.monotonic()
        self._process_seen = look.alive
        if look.alive:
            self._alive_at = now
        self.alive = look.alive or now - self._alive_at < DEAD_AFTER_S
        if look.outcome is not None:
            self.outcome = look.outcome
        if look.run.state not in ACTIVE_STATES and not self._is_starting(look.run):
            self._timer.stop()
            went_live = before[1] is not None and before[1].state != "done"
            if look.run.state == "done" and went_live:
                self._session.ollama.follow(look.run.persona_id, only_if_wanted=True)
        if before != (self.view, self.run, self.outcome):
            self.changed.emit()
        elif look.events:
            self.progressed.emit()

    def _on_look_failed(self, follower: RunFollower, error: Exception) -> None:
        """Told once; the next look reads everything anew, since this one may have lost events."""
        self._looking = False
        if follower is not self._follower or self.run is None:
            return
        self._read_anew(self.run)
        if not self._look_failed:
            self._look_failed = True
            self._session.report(error)
