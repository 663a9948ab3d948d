"""Work outside the window's thread: the one place that catches whatever a job raises."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

QUIT_TIMEOUT_S = 3.0
HOME_GONE = "home_gone"  # the kind of error of a store whose home went away


class Closable(Protocol):
    """What a thread works with."""

    def close(self) -> None: ...


class NoTools:
    """For work that needs nothing open."""

    def close(self) -> None:
        """Nothing is open."""


Tools = TypeVar("Tools", bound=Closable)
Result = TypeVar("Result")


@dataclass(frozen=True)
class _Job:
    work: Callable[[Any], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


@dataclass(frozen=True)
class _End:
    job: _Job
    result: Any
    error: Exception | None


class _Bell(QObject):
    """Rings in the window's thread: a job of the one with this number has ended."""

    rang = Signal(int)


@cache
def _bell() -> _Bell:
    """One for all, so that no thread can outlive the bell it rings."""
    return _Bell()


_numbers = itertools.count()
# Whoever's thread goes on without them: what they hold must not die in that thread.
_left: list[Background[Any]] = []


def threads_left() -> bool:
    """Whether a thread goes on that nobody waits for any more."""
    _left[:] = [each for each in _left if each.working]
    return bool(_left)


def is_gone(callback: Callable[..., object]) -> bool:
    """Whether it is a method of a widget that is no more, or a function written within one."""
    callback = callback.func if isinstance(callback, partial) else callback
    owner = getattr(callback, "__self__", None)
    cells = getattr(callback, "__closure__", None) or ()
    names = callback.__code__.co_freevars if cells else ()
    if "self" in names:
        owner = cells[names.index("self")].cell_contents
    return isinstance(owner, QObject) and not isValid(owner)


class Background(QObject, Generic[Tools]):
    """A thread with a queue of jobs; its tools are opened by the first and stay in the thread.

    A daemon thread: a job that waits for a model that never loads must not keep a closed
    window's process alive.
    """

    def __init__(self, name: str, open_tools: Callable[[], Tools], parent: QObject) -> None:
        super().__init__(parent)
        self._open_tools = open_tools
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._ends: queue.SimpleQueue[_End] = queue.SimpleQueue()
        self._number = next(_numbers)
        _bell().rang.connect(self._on_rang)
        self._open = True

    @property
    def working(self) -> bool:
        """Whether its thread is still there."""
        return self._thread.is_alive()

    def run(
        self,
        work: Callable[[Tools], Result],
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Queue a job; what it returns or raises comes back in the window's thread."""
        if not self._open:
            return
        if not self._thread.is_alive():
            self._thread.start()
        self._jobs.put(_Job(work, done, failed))

    def leave(self) -> None:
        """Have it finish what is queued; nobody waits for that, or hears of it."""
        self._open = False
        self._jobs.put(None)
        _left.append(self)
        threads_left()

    def quit(self) -> None:
        """Finish what is queued and end the thread."""
        self.leave()
        if self.working:
            self._thread.join(QUIT_TIMEOUT_S)

    def _work(self) -> None:
        tools: Tools | None = None
        while (job := self._jobs.get()) is not None:
            try:
                if tools is None:
                    tools = self._open_tools()
                self._ends.put(_End(job, job.work(tools), None))
            except Exception as error:  # noqa: BLE001 (a job's error is shown, never lost)
                self._ends.put(_End(job, None, error))
                if tools is not None and getattr(error, "kind", "") == HOME_GONE:
                    tools.close()
                    tools = None  # opened anew once it is back
            del job  # its callbacks hold widgets, which must die in the window's thread
            _bell().rang.emit(self._number)
        if tools is not None:
            tools.close()

    def _on_rang(self, number: int) -> None:
        if number != self._number:
            return
        end = self._ends.get()
        if not self._open:
            return
        if end.error is not None:
            if not is_gone(end.job.failed):
                end.job.failed(end.error)
        elif not is_gone(end.job.done):
            end.job.done(end.result)
