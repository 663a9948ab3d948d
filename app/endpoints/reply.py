"""A reply on its way to a program: its pieces, up to where the program wants it to end."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from itertools import chain

from app.store.values import Finish
from ollama_bridge.runtime.values import Delta, Timings


class StopCut:
    """Ends a text before the first of some texts; what may begin one is held back."""

    def __init__(self, stops: Sequence[str]) -> None:
        self.hit = False
        self._stops = stops
        self._held = ""

    def feed(self, text: str) -> str:
        """What is sure to come before a stop."""
        self._held += text
        places = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if places:
            self.hit = True
            return self._give(min(places))
        longest = max((self._begun(stop) for stop in self._stops), default=0)
        return self._give(len(self._held) - longest)

    def rest(self) -> str:
        """What was held back and was no stop in the end."""
        return "" if self.hit else self._give(len(self._held))

    def _give(self, length: int) -> str:
        text, self._held = self._held[:length], self._held[length:]
        return text

    def _begun(self, stop: str) -> int:
        """How much of a stop the held text ends with."""
        most = min(len(stop) - 1, len(self._held))
        return next((n for n in range(most, 0, -1) if self._held.endswith(stop[:n])), 0)


class Reply:
    """A reply that has begun; `timings` are not known of one that was cut.

    `done` once all of its pieces were taken.
    """

    def __init__(self, deltas: Iterator[Delta], stops: Sequence[str]) -> None:
        self.text = ""
        self.finish: Finish = "stop"
        self.timings: Timings | None = None
        self.done = False
        self._began = time.monotonic()
        self._deltas = deltas
        self._cut = StopCut(stops)
        # What goes wrong before the first word is told with a status of its own.
        self._first = [delta for delta in [next(deltas, None)] if delta is not None]

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def pieces(self) -> Iterator[str]:
        """The pieces of it that are text; the rest of what is known is known after the last."""
        for delta in chain(self._first, self._deltas):
            yield from self._said(self._cut.feed(delta.text))
            if self._cut.hit:
                break
            if delta.finish is not None:
                self.finish = "length" if delta.finish == "length" else "stop"
                self.timings = delta.timings
        yield from self._said(self._cut.rest())
        self.done = True

    def close(self) -> None:
        """End the request: nothing more of it is written for nobody."""
        if isinstance(self._deltas, Generator):
            self._deltas.close()

    def _said(self, text: str) -> Iterator[str]:
        if text:
            self.text += text
            yield text
