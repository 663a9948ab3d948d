"""Work outside the window's thread: the one place that catches whatever a job raises."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

QUIT_TIMEOUT_S = 3.0


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
    """Rings in the window's thread: a job has ended."""

    rang = Signal()


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
        self._bell = _Bell()
        self._bell.rang.connect(self._on_job_ended)
        self._open = True

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

    def quit(self) -> None:
        """Finish what is queued and end the thread."""
        self._open = False
        self._jobs.put(None)
        if self._thread.is_alive():
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
            del job  # its callbacks hold widgets, which must die in the window's thread
            self._bell.rang.emit()
        if tools is not None:
            tools.close()

    def _on_job_ended(self) -> None:
        end = self._ends.get()
        if not self._open:
            return
        if end.error is not None:
            end.job.failed(end.error)
        else:
            end.job.done(end.result)
