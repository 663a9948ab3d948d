"""The endpoints as a server on loopback that the command line or the window starts and stops."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Callable
from http.server import HTTPServer
from socketserver import TCPServer
from typing import Any

from app.endpoints.errors import EndpointRefused
from app.endpoints.handler import Handler
from app.endpoints.request_log import RequestLine, RequestLog
from app.endpoints.service import PersonaService
from app.endpoints.serving import Connect
from app.home import Home
from app.operations.programs import port
from app.store import open_store
from ollama_bridge.runtime.client import RuntimeClient

LOOPBACK = "127.0.0.1"
# For how long a whole request may take to arrive.
PATIENCE_S = 20.0
MOST_REPLIES = 8
MOST_CONNECTIONS = 64
_STOP_S = 15.0
_POLL_S = 0.1
_TAKEN = (errno.EADDRINUSE, errno.EACCES)


class LoopbackServer(HTTPServer):
    """A thread for each connection, of which there are so many and no more."""

    # On Windows this would let two servers listen at one port.
    allow_reuse_address = os.name == "posix"
    request_queue_size = MOST_CONNECTIONS

    def __init__(
        self, number: int, service: PersonaService, log: RequestLog, patience_s: float
    ) -> None:
        self.service, self.log, self.patience_s = service, log, patience_s
        self.replies = threading.BoundedSemaphore(MOST_REPLIES)
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        super().__init__((LOOPBACK, number), Handler)

    def server_bind(self) -> None:
        """Without the look-up of a name, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Work on a connection in a thread of its own, or close one too many."""
        thread = threading.Thread(
            target=self._work, args=(request, client_address), name="endpoint", daemon=True
        )
        with self._lock:
            free = len(self._open) < MOST_CONNECTIONS
            if free:
                self._open[request] = thread
        if free:
            thread.start()
        else:
            self.shutdown_request(request)

    def end(self) -> None:
        """Let nobody in any more, and have what is under way end."""
        self.shutdown()
        self.server_close()
        with self._lock:
            still = dict(self._open)
        for connection in still:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has ended by itself
        until = time.monotonic() + _STOP_S
        for thread in still.values():
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        finally:
            self.shutdown_request(request)
            with self._lock:
                self._open.pop(request, None)


class EndpointServer:
    """Lets other programs talk to the personas of a home from `start` to `stop`.

    `on_line` is told each request that was answered, in the thread that answered it.
    """

    def __init__(
        self,
        home: Home,
        number: int | None = None,
        *,
        connect: Connect = RuntimeClient.connect,
        on_line: Callable[[RequestLine], None] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._home, self._number, self._connect = home, number, connect
        self._log = RequestLog(on_line)
        self._patience_s = patience_s
        self._server: LoopbackServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where it answers; empty where it does not."""
        return f"http://{LOOPBACK}:{self._server.server_port}" if self._server else ""

    def start(self) -> str:
        """Answer from now on; the address. No model is loaded before somebody asks for it."""
        if self._server is None:
            self._server = self._bound()
            self._thread = threading.Thread(
                target=self._server.serve_forever, args=(_POLL_S,), name="endpoints", daemon=True
            )
            self._thread.start()
        return self.address

    def stop(self) -> None:
        """End it, and give the model back."""
        if self._server is None or self._thread is None:
            return
        self._server.end()
        self._thread.join()
        self._server.service.close()
        self._server = self._thread = None

    def last_requests(self) -> tuple[RequestLine, ...]:
        """The last requests, the oldest first."""
        return self._log.lines()

    def _bound(self) -> LoopbackServer:
        number = self._number
        if number is None:
            with open_store(self._home) as store:
                number = port(store)
        service = PersonaService(self._home, self._connect)
        try:
            return LoopbackServer(number, service, self._log, self._patience_s)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            raise EndpointRefused(
                f"Port {number} is taken by another program, or by another Perennial.",
                "End that one, or choose another port with: perennial serve --port NUMBER"
                " (and tell it to your programs).",
            ) from error
