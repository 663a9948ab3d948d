"""A blind comparison that is going on: replies are written one prompt ahead of the reader."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.gui.session import Session
from app.gui.translation import tr
from app.gui.trouble import explain
from app.store.store import Store

if TYPE_CHECKING:
    from app.gui.runtime_tools import RuntimeTools
    from app.operations.comparing import Result, Standing
    from app.operations.comparison import Comparison, Pair, Prompt, Vote

# The one that is read, and the one after it.
AHEAD = 2


class CompareSession(QObject):
    """Prompts one after the other; every vote is on the disk before the next one is asked."""

    changed = Signal()
    trouble_raised = Signal(object)

    def __init__(self, session: Session, standing: Standing) -> None:
        super().__init__(session)
        self._session = session
        self.standing = standing
        self.comparison: Comparison | None = None
        self._writing = False
        self._left = threading.Event()
        session.quitting.connect(self._left.set)

    @property
    def pair(self) -> Pair:
        return self.standing.pair

    @property
    def current(self) -> Prompt | None:
        """The prompt that is judged now; None when all are, or none is known yet."""
        left = self.comparison.open if self.comparison is not None else ()
        return left[0] if left else None

    @property
    def last(self) -> Prompt | None:
        """The prompt that was judged last: they are judged in their order."""
        voted = self.comparison.voted if self.comparison is not None else ()
        return voted[-1] if voted else None

    @property
    def finished(self) -> bool:
        return self.comparison is not None and not self.comparison.open

    @property
    def number(self) -> int:
        """The place of the current prompt, from one."""
        return len(self.comparison.voted) + 1 if self.comparison is not None else 0

    @property
    def result(self) -> Result | None:
        if self.comparison is None:
            return None
        found: Result = comparing_verbs().result_of(self.comparison)
        return found

    def start(self) -> None:
        """Go on where it was left, or begin."""
        home, pair = self._session.home, self.pair

        def work(store: Store) -> Comparison:
            begun: Comparison = comparing_verbs().begin(home, store, pair)
            return begun

        self._session.ask(work, self._on_begun, partial(self._tell, again=self.start))

    def vote(self, choice: Vote) -> None:
        """Say which of the two is better."""
        prompt = self.current
        if prompt is not None and prompt.replies is not None:
            self._put_vote(prompt, choice)

    def take_back(self) -> None:
        """Judge the last one again."""
        prompt = self.last
        if prompt is not None:
            self._put_vote(prompt, None)

    def leave(self) -> None:
        """Write no further; what was chosen and written stays."""
        self._left.set()
        self.deleteLater()

    def _put_vote(self, prompt: Prompt, choice: Vote | None) -> None:
        assert self.comparison is not None
        home, pair = self._session.home, self.pair
        self.comparison = self.comparison.put(prompt.id, replace(prompt, vote=choice))

        def work(_store: Store) -> Prompt | None:
            kept: Prompt | None = comparing_verbs().vote(home, pair, prompt.id, choice)
            return kept

        def refused(error: Exception) -> None:
            """What is not on the disk was not said."""
            if self._left.is_set():
                self._session.report(error)
                return
            if self.comparison is not None:
                self.comparison = self.comparison.put(prompt.id, prompt)
            self._tell(error, again=lambda: self._put_vote(prompt, choice))

        self._session.ask(work, partial(self._on_kept, prompt.id), refused)
        self._write_ahead()
        self.changed.emit()

    def _on_begun(self, found: Comparison) -> None:
        if self._left.is_set():
            return
        self.comparison = found
        self._write_ahead()
        self.changed.emit()

    def _on_kept(self, prompt_id: str, kept: Prompt | None) -> None:
        """Nothing is left of a prompt that was forgotten meanwhile."""
        if kept is None and self.comparison is not None and not self._left.is_set():
            self.comparison = self.comparison.put(prompt_id, None)
            self._write_ahead()
            self.changed.emit()

    def _write_ahead(self) -> None:
        """Have the next prompt answered that lacks replies, as far as somebody may soon read it."""
        ahead = self.comparison.open[:AHEAD] if self.comparison is not None else ()
        wanted = next((each for each in ahead if each.replies is None), None)
        if wanted is None or self._writing or self._left.is_set():
            return
        self._writing = True
        standing, prompt_id, stopped = self.standing, wanted.id, self._left.is_set

        def work(tools: RuntimeTools) -> Prompt | None:
            return tools.answer_both(standing.persona_id, standing.pair, prompt_id, stopped)

        self._session.ask_runtime(
            work, partial(self._on_written, prompt_id), self._on_writing_failed
        )

    def _on_written(self, prompt_id: str, written: Prompt | None) -> None:
        self._writing = False
        if self.comparison is None or self._left.is_set():
            return
        before = self.comparison.prompt(prompt_id)
        if before is not None:
            # The vote here may be newer than the one that was read beside the replies.
            now = replace(before, replies=written.replies) if written is not None else None
            self.comparison = self.comparison.put(prompt_id, now)
        self._write_ahead()
        self.changed.emit()

    def _on_writing_failed(self, error: Exception) -> None:
        self._writing = False
        self._tell(error, again=self._write_ahead)

    def _tell(self, error: Exception, again: Callable[[], None]) -> None:
        if self._left.is_set():
            return
        self.trouble_raised.emit(explain(error, button=tr("Try again"), action=again))
        self.changed.emit()


def comparing_verbs() -> ModuleType:
    """Imported by the thread that calls them first: they bring half a second of libraries."""
    from app.operations import comparing

    return comparing
