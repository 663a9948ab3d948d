"""The replay page's state and verbs; a rehearsal goes on whatever page is on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from app.gui.background import Background
from app.gui.replay_words import filled_words, group_name, rehearsed_words
from app.gui.session import Session
from app.gui.translation import tr
from app.gui.trouble import explain
from app.operations import past_replies, replay_groups, replaying
from app.operations.rehearsing import Rehearsal, check_possible, rehearse
from app.operations.replaying import Overview
from app.store.store import Store, open_store

if TYPE_CHECKING:
    from app.gui.runtime_tools import RuntimeTools

Result = TypeVar("Result")
Undo = Callable[[Store], object]


@dataclass(eq=False)
class Progress:
    """A rehearsal under way."""

    persona_id: int
    group: str
    base_name: str
    done: int = 0
    whole: int = 0
    began: float = field(default_factory=time.monotonic)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def left_s(self) -> float | None:
        """How long it may still take; None before the first answer."""
        if not self.done:
            return None
        return (time.monotonic() - self.began) / self.done * (self.whole - self.done)


@dataclass(frozen=True)
class Told:
    """What was done, and how to take it back."""

    text: str
    undo: Undo | None = None


class Heard(Protocol):
    """A form that waits to hear whether what was written in it is stored."""

    def stored(self) -> None: ...

    def failed(self, error: Exception) -> None: ...


class ReplaySession(QObject):
    """Lives as long as the window; one rehearsal at a time."""

    changed = Signal()
    items_changed = Signal()
    progressed = Signal()
    told = Signal()
    _answered = Signal(object, int, int)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.overview: Overview | None = None
        self.group = ""
        self.progress: Progress | None = None
        self.last: Told | None = None
        self._undos: list[Undo] = []
        home = session.home
        # Its own thread: counting or filling thousands of items must not keep the chat waiting.
        self._work: Background[Store] = Background("replay", lambda: open_store(home), self)
        self._voice: Background[RuntimeTools] | None = None
        self._stale = False  # items may have changed where their states did not
        self._answered.connect(self._on_answered)
        session.persona_changed.connect(self._on_persona_changed)
        session.month_changed.connect(self.refresh)

    def ask(
        self,
        work: Callable[[Store], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do something with the store, in the replay's thread."""
        self._work.run(work, done, failed or self._report)

    def refresh(self) -> None:
        """Read the groups anew."""
        card = self._session.card
        if card is None:
            return
        persona_id = card.persona.id
        self.ask(lambda store: replaying.overview(store, persona_id), self._on_overview_read)

    def choose(self, group: str) -> None:
        """Show the items of a group."""
        if group != self.group:
            self.group = group
            self.changed.emit()
            self.items_changed.emit()

    def fill(self) -> None:
        """Take in what was said, approved and learned."""
        shown = self.overview
        if shown is not None:
            persona = shown.persona
            self._change(
                lambda store: past_replies.fill_from_conversations(store, persona),
                lambda filled: Told(filled_words(filled)),
            )

    def leave_out(self, item_id: int, left_out: bool) -> None:
        words = tr("Left out: no training draws it.") if left_out else tr("It can be drawn again.")
        self._change(
            lambda store: replay_groups.leave_out(store, item_id, left_out),
            lambda _none: Told(
                words, lambda store: replay_groups.leave_out(store, item_id, not left_out)
            ),
        )

    def set_target(self, group: str, target: int) -> None:
        self._change(
            lambda store: replay_groups.set_target(store, group, target),
            lambda before: Told(
                tr(
                    "The target of {group} is {target} now.", group=group_name(group), target=target
                ),
                lambda store: replay_groups.set_target(store, group, before),
            ),
        )

    def add_group(self, name: str, target: int, language: str, heard: Heard) -> None:
        def done(made: object) -> Told:
            self.group = getattr(made, "name", self.group)
            return Told(tr("The group {group} was made.", group=self.group))

        self._change(
            lambda store: replay_groups.add_group(store, name, target, language), done, heard
        )

    def remove_group(self, group: str) -> None:
        self._change(
            lambda store: replay_groups.remove_group(store, group),
            lambda removed: Told(
                tr("The group {group} was removed with its items.", group=group),
                lambda store: replay_groups.restore_group(store, removed),
            ),
        )

    def add_item(self, question: str, answer: str, heard: Heard) -> None:
        shown, group = self.overview, self.group
        if shown is not None:
            persona_id = shown.persona.id
            self._change(
                lambda store: replay_groups.add_item(store, persona_id, group, question, answer),
                lambda item: Told(
                    tr("The item was added."),
                    lambda store: replay_groups.delete_item(store, item.id),
                ),
                heard,
            )

    def delete_item(self, item_id: int) -> None:
        self._change(
            lambda store: replay_groups.delete_item(store, item_id),
            lambda item: Told(
                tr("The item was deleted."),
                lambda store: replay_groups.restore_items(store, [item] if item else []),
            ),
        )

    def undo(self) -> None:
        """Take back what was done last here; what is still being stored counts as done."""
        self.ask(lambda _store: None, lambda _nothing: self._undo_newest())

    def _undo_newest(self) -> None:
        if self.last is None or self.last.undo is None or not self._undos:
            return
        undo = self._undos.pop()

        def done(_none: object) -> None:
            self._tell(Told(tr("It was taken back."), self._undos[-1] if self._undos else None))
            self._read_all()

        def failed(error: Exception) -> None:
            self._undos.append(undo)
            self._report(error)

        self.ask(undo, done, failed)

    def rehearse(self) -> None:
        """Have the base answer the questions of the group that is on."""
        shown = self.overview
        if shown is None or self.progress is not None:
            return
        progress = self.progress = Progress(shown.persona.id, self.group, shown.base_name)
        home, hear = self._session.home, self._answered.emit

        def work(tools: RuntimeTools) -> Rehearsal:
            persona = tools.store.personas.get(progress.persona_id)
            check_possible(home, tools.store, persona, progress.group)
            persona, client = tools.ready(progress.persona_id)
            return rehearse(
                home,
                tools.store,
                client,
                persona,
                progress.group,
                on_progress=lambda done, whole: hear(progress, done, whole),
                stopped=progress.stop.is_set,
            )

        # Its own thread and lease: whoever talks meanwhile is answered at once.
        self._voice = Background("rehearsal", self._session.open_runtime, self)
        self._voice.run(work, self._on_rehearsed, self._on_rehearsal_failed)
        self.changed.emit()

    def stop(self) -> None:
        """End the rehearsal; what was answered is kept."""
        if self.progress is not None:
            self.progress.stop.set()
            self.progressed.emit()
            self.changed.emit()

    def quit(self) -> None:
        self.stop()
        self._work.quit()
        if self._voice is not None:
            self._voice.quit()

    def _change(
        self,
        work: Callable[[Store], Result],
        done: Callable[[Result], Told],
        heard: Heard | None = None,
    ) -> None:
        def on_done(result: Result) -> None:
            told = done(result)
            if told.undo is not None:
                self._undos.append(told.undo)
            self._tell(told)
            if heard is not None and isValid(heard):
                heard.stored()
            self._read_all()

        self.ask(work, on_done, heard.failed if heard is not None else None)

    def _report(self, error: Exception) -> None:
        self._session.report(error, self._read_all)

    def _read_all(self) -> None:
        """Groups and items, also where the groups' numbers did not change."""
        self._stale = True
        self.refresh()

    def _tell(self, told: Told | None) -> None:
        self.last = told
        self.told.emit()

    def _on_persona_changed(self) -> None:
        self.overview = None
        self._undos.clear()
        self._tell(None)
        if self.progress is not None and self._speaks_through_another_base():
            self.stop()  # the two bases would take each other out of memory
        self.changed.emit()
        self.refresh()

    def _speaks_through_another_base(self) -> bool:
        cards = {each.persona.id: each for each in self._session.household.cards}
        now, then = self._session.card, cards.get(self.progress.persona_id if self.progress else 0)
        return now is None or then is None or now.base != then.base

    def _on_overview_read(self, read: Overview) -> None:
        card = self._session.card
        if card is None or read.persona.id != card.persona.id:
            return
        anew = self.overview is None or self.overview.persona.id != read.persona.id
        same = read == self.overview
        self.overview = read
        if read.group(self.group) is None:
            self.group = next((each.name for each in read.groups if not each.blocked), "coding")
            anew = True
        if not same or anew:
            self.changed.emit()
        if not same or anew or self._stale:
            self._stale = False
            self.items_changed.emit()

    def _on_answered(self, progress: Progress, done: int, whole: int) -> None:
        if progress is self.progress:
            progress.done, progress.whole = done, whole
            self.progressed.emit()

    def _on_rehearsed(self, found: Rehearsal) -> None:
        base = self.progress.base_name if self.progress is not None else ""
        self._end_rehearsal()
        self._tell(Told(rehearsed_words(found, base)))

    def _on_rehearsal_failed(self, error: Exception) -> None:
        self._end_rehearsal()
        self._session.tell(explain(error, button=tr("Try again"), action=self.rehearse))

    def _end_rehearsal(self) -> None:
        self.progress = None
        if self._voice is not None:
            self._voice.quit()
            self._voice = None
        self.changed.emit()
        self._read_all()
