"""A persona and the user's Ollama: put there, taken out, kept in step, out of the window's thread.

It lives as long as the window; a dialog that is closed meanwhile ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from app.gui.long_work import LongWork
from app.gui.session import Session
from app.gui.translation import tr
from app.gui.trouble import Trouble, explain
from app.store.store import Store
from ollama_bridge.errors import BridgeError

if TYPE_CHECKING:
    from app.operations.ollama_choice import OllamaChoice
    from app.operations.ollama_standing import OllamaStanding

Doing = Literal["starting", "putting", "taking_out", "catching_up"]


@dataclass(frozen=True)
class Step:
    """What is being done for whom, and how far it is."""

    persona_id: int
    doing: Doing
    name: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Wanted:
    """What a person chose in the dialog."""

    name: str
    follows: bool
    """Whether every new adapter goes there too."""
    replace: bool = False
    upload: bool = False


@dataclass(frozen=True)
class Failure:
    """What went wrong, and the same once more."""

    error: Exception
    again: Callable[[], None]


class OllamaSession(QObject):
    """How the persona that is looked at stands with Ollama, and what is being done about it."""

    changed = Signal()
    stepped = Signal(object)
    failed = Signal(object)
    _heard = Signal(str, object, object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.standing: OllamaStanding | None = None
        self.step: Step | None = None
        self.looking = False
        self.attended = False
        """Whether a dialog shows what happens; else a failure goes over the page."""
        self._work = LongWork(session, "ollama")
        self._looks = LongWork(session, "ollama-look")
        self._heard.connect(self._on_heard)

    @property
    def busy(self) -> bool:
        return self.step is not None

    def look(self, persona_id: int) -> None:
        """See anew how a persona stands."""
        if self.standing is not None and self.standing.persona_id != persona_id:
            self.standing = None
        self.looking = True
        self._looks.start(
            lambda store: _standing_verbs().look(store, persona_id),
            self._on_looked,
            lambda error: self._on_look_failed(error, persona_id),
        )
        self.changed.emit()

    def start_server(self, persona_id: int) -> None:
        """Have the Ollama of this computer run."""
        home = self._session.home
        self._begin(
            persona_id,
            "starting",
            lambda _store: _server_verbs().start_server(home),
            lambda: self.start_server(persona_id),
        )

    def put(self, persona_id: int, wanted: Wanted) -> None:
        """Have the persona answer there."""
        home = self._session.home

        def work(store: Store) -> None:
            verbs = _verbs()
            persona = store.personas.get(persona_id)
            wish = verbs.Wish(wanted.name, wanted.replace, wanted.upload)
            verbs.put_into_ollama(home, store, persona, wish, on_step=self._hear)
            _standing_verbs().choose_following(store, persona_id, wanted.follows)

        self._begin(persona_id, "putting", work, lambda: self.put(persona_id, wanted))

    def put_again(self, persona_id: int) -> None:
        """The same under the same name, with the prompt that the persona has now."""
        home = self._session.home

        def work(store: Store) -> None:
            verbs, choice = _verbs(), _choice(store, persona_id)
            persona = store.personas.get(persona_id)
            verbs.put_into_ollama(home, store, persona, verbs.Wish(choice.name), on_step=self._hear)
            if choice.wanted is not None:
                _standing_verbs().choose_following(store, persona_id, choice.wanted)

        self._begin(persona_id, "putting", work, lambda: self.put_again(persona_id))

    def take_out(self, persona_id: int) -> None:
        """Give the name in Ollama back what it had before."""
        home = self._session.home
        self._begin(
            persona_id,
            "taking_out",
            lambda store: _leaving_verbs().take_out(home, store, store.personas.get(persona_id)),
            lambda: self.take_out(persona_id),
        )

    def catch_up(self, persona_id: int) -> None:
        """Have Ollama answer through the adapter that is live here."""
        self._begin(
            persona_id,
            "catching_up",
            lambda store: self._bring_in_step(store, persona_id),
            lambda: self.catch_up(persona_id),
        )

    def follow(self, persona_id: int, *, only_if_wanted: bool = False) -> None:
        """After another adapter went live here: the same in Ollama, where the persona is there."""

        def work(store: Store) -> None:
            choice = _choice(store, persona_id)
            if choice.wanted or not only_if_wanted:
                self._bring_in_step(store, persona_id)

        self._work.start(
            work,
            lambda _none: self._on_followed(),
            lambda error: self._on_not_followed(error, persona_id),
        )

    def choose_following(self, persona_id: int, follows: bool) -> None:
        """Whether every new adapter goes there too."""
        self._session.ask(
            lambda store: _standing_verbs().choose_following(store, persona_id, follows),
            lambda _none: self.look(persona_id),
        )

    def stop(self) -> None:
        """End what is being done at its next step; what answered there before answers on."""
        self._work.stop()

    def _bring_in_step(self, store: Store, persona_id: int) -> None:
        """The verb takes it for a wish that every adapter follows; what was said of that stays."""
        verbs = _verbs()
        persona = store.personas.get(persona_id)
        if not verbs.is_behind(store, persona):
            return
        follows = _choice(store, persona_id).wanted
        verbs.catch_up(self._session.home, store, persona, on_step=self._hear)
        if follows is not None:
            _standing_verbs().choose_following(store, persona_id, follows)

    def _begin(
        self,
        persona_id: int,
        doing: Doing,
        work: Callable[[Store], object],
        again: Callable[[], None],
    ) -> None:
        if self.busy:
            return
        self.step = Step(persona_id, doing)
        self._work.start(
            work,
            lambda _result: self._on_done(persona_id),
            lambda error: self._on_failed(persona_id, Failure(error, again)),
        )
        self.changed.emit()

    def _hear(self, name: str, done: int, total: int) -> None:
        """Called in the thread of the work, which ends where it is told to."""
        if self._work.stopped():
            raise BridgeError(
                "You stopped it.",
                "Put it there again when you like.",
                kind="ollama_stopped",
                kept="Ollama answers as it did before.",
            )
        self._heard.emit(name, done, total)

    def _on_heard(self, name: str, done: int, total: int) -> None:
        if self.step is not None:
            self.step = Step(self.step.persona_id, self.step.doing, name, done, total)
            self.stepped.emit(self.step)

    def _on_done(self, persona_id: int) -> None:
        self.step = None
        self._session.refresh()
        self.look(persona_id)

    def _on_failed(self, persona_id: int, failure: Failure) -> None:
        self.step = None
        self.look(persona_id)
        self._tell(failure)

    def _tell(self, failure: Failure) -> None:
        if self.attended:
            self.failed.emit(failure)
        else:
            self._session.report(failure.error, failure.again)

    def _on_looked(self, standing: OllamaStanding) -> None:
        self.looking = self._looks.busy
        self.standing = standing
        self.changed.emit()

    def _on_look_failed(self, error: Exception, persona_id: int) -> None:
        self.looking = self._looks.busy
        self.changed.emit()
        if self.attended:
            self.failed.emit(Failure(error, lambda: self.look(persona_id)))

    def _on_followed(self) -> None:
        self._session.refresh()

    def _on_not_followed(self, error: Exception, persona_id: int) -> None:
        """What went live here is live here; Ollama is behind until somebody has it follow."""
        told = explain(error)
        name = next(
            (each.persona.name for each in self._session.household.cards
             if each.persona.id == persona_id), "",
        )  # fmt: skip
        self._session.tell(
            Trouble(
                tr("Ollama still answers as {name} with another adapter.", name=name),
                told.text,
                told.next_step,
                tr("Bring it in step"),
                lambda: self.follow(persona_id),
            )
        )


def _choice(store: Store, persona_id: int) -> OllamaChoice:
    from app.operations.ollama_choice import choice_of

    return choice_of(store, store.personas.get(persona_id))


def _verbs() -> ModuleType:
    """Imported in the thread that calls them: they bring half a second of libraries."""
    from app.operations import ollama_deploying

    return ollama_deploying


def _server_verbs() -> ModuleType:
    """Imported in the thread that calls them, like the others."""
    from app.operations import ollama_server

    return ollama_server


def _leaving_verbs() -> ModuleType:
    """Imported in the thread that calls them, like the others."""
    from app.operations import ollama_leaving

    return ollama_leaving


def _standing_verbs() -> ModuleType:
    """Imported in the thread that calls them, like the others."""
    from app.operations import ollama_standing

    return ollama_standing
