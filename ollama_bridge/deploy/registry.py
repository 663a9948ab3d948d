"""A registry of our own for one deployment: Ollama pulls from it what `create` no longer takes.

It listens on loopback alone, under a path that nobody can guess, serves the files of this one
deployment, and is gone when that is done. Ollama wants a blob's address on another host name
than the registry's, so `127.0.0.1` sends it on to `localhost`.
"""

from __future__ import annotations

import re
import secrets
import socket
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import IO, Any

from ollama_bridge.deploy.layers import MANIFEST_TYPE, Content

_OWN_NAME = re.compile(r"127\.0\.0\.1:(\d+)/[0-9a-f]{32}/persona:latest")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
IDLE_S = 60.0


def left_behind(names: Iterable[str]) -> list[str]:
    """Those of a server's models that came from a registry of ours which is gone."""
    found = ((name, _OWN_NAME.fullmatch(name)) for name in names)
    return [name for name, own in found if own and not _listens(int(own[1]))]


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        asking.settimeout(1.0)
        return asking.connect_ex(("127.0.0.1", port)) == 0


class LoopbackRegistry:
    """Serves one manifest and its blobs while the `with` lasts; `name` is what to pull."""

    def __init__(self, manifest: bytes, blobs: Mapping[str, Content]) -> None:
        self._server = _Server(manifest, dict(blobs))
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="loopback-registry", daemon=True
        )
        self.name = f"127.0.0.1:{self._server.server_port}/{self._server.secret}/persona:latest"

    def __enter__(self) -> LoopbackRegistry:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, manifest: bytes, blobs: dict[str, Content]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.manifest = manifest
        self.blobs = blobs
        self.secret = secrets.token_hex(16)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the path is a secret."""

    def _answer(self, *, body: bool) -> None:
        place = f"/v2/{self.server.secret}/persona/"
        files = f"/{self.server.secret}/"
        if self.path == f"{place}manifests/latest":
            self._send(
                BytesIO(self.server.manifest), len(self.server.manifest), body, MANIFEST_TYPE
            )
        elif self.path.startswith(f"{place}blobs/"):
            digest = self.path.removeprefix(f"{place}blobs/")
            content = self.server.blobs.get(digest)
            if content is None:
                self._refuse(404)
            elif body:
                self.send_response(307)
                address = f"http://localhost:{self.server.server_port}{files}{digest}"
                self.send_header("Location", address)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._send(BytesIO(), content.size_bytes, body)
        elif self.path.startswith(files):
            self._send_file(self.path.removeprefix(files), body)
        else:
            self._refuse(404)

    def _send_file(self, digest: str, body: bool) -> None:
        content = self.server.blobs.get(digest)
        if content is None:
            self._refuse(404)
            return
        size = content.size_bytes
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        last = min(int(asked[2]), size - 1) if asked and asked[2] else size - 1
        if asked and first > last:
            self._refuse(416)
            return
        with content.open() as file:
            file.seek(first)
            extra = {"Content-Range": f"bytes {first}-{last}/{size}"} if asked else {}
            self._send(file, last + 1 - first, body, status=206 if asked else 200, **extra)

    def _send(
        self,
        file: IO[bytes],
        size: int,
        body: bool,
        kind: str = "application/octet-stream",
        status: int = 200,
        **headers: str,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if body:
            _copy(file, self.wfile, size)

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _copy(source: IO[bytes], target: Any, size: int) -> None:
    while size > 0:
        piece = source.read(min(size, 1 << 20))
        if not piece:
            return
        target.write(piece)
        size -= len(piece)
