"""What the review shows: the filter, the replies that it lets through, and the one looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.gui import review_reading as reading
from app.gui.background import Background
from app.gui.review_model import ReviewModel, ReviewRow
from app.gui.review_reading import ReadRows, TakenBack
from app.gui.session import Session
from app.operations import reviewing
from app.store.review import ReviewFilter
from app.store.store import Store, open_store

READ_AHEAD = 10
Result = TypeVar("Result")


class ReviewQueue(QObject):
    """Read by pages in a thread of its own.

    What is done to a hundred thousand replies takes longer than the chat may wait for the
    store, and an undo has to come after what it takes back: so all of the review goes there.
    """

    changed = Signal()  # filter, number left, whether something was read
    current_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.chosen = ReviewFilter()
        self.model = ReviewModel(self)
        self.current: ReviewRow | None = None
        self.left: int | None = None
        self.loaded = False
        self.failed = False
        self.shown = 0  # grows with every other filter or persona
        self.decided: set[int] = set()  # under this filter
        self._deciding: set[int] = set()  # of these, what is not stored yet
        self._after: int | None = None
        self._number = 0  # of the last list asked for; what comes of an earlier one is too late
        self._reading = self._reading_more = False
        home = session.home
        self._work: Background[Store] = Background("review", lambda: open_store(home), self)
        self.model.more_wanted.connect(self._read_more)

    @property
    def persona_id(self) -> int | None:
        return self._session.household.current_id

    def run(
        self,
        work: Callable[[Store], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Do something in the review's thread."""
        self._work.run(work, done, failed)

    def show(self, chosen: ReviewFilter) -> None:
        """A filter, from its newest reply on; of an archive a sample is drawn."""
        self.chosen = chosen
        self.shown += 1
        self.decided.clear()
        self._deciding.clear()
        self._look_at(None)
        self.loaded = False
        self.left = self._after = None
        self.model.show_rows((), more=False)
        self._read(reviewing.PAGE, draw=True)
        self.changed.emit()

    def refresh(self) -> None:
        """Read what is shown again; the place is kept."""
        self._read(max(reviewing.PAGE, len(self.model.rows)), draw=False)

    def go_to(self, place: int) -> None:
        """Look at the reply that stands there."""
        rows = self.model.rows
        self._look_at(rows[place] if 0 <= place < len(rows) else None)
        if place + READ_AHEAD >= len(rows):
            self._read_more()

    def step(self, by: int) -> None:
        """The next reply, or the one before; at an end it stays."""
        place = self.model.place_of(self.current.id if self.current else None)
        if place is not None and 0 <= place + by < len(self.model.rows):
            self.go_to(place + by)

    def take_out(self, row: ReviewRow) -> None:
        """A reply is being decided on: the next one is looked at."""
        place = self.model.place_of(row.id)
        if self.chosen.decided or place is None:
            self.step(1)
            return
        self.decided.add(row.id)
        self._deciding.add(row.id)
        # First the next one, then away with this one: the list keeps its place.
        last = place + 1 >= len(self.model.rows)
        self.go_to(place - 1 if last else place + 1)
        self.model.remove(row.id)
        self.left = max(0, self.left - 1) if self.left is not None else None
        self.changed.emit()

    def show_stored(self, message_id: int, row: ReviewRow | None, left: int) -> None:
        """A verb ended: the reply as it is now, where it is still in the list."""
        self._deciding.discard(message_id)
        self.left = left - len(self._deciding)
        if row is not None and self.model.place_of(message_id) is not None:
            self.model.put(row)
            if self.current is not None and self.current.id == message_id:
                self._look_at(row)
        self.changed.emit()

    def show_taken_back(self, taken: TakenBack) -> None:
        """An undo ended: what came back is looked at."""
        self.left = taken.left - len(self._deciding)
        for row in taken.shown:
            self.model.put(row)
        for message_id in taken.gone:
            self.model.remove(message_id)
        self.decided -= {row.id for row in taken.shown}
        if taken.shown:
            self._look_at(taken.shown[0])
        elif self.current is not None and self.current.id in taken.gone:
            self.go_to(self.model.at_or_after(self.current.id))
        if self._reading:  # asked for before it was looked at again, it would be left out
            self.refresh()
        self.changed.emit()

    def forget_decisions(self) -> None:
        """A verb failed: nothing that was being decided is known to be stored."""
        self._deciding.clear()
        self._reading_more = False
        self.refresh()

    def quit(self) -> None:
        self._work.quit()

    def _look_at(self, row: ReviewRow | None) -> None:
        if row is not self.current:
            self.current = row
            self.current_changed.emit()

    def _read(self, limit: int, *, draw: bool) -> None:
        who, chosen = self.persona_id, self.chosen
        if who is None:
            return
        self._number += 1
        number, current_id = self._number, self.current.id if self.current else None
        self._reading, self._reading_more = True, False
        self._work.run(
            lambda store: reading.read_rows(store, who, chosen, limit, current_id, draw=draw),
            partial(self._on_read, number),
            partial(self._on_read_failed, number),
        )

    def _read_more(self) -> None:
        who, chosen, after, number = self.persona_id, self.chosen, self._after, self._number
        if who is None or after is None or self._reading_more:
            return
        self._reading_more = True
        self._work.run(
            lambda store: reading.read_more(store, who, chosen, after),
            partial(self._on_more_read, number),
            partial(self._on_read_failed, number),
        )

    def _on_read(self, number: int, read: ReadRows) -> None:
        if number != self._number:
            return
        self.loaded, self.failed, self._reading = True, False, False
        current_id = self.current.id if self.current else None
        self.model.show_rows(self._arrived(read), more=read.after is not None)
        self.go_to(self.model.at_or_after(current_id) if current_id is not None else 0)
        self.changed.emit()

    def _on_more_read(self, number: int, read: ReadRows) -> None:
        if number != self._number:
            return
        self._reading_more = False
        self.model.add_rows(self._arrived(read), more=read.after is not None)
        if self.current is None:
            self.go_to(0)
        self.changed.emit()

    def _arrived(self, read: ReadRows) -> list[ReviewRow]:
        """What was read, without what was decided on since it was asked for."""
        self._after = read.after
        rows = [row for row in read.rows if row.id not in self._deciding]
        self.left = read.left - (len(read.rows) - len(rows))
        return rows

    def _on_read_failed(self, number: int, error: Exception) -> None:
        if number == self._number:
            self.failed, self._reading, self._reading_more = True, False, False
            self.changed.emit()
        self._session.report(error, self.refresh)
