"""The verbs of the review; lives as long as the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.gui import review_reading as reading
from app.gui.review_queue import ReviewQueue
from app.gui.review_reading import Changed, Numbers, TakenBack
from app.gui.review_words import done_words, undone_words
from app.gui.session import Session
from app.gui.translation import tr
from app.operations import reviewing
from app.operations.reviewing import Done
from app.store.review import ReviewFilter
from app.store.store import Store
from app.store.values import Action

COUNT_AFTER_MS = 300
BulkVerb = Literal["keep", "drop", "mask", "set_topic"]
Result = TypeVar("Result")
Work = Callable[[Store, int, int], Done]  # of a persona, to a reply


@dataclass(frozen=True)
class Bulk:
    """A verb for everything that a filter showed when it was asked for."""

    verb: BulkVerb
    persona_id: int
    chosen: ReviewFilter
    message_ids: tuple[int, ...]
    topic: str = ""


class ReviewSession(QObject):
    """A decision takes its reply out of the list at once, and is stored in the background."""

    changed = Signal()  # what the queue shows, the numbers, whether a bulk is under way
    told = Signal(str, bool)
    bulk_asked = Signal(object)
    twin_read = Signal(int, object)
    around_read = Signal(int, object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.queue = ReviewQueue(session)
        self.numbers: Numbers | None = None
        self.busy = 0  # how many replies a bulk is about, while it is under way
        self.drafts: dict[int, str] = {}
        self._count_soon = QTimer(self)
        self._count_soon.setSingleShot(True)
        self._count_soon.setInterval(COUNT_AFTER_MS)
        self._count_soon.timeout.connect(self._count)
        self.queue.changed.connect(self.changed)
        session.persona_changed.connect(self._on_persona_changed)
        session.examining.looked_at.connect(self._on_looked_at)
        session.examining.counted.connect(self._count_soon.start)
        self.show(self.queue.chosen)

    def show(self, chosen: ReviewFilter) -> None:
        """Another filter, from its newest reply on."""
        self.queue.show(chosen)
        self._count_soon.start()

    def refresh(self) -> None:
        """Read what is shown again; the place is kept."""
        self.queue.refresh()
        self._count_soon.start()

    def keep(self) -> None:
        self._decide("keep", lambda store, who, which: reviewing.keep(store, who, [which]))

    def drop(self) -> None:
        self._decide("drop", lambda store, who, which: reviewing.drop(store, who, [which]))

    def correct(self, text: str) -> None:
        """Another text in the place of the reply that is looked at."""
        current = self.queue.current
        if current is not None and text.strip() and not self.busy:
            self.drafts.pop(current.id, None)
            self._decide(
                "correct", lambda store, who, which: reviewing.correct(store, who, which, text)
            )

    def tag(self, topic: str) -> None:
        """Say what the reply is about; it stays to be decided on."""
        self._start(
            "set_topic", lambda store, who, which: reviewing.set_topic(store, who, [which], topic)
        )

    def mask(self) -> None:
        """Put a word in place of what is personal; the reply stays to be decided on."""
        self._start("mask", lambda store, who, which: reviewing.mask(store, who, [which]))

    def undo(self) -> None:
        """Take back what was done last in the review."""
        who, chosen = self.queue.persona_id, self.queue.chosen
        decided = frozenset(self.queue.decided)
        if who is not None and not self.busy:
            self._run(
                lambda store: reading.take_back(store, who, chosen, decided),
                partial(self._on_taken_back, self.queue.shown),
            )

    def ask_bulk(self, verb: BulkVerb, topic: str = "") -> None:
        """Find out what a verb for everything would be about; nothing is done yet."""
        who, chosen = self.queue.persona_id, self.queue.chosen
        if who is not None and not self.busy:
            self._run(
                lambda store: Bulk(verb, who, chosen, reviewing.ids(store, who, chosen), topic),
                self._on_bulk_found,
            )

    def do_bulk(self, bulk: Bulk) -> None:
        """What was asked for, and was said yes to."""
        if bulk.persona_id == self.queue.persona_id and not self.busy:
            self.busy = len(bulk.message_ids)
            self.changed.emit()
            self._run(lambda store: _do_bulk(store, bulk), partial(self._on_bulk_done, bulk.verb))

    def ask_twin(self, message_id: int, other_id: int) -> None:
        """Read what a reply nearly is the same as."""
        self._run(
            lambda store: reviewing.items(store, [other_id]),
            lambda found: self.twin_read.emit(message_id, found[0] if found else None),
        )

    def ask_around(self) -> None:
        """Read the conversation around the reply that is looked at."""
        if self.queue.current is not None:
            which = self.queue.current.id
            self._run(
                lambda store: reviewing.around(store, which),
                lambda lines: self.around_read.emit(which, lines),
            )

    def quit(self) -> None:
        self._count_soon.stop()
        self.queue.quit()

    def _run(self, work: Callable[[Store], Result], done: Callable[[Result], None]) -> None:
        self.queue.run(work, done, self._on_failed)

    def _decide(self, verb: str, work: Work) -> None:
        """What ends a reply's time in the queue; the next one comes by itself."""
        row = self.queue.current
        if row is not None and self._start(verb, work):
            self.queue.take_out(row)

    def _start(self, verb: str, work: Work) -> bool:
        """Do something to the reply that is looked at; whether there is one."""
        who, chosen, row = self.queue.persona_id, self.queue.chosen, self.queue.current
        if who is None or row is None or self.busy:
            return False

        def do(store: Store) -> Changed:
            done = work(store, who, row.id)
            return reading.changed(store, who, chosen, row.id, done)

        self._run(do, partial(self._on_changed, verb, self.queue.shown, row.id))
        return True

    def _on_changed(self, verb: str, shown: int, message_id: int, changed: Changed) -> None:
        action = changed.done.action
        words = done_words(action.verb if action else verb, changed.done.count)
        self._tell_done(words, action)
        if verb in ("correct", "mask"):
            self._session.examining.look_soon()
        self._count_soon.start()
        if shown == self.queue.shown:
            self.queue.show_stored(message_id, changed.row, changed.left)

    def _on_taken_back(self, shown: int, taken: TakenBack | None) -> None:
        if taken is None:
            self.told.emit(tr("There is nothing to take back."), False)
            return
        action, number = taken.undone.action, len(taken.undone.message_ids)
        elsewhere = shown != self.queue.shown or not (taken.shown or taken.many)
        self.told.emit(undone_words(action.verb, number, elsewhere=elsewhere), True)
        self._session.examining.look_soon()
        if taken.many:
            self.refresh()
        elif shown == self.queue.shown:
            self.queue.show_taken_back(taken)
        self._count_soon.start()

    def _on_bulk_found(self, bulk: Bulk) -> None:
        if bulk.persona_id != self.queue.persona_id:
            return
        if bulk.message_ids:
            self.bulk_asked.emit(bulk)
        else:
            self.told.emit(tr("Nothing was changed."), False)

    def _on_bulk_done(self, verb: str, done: Done) -> None:
        self.busy = 0
        self._tell_done(done_words(verb, done.count), done.action)
        self._session.examining.look_soon()
        self.refresh()
        self.changed.emit()

    def _count(self) -> None:
        who = self.queue.persona_id
        if who is not None:
            self._run(lambda store: (who, reading.read_numbers(store, who)), self._on_numbers_read)

    def _on_numbers_read(self, read: tuple[int, Numbers]) -> None:
        who, numbers = read
        if who == self.queue.persona_id:
            self.numbers = numbers
            self._session.examining.set_flagged(numbers.counts.flagged)
            self.changed.emit()

    def _tell_done(self, words: str, action: Action | None) -> None:
        """What was done to somebody else's replies meanwhile is not what an undo takes back."""
        if action is None or action.persona_id == self.queue.persona_id:
            self.told.emit(words, action is not None)

    def _on_persona_changed(self) -> None:
        self.numbers = None
        self.told.emit("", False)
        self.show(self.queue.chosen)

    def _on_looked_at(self, persona_id: int) -> None:
        if persona_id == self.queue.persona_id:
            self.refresh()

    def _on_failed(self, error: Exception) -> None:
        """Nothing of it was stored: the list shows again what there is."""
        self.busy = 0
        self._session.report(error, self.refresh)
        self.queue.forget_decisions()
        self.changed.emit()


def _do_bulk(store: Store, bulk: Bulk) -> Done:
    persona_id, ids = bulk.persona_id, bulk.message_ids
    if bulk.verb == "set_topic":
        return reviewing.set_topic(store, persona_id, ids, bulk.topic)
    verbs = {"keep": reviewing.keep, "drop": reviewing.drop, "mask": reviewing.mask}
    return verbs[bulk.verb](store, persona_id, ids)
