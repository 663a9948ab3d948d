"""A client's lease on the runtime: kept over the runtime's death, and used to take turns."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ollama_bridge.errors import BridgeError, RuntimeLost, RuntimeStartError, RuntimeUnloaded
from ollama_bridge.runtime.protocol import ConnectionEnded, ControlConnection, Need
from ollama_bridge.runtime.start import lease

# Another lease may load its own base between a serve and the turn after it.
TURN_TRIES = 4


@dataclass(frozen=True)
class Turn:
    """Where to ask for one reply; `adapters` in the order of the model server's numbers."""

    address: str
    key: str
    slot: int | None
    adapters: tuple[str, ...]

    @property
    def headers(self) -> dict[str, str]:
        """What opens the model server."""
        return {"Authorization": f"Bearer {self.key}"}

    def scales(self, chosen: str | None) -> list[dict[str, float]]:
        """A scale for every loaded adapter: one that is left out keeps its last scale."""
        return [
            {"id": number, "scale": float(path == chosen)}
            for number, path in enumerate(self.adapters)
        ]


class Lease:
    """The open connection that keeps the runtime alive; usable from several threads."""

    def __init__(self, home: Path, python: str) -> None:
        self._home = home
        self._python = python
        self._lock = threading.RLock()
        self._need: Need | None = None
        self._closed = False
        self._runtime, self._connection = lease(home, python)

    def serve(self, need: Need) -> float:
        """Have a need served, and again whenever the runtime had to be started anew."""
        with self._lock:
            before, self._need = self._need, need
            try:
                return self._ask_to_serve(need)
            except BridgeError:
                self._need = before
                raise

    def call(self, op: str) -> dict[str, Any]:
        """One question outside of any turn."""
        connection, answer = self._open({"op": op})
        connection.close()
        return answer

    def close(self) -> None:
        """End the lease."""
        with self._lock:
            self._closed = True
            self._connection.close()

    @contextmanager
    def turn(self, adapter: str | None, *, own_slot: bool, lost: str | None) -> Iterator[Turn]:
        """A turn that waits for a restart in progress; `lost` is an address that is gone."""
        connection, answer = self._take_turn(adapter, own_slot, lost)
        with connection:
            yield Turn(answer["address"], answer["key"], answer["slot"], tuple(answer["adapters"]))

    def _take_turn(
        self, adapter: str | None, own_slot: bool, lost: str | None
    ) -> tuple[ControlConnection, dict[str, Any]]:
        loaded_again = False
        for _ in range(TURN_TRIES):
            need = self._need
            if need is None:
                raise RuntimeUnloaded("No model was asked for yet.", "Choose a base first.")
            hello = {
                "op": "turn",
                "base": need.base.path,
                "adapter": adapter,
                "own_slot": own_slot,
                "lost": lost,
            }
            connection, answer = self._open(hello)
            if "error" not in answer:
                return connection, answer
            connection.close()
            # A supervisor that gave up on a dying model server stays so until somebody serves:
            # who asks again wants it tried again, but not without end.
            if answer["error"] != "other" and (answer["error"] != "failed" or loaded_again):
                raise _refusal(answer)
            loaded_again = loaded_again or answer["error"] == "failed"
            with self._lock:
                self._ask_to_serve(self._need or need)
        raise RuntimeUnloaded(
            "Other programs keep loading another base on this runtime.",
            "Close one of them, or wait until it is done.",
        )

    def _ask_to_serve(self, need: Need) -> float:
        message = {"op": "serve", "need": need.to_json()}
        try:
            answer = self._connection.ask(message)
        except ConnectionEnded:
            self._connect_again()
            try:
                answer = self._connection.ask(message)
            except ConnectionEnded as error:
                raise not_answering() from error
        if "error" in answer:
            raise _refusal(answer)
        return float(answer["gap_s"])

    def _open(self, hello: Mapping[str, Any]) -> tuple[ControlConnection, dict[str, Any]]:
        """A connection of its own and the first answer on it, on a new runtime if need be."""
        gone = self._runtime.key
        try:
            return self._first_answer(hello)
        except ConnectionEnded:
            self._renew(gone)
        try:
            return self._first_answer(hello)
        except ConnectionEnded as error:
            raise not_answering() from error

    def _first_answer(self, hello: Mapping[str, Any]) -> tuple[ControlConnection, dict[str, Any]]:
        connection = ControlConnection(self._runtime, hello)
        try:
            return connection, connection.answer()
        except ConnectionEnded:
            connection.close()
            raise

    def _renew(self, gone: str) -> None:
        with self._lock:
            if self._runtime.key == gone:
                self._connect_again()
                if self._need is not None:
                    self._ask_to_serve(self._need)

    def _connect_again(self) -> None:
        if self._closed:
            # A late question must not start a runtime that nobody ends.
            raise not_answering()
        self._connection.close()
        self._runtime, self._connection = lease(self._home, self._python)


def not_answering() -> RuntimeLost:
    """The runtime was lost before it gave anything."""
    return RuntimeLost("The runtime does not answer.", "Ask again: it is started anew.")


def _refusal(answer: Mapping[str, str]) -> RuntimeStartError | RuntimeUnloaded:
    if answer["error"] == "unloaded":
        return RuntimeUnloaded(
            "No model is in memory now: it was freed, as for a training.",
            "Wait for the training to end, or load the model again.",
        )
    if answer["error"] == "missing":
        return RuntimeStartError(
            f"The built-in runtime is not installed whole: {answer['text']}.",
            "Install it again with: python3 start.py setup",
            kept="Everything that was said and rated is kept.",
            kind="runtime_missing",
        )
    return RuntimeStartError(
        f"The model could not be loaded: {answer['text']}.",
        "Check the base model and the free memory, or choose a smaller base.",
        kept="Everything that was said and rated is kept.",
    )
