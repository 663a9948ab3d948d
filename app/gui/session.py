"""What the window knows: who is on, how the month stands, and the threads that do the work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.gui.background import HOME_GONE, Background, is_gone
from app.gui.collecting import Collecting
from app.gui.examining import Examining
from app.gui.programs_session import ProgramsSession
from app.gui.theme import CHOICES, USUAL_SCALE, Choice, fitting_scale, theme
from app.gui.translation import LANGUAGES, Language, system_language, tr, use_language
from app.gui.trouble import Trouble, explain
from app.home import Home
from app.operations import month, personas
from app.operations.chat_source import answer_in_ollama
from app.operations.month import MonthProgress, Trainings
from app.operations.personas import Household, PersonaCard
from app.store.store import Store, open_store

if TYPE_CHECKING:
    from app.gui.ollama_session import OllamaSession
    from app.gui.runtime_tools import RuntimeTools
    from ollama_bridge.runtime.values import RuntimeStatus

Result = TypeVar("Result")
CHANGES_EVERY_MS = 1000
# A thread that works gives way to the window's after so long; each turn of the event loop asks for
# that several times, so that the 5 ms of Python add up to a stall.
GIVE_WAY_S = 0.0002
# So soon after a letter it is searched: what is found comes as one types.
SEARCH_AFTER_MS = 10
ACTIVE_STATES = ("running", "waiting")
_NOTHING_SEEN = -1


class Session(QObject):
    """Shared by every page; pages call verbs through `ask` and hear of changes by signals."""

    settings_read = Signal()
    household_changed = Signal()
    persona_changed = Signal()
    month_changed = Signal()
    trouble_raised = Signal(object)
    language_changed = Signal()
    runtime_changed = Signal(str)
    held_changed = Signal()
    store_changed = Signal()  # by another process or thread
    home_returned = Signal()
    quitting = Signal()

    def __init__(self, home: Home, open_runtime: Callable[[], RuntimeTools] | None = None) -> None:
        super().__init__()
        sys.setswitchinterval(GIVE_WAY_S)
        self._collecting = Collecting(self)
        self.home = home
        self.household = Household((), None)
        self.progress: MonthProgress | None = None
        self.trainings: Trainings | None = None
        self._card_read: PersonaCard | None = None  # whose month stands in the two above
        self.loaded = False
        self.runtime_state = "off"
        self.held: RuntimeStatus | None = None
        self.fetching_base = False
        self._base: Background[Store] | None = None
        self._version = _NOTHING_SEEN
        self._away = False
        self._stores: Background[Store] = Background("store", lambda: open_store(home), self)
        self.open_runtime = open_runtime or self._open_runtime
        self._runtime: Background[RuntimeTools] = Background("runtime", self.open_runtime, self)
        self.examining = Examining(self)
        self.programs = ProgramsSession(self)
        self._ollama: OllamaSession | None = None
        self._watch = QTimer(self)
        self._watch.setInterval(CHANGES_EVERY_MS)
        self._watch.timeout.connect(self._look_for_changes)

    def start(self) -> None:
        """Read everything; called once the window is on the screen."""
        self.ask(
            lambda store: (
                store.settings.get("theme", "system"),
                store.settings.get("language", system_language()),
                store.settings.get("font_scale", USUAL_SCALE),
            ),
            self._on_settings_read,
        )
        self.refresh()
        self._watch.start()
        self.examining.start()
        self.programs.start()

    def ask(
        self,
        work: Callable[[Store], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None] | None = None,
        *,
        after: Callable[[], object] | None = None,
    ) -> None:
        """Do something with the store, out of the window's thread.

        A widget that is gone by then hears nothing; an error is told over the page instead.
        `after` is done whoever is there, as soon as the work has succeeded.
        """

        def on_done(result: Result) -> None:
            if after is not None:
                after()
            if not is_gone(done):
                done(result)

        def on_failed(error: Exception) -> None:
            (self.report if failed is None or is_gone(failed) else failed)(error)

        self._stores.run(work, on_done, on_failed)

    def ask_runtime(
        self,
        work: Callable[[RuntimeTools], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Do something with the model."""
        self._runtime.run(work, done, failed)

    def report(self, error: Exception, again: Callable[[], None] | None = None) -> None:
        """Tell of an error, in a bar over the page, with the button that helps."""
        button, action = tr("Try again"), again or self.refresh
        kind = getattr(error, "kind", "")
        if kind == "no_base":
            button, action = tr("Get the starter model"), self.get_base
        elif kind == "starter_damaged":
            button, action = tr("Get the model again"), self.get_base
        self.trouble_raised.emit(explain(error, button=button, action=action))

    def tell(self, trouble: Trouble) -> None:
        self.trouble_raised.emit(trouble)

    @property
    def card(self) -> PersonaCard | None:
        """The persona that is on."""
        wanted = self.household.current_id
        return next((card for card in self.household.cards if card.persona.id == wanted), None)

    @property
    def ollama(self) -> OllamaSession:
        """Made when it is needed first."""
        if self._ollama is None:
            from app.gui.ollama_session import OllamaSession

            self._ollama = OllamaSession(self)
        return self._ollama

    @property
    def training(self) -> bool:
        """Whether a run of the persona is under way or waits for the user."""
        run = self.trainings.latest if self.trainings else None
        return run is not None and run.state in ACTIVE_STATES

    def refresh(self) -> None:
        """Read personas and month anew."""
        self.ask(personas.household, self._on_household_read)

    def switch(self, persona_id: int, then: Callable[[], None] | None = None) -> None:
        """Talk to another persona."""
        self._change_household(lambda store: personas.switch(store, persona_id), then)

    def choose_who_answers(
        self, persona_id: int, *, in_ollama: bool, then: Callable[[], None] | None = None
    ) -> None:
        """Have the persona's model in Ollama answer, or the built-in runtime."""
        self._change_household(lambda store: answer_in_ollama(store, persona_id, in_ollama), then)

    def _change_household(
        self, change: Callable[[Store], object], then: Callable[[], None] | None
    ) -> None:
        def work(store: Store) -> Household:
            change(store)
            return personas.household(store)

        def done(read: Household) -> None:
            self._on_household_read(read)
            if then is not None:
                then()

        self.ask(work, done)

    def refresh_month(self) -> None:
        """Count what the month holds."""
        card = self.card
        if card is None:
            return
        persona_id = card.persona.id
        self.ask(
            lambda store: (
                persona_id,
                month.month_progress(store, persona_id),
                month.trainings(store, persona_id),
            ),
            self._on_month_read,
        )

    def warm_up(self) -> None:
        """Have the persona's model in memory before the first message.

        Not while a training has it out of memory to make room for itself, nor where Ollama answers.
        """
        card = self.card
        if card is None or card.base is None:
            return
        persona_id, home = card.persona.id, self.home
        self.set_runtime_state("starting")

        def work(tools: RuntimeTools) -> str:
            from app.cycle.device import chat_unloaded_by

            if chat_unloaded_by(home) is not None or not tools.answers_here(persona_id):
                return "off"
            tools.ready(persona_id)
            return "ready"

        self.ask_runtime(work, self.set_runtime_state, self._on_warm_up_failed)

    def get_base(self) -> None:
        """Have the starter model in this home, for every persona that lacks a base."""
        if self.fetching_base:
            return
        self.fetching_base = True
        home = self.home
        self._base = Background("base", lambda: open_store(home), self)

        def work(store: Store) -> None:
            # Reads the model with libraries that a home with a base never needs.
            from app.operations.base import starter_base

            personas.give_base(store, starter_base(home, store))

        self._base.run(work, self._on_base_ready, self._on_base_failed)
        self.runtime_changed.emit(self.runtime_state)

    def set_runtime_state(self, state: str) -> None:
        """off, starting, ready or failed."""
        self.runtime_state = state
        self.held = None
        self.runtime_changed.emit(state)
        if state == "ready":
            self.ask_runtime(lambda tools: tools.held(), self._on_held, lambda _error: None)

    def _on_held(self, held: RuntimeStatus | None) -> None:
        self.held = held
        self.held_changed.emit()

    def choose_theme(self, choice: Choice) -> None:
        theme().choose(choice)
        self.ask(lambda store: store.settings.set("theme", choice), lambda _: None)

    def choose_scale(self, percent: int) -> None:
        """Letters of this size, and what they have to fit into."""
        scale = fitting_scale(percent)
        theme().choose_scale(scale)
        self.ask(lambda store: store.settings.set("font_scale", scale), lambda _: None)

    def choose_language(self, language: Language) -> None:
        use_language(language)
        self.language_changed.emit()
        self.ask(lambda store: store.settings.set("language", language), lambda _: None)

    def quit(self) -> None:
        """End the threads; the runtime's lease ends with them."""
        self._watch.stop()
        self.examining.quit()
        self.programs.quit()
        self.quitting.emit()
        if self._base is not None:
            self._base.quit()
        self._runtime.quit()
        self._stores.quit()
        self._collecting.quit()

    def _open_runtime(self) -> RuntimeTools:
        # Imported in the runtime's own thread: its HTTP client would delay the first paint.
        from app.gui.runtime_tools import RuntimeTools

        return RuntimeTools(self.home)

    def _on_settings_read(self, read: tuple[str, str, int]) -> None:
        choice, language, scale = read
        if choice in CHOICES:
            theme().choose(choice)
        theme().choose_scale(scale)
        if language in LANGUAGES:
            use_language(language)
        self.settings_read.emit()

    def _on_household_read(self, read: Household) -> None:
        before = self.card
        first = not self.loaded
        self.loaded = True
        changed = read != self.household
        self.household = read
        after = self.card
        if first and read.lacks_base:
            self.get_base()
        if changed or first:
            self.household_changed.emit()
        if first or (before and before.persona.id) != (after and after.persona.id):
            self.progress = self.trainings = None
            self.persona_changed.emit()
        self.refresh_month()

    def _on_month_read(self, read: tuple[int, MonthProgress, Trainings]) -> None:
        persona_id, progress, trainings = read
        if self.household.current_id != persona_id:
            return
        card = self.card
        card_changed = card != self._card_read
        if card_changed or (progress, trainings) != (self.progress, self.trainings):
            self._card_read, self.progress, self.trainings = card, progress, trainings
            self.month_changed.emit()
        if card_changed:
            self.warm_up()

    def _on_base_ready(self, _nothing: None) -> None:
        self._end_base()
        self.refresh()
        if self.runtime_state == "failed":
            self.warm_up()

    def _on_base_failed(self, error: Exception) -> None:
        self._end_base()
        self.trouble_raised.emit(explain(error, button=tr("Try again"), action=self.get_base))

    def _end_base(self) -> None:
        self.fetching_base = False
        if self._base is not None:
            self._base.quit()
            self._base = None
        self.runtime_changed.emit(self.runtime_state)

    def _on_warm_up_failed(self, error: Exception) -> None:
        self.set_runtime_state("failed")
        if getattr(error, "kind", "") != "no_base":
            self.report(error, self.warm_up)

    def _look_for_changes(self) -> None:
        """Another process or thread may have written: a run goes on without this window."""
        self.ask(lambda store: store.data_version(), self._on_version_read, self._on_look_failed)

    def _on_look_failed(self, error: Exception) -> None:
        """A home that went away is told once, however often it is looked for."""
        away, self._away = self._away, getattr(error, "kind", "") == HOME_GONE
        if not (away and self._away):
            self.report(error, self._look_for_home if self._away else None)

    def _look_for_home(self) -> None:
        """Asked for by somebody, who is told again when it is still away."""
        self.ask(
            lambda store: store.data_version(),
            self._on_version_read,
            lambda error: self.report(error, self._look_for_home),
        )

    def _on_version_read(self, version: int) -> None:
        if self._away:
            self._away = False
            self._version = _NOTHING_SEEN
            self.home_returned.emit()
        if version != self._version:
            first = self._version == _NOTHING_SEEN
            self._version = version
            self.refresh()
            if not first:
                self.store_changed.emit()
            self.programs.refresh()
