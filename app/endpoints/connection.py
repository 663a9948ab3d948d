"""One connection: a request read in bounded time and size, an answer written, and nothing kept."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from app.endpoints import openai_api
from app.endpoints.errors import ApiError, ClientGone, bad_request

MOST_BODY_BYTES = 32 << 20
# For how long a client may send nothing after all, or take nothing of an answer.
WRITE_S = 30.0
_LINGER_S = 2.0
_CHUNK = 1 << 16


class _Patient(io.RawIOBase):
    """What arrives until a moment, however it trickles in."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection, self._until = connection, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class Connection(BaseHTTPRequestHandler):
    """Reads one request and answers it; what it says is up to the class below."""

    protocol_version = "HTTP/1.1"
    patience_s = 20.0
    status = 0

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        until = time.monotonic() + self.patience_s
        self.rfile = io.BufferedReader(_Patient(self.connection, until))

    def handle(self) -> None:
        # A client that goes away in the middle of its own request is nobody's trouble.
        with contextlib.suppress(ConnectionError, TimeoutError, ClientGone):
            self.handle_one_request()

    def version_string(self) -> str:
        return "Perennial"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line of a request may hold anything."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses, in JSON like the rest."""
        status = HTTPStatus(code)
        self.send_json(status, openai_api.error_body(ApiError(status, status.phrase)))

    def read_body(self) -> bytes:
        """The body of a request, of a length that is told and not too long."""
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or not lengths:
            raise ApiError(HTTPStatus.LENGTH_REQUIRED, "The request does not say how long it is.")
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdecimal()):
            raise bad_request("The request does not say how long it is.")
        # More digits than any length here has are not even read as a number.
        if len(lengths[0]) > 12 or int(lengths[0]) > MOST_BODY_BYTES:
            raise ApiError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The request is longer than {MOST_BODY_BYTES >> 20} MiB.",
            )
        try:
            body = self.rfile.read(int(lengths[0]))
        except TimeoutError as error:
            raise ApiError(HTTPStatus.REQUEST_TIMEOUT, "The request came too slowly.") from error
        except OSError as error:
            raise ClientGone from error
        if len(body) < int(lengths[0]):
            raise ClientGone
        return body

    def send_json(self, status: HTTPStatus, row: Mapping[str, Any]) -> None:
        """A whole answer; what the client still sends is let go, so that it reads this."""
        body = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")
        self._head(status, "application/json; charset=utf-8", {"Content-Length": str(len(body))})
        if self.command != "HEAD":
            self._write(body)
        if status >= HTTPStatus.BAD_REQUEST:
            self._linger()

    def send_lines(self, content_type: str, lines: Iterable[bytes]) -> None:
        """An answer piece by piece, as long as there is somebody to take it."""
        chunked = self.request_version == "HTTP/1.1"
        self._head(
            HTTPStatus.OK,
            content_type,
            {"Cache-Control": "no-cache"} | ({"Transfer-Encoding": "chunked"} if chunked else {}),
        )
        for line in lines:
            self.check_there()
            self._write(b"%x\r\n%b\r\n" % (len(line), line) if chunked else line)
        if chunked:
            # Whoever has read the last line may be gone.
            with contextlib.suppress(ClientGone):
                self._write(b"0\r\n\r\n")

    def check_there(self) -> None:
        """Raise when the client has closed its side."""
        try:
            self.connection.setblocking(False)
            if not self.connection.recv(1, socket.MSG_PEEK):
                raise ClientGone
        except BlockingIOError:
            return
        except OSError as error:
            raise ClientGone from error

    def _head(self, status: HTTPStatus, content_type: str, more: Mapping[str, str]) -> None:
        self.status = int(status)
        self.close_connection = True
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **more, "Connection": "close"}.items():
            self.send_header(name, value)
        try:
            self.connection.settimeout(WRITE_S)
            self.end_headers()
        except OSError as error:
            raise ClientGone from error

    def _write(self, data: bytes) -> None:
        try:
            self.connection.settimeout(WRITE_S)
            self.wfile.write(data)
        except OSError as error:
            raise ClientGone from error

    def _linger(self) -> None:
        """A connection that is closed on unread bytes is reset, and the answer lost with it."""
        until = time.monotonic() + _LINGER_S
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while (left := until - time.monotonic()) > 0:
                self.connection.settimeout(left)
                if not self.connection.recv(_CHUNK):
                    return
