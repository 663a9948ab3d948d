"""A reply on its way: the text so far outlives a broken stream, and a stop ends the request."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Protocol

from app.errors import StoreError
from app.store.values import Adapter, Finish
from ollama_bridge.runtime.values import Delta, Sampling

SAVE_EVERY_S = 1.0
DEFAULT_SAMPLING = Sampling()


class ReplySource(Protocol):
    """What a reply is streamed from: the runtime's client."""

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None,
        sampling: Sampling = DEFAULT_SAMPLING,
    ) -> Iterable[Delta]: ...


class ReplyStream:
    """Takes a reply from its source, and has it saved every second."""

    def __init__(
        self,
        on_delta: Callable[[str], None],
        stopped: Callable[[], bool],
        save: Callable[[str], object],
    ) -> None:
        self.text = ""
        self._on_delta = on_delta
        self._stopped = stopped
        self._save = save
        self._saved_at = 0.0

    def take(
        self,
        runtime: ReplySource,
        messages: Sequence[Mapping[str, str]],
        adapter: Adapter | None,
    ) -> tuple[str, Finish]:
        if self._stopped():
            return "", "stopped"  # nothing is asked for
        deltas = runtime.chat(
            messages, adapter=adapter.run_id if adapter else None, sampling=DEFAULT_SAMPLING
        )
        finish: Finish = "stop"
        for delta in deltas:
            if self._stopped():
                finish = "stopped"
                break
            self._add(delta.text)
            if delta.finish == "length":
                finish = "length"
        if isinstance(deltas, Generator):
            deltas.close()  # ends the request, so that a stopped reply costs no more
        return self.text, finish

    def _add(self, text: str) -> None:
        if not text:
            return
        self.text += text
        self._on_delta(text)
        now = time.monotonic()
        if now - self._saved_at > SAVE_EVERY_S:
            self._save_so_far()
            self._saved_at = now

    def _save_so_far(self) -> None:
        """Another process that writes for long ends no reply: it is saved a second later."""
        try:
            self._save(self.text)
        except StoreError as error:
            if error.kind != "locked":
                raise
