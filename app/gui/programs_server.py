"""What lets other programs in, held in the one thread of the window that starts and stops it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Literal

from app.endpoints.errors import EndpointRefused
from app.endpoints.request_log import RequestLine
from app.endpoints.server import LOOPBACK, EndpointServer
from app.home import Home
from app.operations import programs
from app.store.store import open_store

# `elsewhere` is another Perennial, as `perennial serve`; `stranger` is anything else.
Answers = Literal["nobody", "window", "elsewhere", "stranger"]
_HIGHEST_PORT = 65_535
_HELLO = "Perennial is running"
_HELLO_S = 2.0
_HELLO_BYTES = 1000


@dataclass(frozen=True)
class Standing:
    """Who answers at the port that programs were told; `free` is one near it that nobody has."""

    port: int
    answers: Answers
    free: int = 0

    @property
    def open(self) -> bool:
        """Whether personas can be talked to there."""
        return self.answers in ("window", "elsewhere")


class ProgramsServer:
    """Starts, moves and stops the endpoints; `hear` is told each request in a foreign thread."""

    def __init__(self, home: Home, hear: Callable[[RequestLine], None]) -> None:
        self._home = home
        self._hear = hear
        self._server: EndpointServer | None = None
        self._port = 0

    def look(self) -> Standing:
        """Who answers now."""
        if self._server is not None:
            return Standing(self._port, "window")
        number = self._remembered()
        return Standing(number, _who_answers(number))

    def start(self) -> Standing:
        """Answer where programs expect it; where somebody else is, say who."""
        if self._server is None:
            number = self._remembered()
            try:
                self._begin(number)
            except EndpointRefused:
                other = _who_answers(number)
                if other == "elsewhere":
                    return Standing(number, other)
                return Standing(number, "stranger", _free_beside(number))
        return self.look()

    def move(self, number: int, *, answering: bool) -> Standing:
        """Be at another port from now on; where that one is taken, all stays as it is."""
        before = self._server
        if answering or before is not None:
            self._begin(number)
        if before is not None:
            before.stop()
        with open_store(self._home) as store:
            programs.set_port(store, number)
        return self.look()

    def stop(self) -> Standing:
        """Answer no more."""
        self.close()
        return self.look()

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def _begin(self, number: int) -> None:
        server = EndpointServer(self._home, number, on_line=self._hear)
        server.start()
        self._server, self._port = server, number

    def _remembered(self) -> int:
        with open_store(self._home) as store:
            return programs.port(store)


def _who_answers(number: int) -> Answers:
    with closing(HTTPConnection(LOOPBACK, number, timeout=_HELLO_S)) as connection:
        try:
            connection.connect()
        except OSError:
            return "nobody"
        try:
            connection.request("GET", "/")
            said = json.loads(connection.getresponse().read(_HELLO_BYTES))
        except (OSError, HTTPException, ValueError):
            return "stranger"
    ours = isinstance(said, dict) and said.get("status") == _HELLO
    return "elsewhere" if ours else "stranger"


def _free_beside(number: int) -> int:
    """The next port that can be had; 0 where there is none."""
    for each in range(number + 1, _HIGHEST_PORT + 1):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
            try:
                tried.bind((LOOPBACK, each))
            except OSError:
                continue
            return each
    return 0
