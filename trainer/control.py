"""Obeys the control file while a run is under way, whatever it is doing."""

from __future__ import annotations

import _thread
import signal
import threading
import time
import traceback
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Literal

from trainer.contract.events import ControlApplied
from trainer.contract.folder import RunFolder, beat, read_control, read_rows
from trainer.telling import Tells

Outcome = Literal["go_on", "saved", "discarded"]
ENDING = ("save-and-stop", "discard")
# Not carried out with a word: a worker that dies meanwhile has to be told again.
_LASTING = (*ENDING, "pause")
BEAT_EVERY_S = 2.0
LOOK_EVERY_S = 0.2
# Raised in this process alone, by itself: the system sends none of them of its own accord.
_KNOCK = getattr(signal, "SIGUSR1", None) or signal.SIGBREAK  # type: ignore[attr-defined,unused-ignore]
# What is written must be whole: a command waits until none of these is under way.
_UNBROKEN = ("trainer.contract.folder", "trainer.telling", "trainer.checkpoint", "logging")


class Stopped(BaseException):
    """A command ended what was under way; no library's `except Exception` may keep it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class ControlFile:
    """Carries out each command once, however often the worker that does so is started.

    What has been carried out stands in the events: one that ends a run only with the run's end,
    since a worker that dies in between must end it when it is started again, and a pause only with
    what comes after it.
    """

    def __init__(self, folder: RunFolder, telling: Tells) -> None:
        self._folder = folder
        self._telling = telling
        self._seen = _carried_out(folder)
        self._last_beat = self._last_look = 0.0
        self._obeying = False
        self._outcome: Outcome = "go_on"
        self._listened: weakref.WeakSet[Any] = weakref.WeakSet()
        self.paused_s = 0.0

    def obey(self) -> Outcome:
        """Do what is asked for; a pause lasts until another command comes."""
        self._obeying = True
        try:
            self._read()
        finally:
            self._obeying = False
        return self._outcome

    def check(self) -> None:
        """Obey in the middle of a pack: cheap enough for every layer of a model."""
        if time.monotonic() - self._last_look >= LOOK_EVERY_S and self.obey() != "go_on":
            raise Stopped(self._outcome)

    def listen_in(self, model: Any) -> None:
        """Have each block of a model look, forward and backward: a pack may take minutes."""
        inner = getattr(model.get_base_model(), "model", None)
        for block in getattr(inner, "layers", ()):
            if block not in self._listened:
                self._listened.add(block)
                block.register_forward_hook(self._on_block_done)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Also obey where nothing looks, while a base is loaded or measured.

        Only for work that a kill would not harm either: a command that ends the run breaks in
        between two lines of Python. A pause holds there.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        over = threading.Event()
        before = signal.signal(_KNOCK, lambda _, frame: self._on_knock(frame))
        knocking = threading.Thread(target=self._knock, args=(over,), name="control", daemon=True)
        knocking.start()
        try:
            yield
        except Exception:
            # Broken in upon in code that keeps it to itself, a library trips over its own halves,
            # as numpy does within torch's import: the command is the cause, and it was carried out.
            if self._outcome == "go_on":
                raise
            traceback.print_exc()
        finally:
            over.set()
            knocking.join()
            signal.signal(_KNOCK, before)
        if self._outcome != "go_on":
            raise Stopped(self._outcome)

    def _read(self) -> None:
        paused_at: float | None = None
        while True:
            self._beat()
            control = read_control(self._folder)
            self._last_look = time.monotonic()
            if control is not None and control.seq > self._seen:
                self._seen = control.seq
                self._telling.tell(ControlApplied(control_seq=control.seq, command=control.command))
                if control.command == "save-and-stop":
                    self._outcome = "saved"
                elif control.command == "discard":
                    self._outcome = "discarded"
                elif control.command == "pause" and paused_at is None:
                    paused_at = self._last_look
                if control.command != "pause" and paused_at is not None:
                    self.paused_s += time.monotonic() - paused_at
                    paused_at = None
            if paused_at is None:
                return
            time.sleep(LOOK_EVERY_S)

    def _on_block_done(self, _block: Any, _given: Any, made: Any) -> None:
        self.check()
        states = made[0] if isinstance(made, tuple) else made
        if states.requires_grad:
            states.register_hook(self._on_gradient)

    def _on_gradient(self, _gradient: Any) -> None:
        self.check()

    def _knock(self, over: threading.Event) -> None:
        """Ask the main thread to look, until it has done what is asked for."""
        while not over.wait(LOOK_EVERY_S):
            control = read_control(self._folder)
            new = control is not None and control.seq > self._seen
            if (new or self._outcome != "go_on") and not over.is_set():
                _thread.interrupt_main(_KNOCK)

    def _on_knock(self, frame: FrameType | None) -> None:
        """In the main thread, between two lines of anything; what is being written goes first."""
        if self._obeying or _is_writing(frame):
            return
        if self.obey() != "go_on":
            raise Stopped(self._outcome)

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._last_beat >= BEAT_EVERY_S:
            self._last_beat = now
            beat(self._folder)


def _carried_out(folder: RunFolder) -> int:
    """The number of the last command that needs nothing more."""
    done = ended = 0
    for event in read_rows(folder.events):
        if event.get("kind") == "control_applied":
            ended = int(event["control_seq"])
            done = done if event.get("command") in _LASTING else ended
        elif event.get("kind") == "done":
            done = ended
    return done


def _is_writing(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__")) in _UNBROKEN:
            return True
        frame = frame.f_back
    return False
