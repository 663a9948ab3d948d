"""Looking at what comes in, in a thread of its own, while nothing is being trained."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.gui.background import Background
from app.gui.translation import tr
from app.gui.trouble import Trouble, explain
from app.home import Home
from app.store.store import Store, open_store

if TYPE_CHECKING:
    from app.gui.session import Session

FIRST_AFTER_MS = 3000  # the model is loaded and the first message written meanwhile
LOOK_EVERY_MS = 2000
# While something is being written, as a reply that streams in or an import, it is waited for.
PATIENCE_LOOKS = 15
REST_S = 0.06  # after each piece of work, so that the window comes first
GIVE_WAY_S = 0.5  # after a letter that is searched, and a word that streams in
_NOTHING_SEEN = -1

Hear = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Progress:
    """How many of a persona's new replies were looked at."""

    persona_id: int
    done: int
    whole: int


@dataclass(frozen=True)
class Looked:
    """What a look found: replies of the first persona to decide on, and whose replies were
    looked at anew; `waits` while a training has the machine."""

    persona_id: int
    flagged: int
    anew: tuple[int, ...]
    waits: bool


class Pace:
    """When the thread rests and when it stops: what somebody waits for comes first."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._resting_until = 0.0

    def give_way(self) -> None:
        """Rest for as long as this is said again and again."""
        self._resting_until = time.monotonic() + GIVE_WAY_S

    def stop(self) -> None:
        self._stop.set()

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    def rest(self) -> bool:
        """Between two pieces of work; whether there is to be no next one."""
        while not self._stop.wait(REST_S):
            if time.monotonic() >= self._resting_until:
                return False
        return True


class Examiner:
    """What the thread works with: a store of its own, and what it knew at the last look."""

    def __init__(self, home: Home, hear: Hear, pace: Pace) -> None:
        self._home = home
        self._hear = hear
        self._pace = pace
        self._store: Store = open_store(home)
        self._done: tuple[int, Sequence[int]] = (_NOTHING_SEEN, ())
        self._seen = _NOTHING_SEEN
        self._waited = 0

    def close(self) -> None:
        self._store.close()

    def look(self, persona_ids: Sequence[int], *, soon: bool) -> Looked | None:
        """Look at what is new; None when nothing was written since the last time."""
        # Loaded here: the measures would delay the window's first paint.
        from app.operations import reviewing
        from app.store.review import ReviewFilter

        version = self._store.data_version()
        if (version, persona_ids) == self._done:
            return None
        quiet = version == self._seen
        self._seen = version
        self._waited += 1
        anew: list[int] = []
        waits = self._is_training()
        if not waits and (quiet or soon or self._waited > PATIENCE_LOOKS):
            anew = [each for each in persona_ids if self._examine(each)]
            waits = self._is_training()
            if not waits:
                self._waited, self._done = 0, (version, persona_ids)
        first = persona_ids[0]
        flagged = reviewing.count(self._store, first, ReviewFilter("flagged"))
        return Looked(first, flagged, tuple(anew), waits)

    def _examine(self, persona_id: int) -> bool:
        from app.operations.examining import examine

        found = examine(
            self._home,
            self._store,
            persona_id,
            progress=lambda done, whole: self._hear(persona_id, done, whole),
            stopped=self._is_to_stop,
        )
        return found.looked > 0

    def _is_to_stop(self) -> bool:
        return self._pace.rest() or self._is_training()

    def _is_training(self) -> bool:
        from app.cycle.device import device_use

        return device_use(self._home) is not None


class Examining(QObject):
    """Has every reply looked at soon after it came in, whatever page is on."""

    changed = Signal()  # progress, waiting or trouble
    counted = Signal()  # how many replies are left to decide on
    looked_at = Signal(int)  # a persona's replies, anew

    _heard = Signal(int, int, int)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.progress: Progress | None = None
        self.waits = False
        self.trouble: Trouble | None = None
        self.flagged: int | None = None
        self._asked = False
        self._soon = True
        self._pace = Pace()
        home, hear, pace = session.home, self._heard.emit, self._pace
        self._work: Background[Examiner] = Background(
            "examining", lambda: Examiner(home, hear, pace), self
        )
        self._heard.connect(self._on_heard)
        session.persona_changed.connect(self._on_persona_changed)
        session.home_returned.connect(self._on_home_returned)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Look from now on, once the window has settled."""
        QTimer.singleShot(FIRST_AFTER_MS, self, self._begin)

    def look_soon(self) -> None:
        """Look at once: somebody waits for it."""
        self._soon = True
        if self._timer.isActive():
            self._look()

    def give_way(self) -> None:
        """Somebody searches, or a reply comes in: nothing is looked at for a moment."""
        self._pace.give_way()

    def look_again(self) -> None:
        """After an error."""
        self.trouble = None
        self.changed.emit()
        self._timer.start()
        self.look_soon()

    def set_flagged(self, number: int) -> None:
        """What was counted elsewhere, and is newer."""
        if number != self.flagged:
            self.flagged = number
            self.counted.emit()

    def quit(self) -> None:
        self._timer.stop()
        self._pace.stop()
        self._work.quit()

    def _begin(self) -> None:
        if not self._pace.is_stopped:
            self._timer.start()
            self._look()

    def _look(self) -> None:
        household = self._session.household
        current = household.current_id
        if self._asked or current is None:
            return
        others = [card.persona.id for card in household.cards if card.persona.id != current]
        ids = (current, *others)
        self._asked = True
        soon, self._soon = self._soon, False
        self._work.run(
            lambda examiner: examiner.look(ids, soon=soon), self._on_looked, self._on_failed
        )

    def _on_looked(self, looked: Looked | None) -> None:
        self._asked = False
        progressed = self.progress is not None
        self.progress = None
        waits = looked.waits if looked is not None else self.waits
        if progressed or waits != self.waits:
            self.waits = waits
            self.changed.emit()
        if looked is None:
            return
        if looked.persona_id == self._session.household.current_id:
            self.set_flagged(looked.flagged)
        for persona_id in looked.anew:
            self.looked_at.emit(persona_id)
        if self._soon:
            self._look()

    def _on_failed(self, error: Exception) -> None:
        """Told on the review page: whoever talks need not hear of it."""
        self._asked = False
        self._timer.stop()
        self.progress = None
        self.trouble = explain(error, button=tr("Try again"), action=self.look_again)
        self.changed.emit()

    def _on_heard(self, persona_id: int, done: int, whole: int) -> None:
        self.progress = Progress(persona_id, done, whole) if done < whole else None
        self.changed.emit()

    def _on_home_returned(self) -> None:
        if self.trouble is not None:
            self.look_again()

    def _on_persona_changed(self) -> None:
        self.flagged = None
        self.counted.emit()
        self.look_soon()
