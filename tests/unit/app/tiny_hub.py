"""A hub of models on this computer: its interface over a real connection, and its bad days."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

REVISION = "0123456789abcdef0123456789abcdef01234567"
MODEL = "maker/tiny-instruct"
LICENCE = b"Apache License, Version 2.0\n"


@dataclass
class TinyHub:
    """One model; `cuts` says after how many bytes each of the next answers of a file breaks off."""

    files: dict[str, bytes]
    gated: bool = False
    token: str = ""
    ranges: bool = True
    cuts: dict[str, list[int]] = field(default_factory=dict)
    swapped: dict[str, bytes] = field(default_factory=dict)
    elsewhere: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    port: int = 0

    def ranges_of(self, name: str) -> list[str]:
        """From where each request for a file began."""
        return [
            headers.get("range", "")
            for path, headers in self.asked
            if path.endswith(f"/{name}")
            and path.startswith("/cdn/" if self.elsewhere else "/maker")
        ]

    def about(self) -> dict[str, Any]:
        """What the interface says of the model."""
        return {
            "id": MODEL,
            "sha": REVISION,
            "gated": "manual" if self.gated else False,
            "cardData": {"license": "apache-2.0", "language": ["en", "ko", "de"]},
            "siblings": [_described(name, data) for name, data in self.files.items()],
        }


def _described(name: str, data: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {
        "rfilename": name,
        "size": len(data),
        "blobId": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(),
    }
    if name.endswith((".gguf", ".safetensors")):
        row["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    return row


class _Handler(BaseHTTPRequestHandler):
    hub: TinyHub

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.asked.append((path, headers))
        allowed = headers.get("authorization") == f"Bearer {self.hub.token}" and self.hub.token
        if path.startswith("/api/models/"):
            if path != f"/api/models/{MODEL}/revision/main":
                self._refuse(404, "RepoNotFound")
            else:
                self._answer(json.dumps(self.hub.about()).encode())
        elif self.hub.gated and not allowed and not path.startswith("/cdn/"):
            self._refuse(403, "GatedRepo")
        elif self.hub.elsewhere and path.startswith(f"/{MODEL}/"):
            self.send_response(302)
            name = path.rpartition("/")[2]
            # Another host, as far as a client can tell.
            self.send_header("Location", f"http://localhost:{self.hub.port}/cdn/{name}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._give(path.rpartition(f"/{REVISION}/")[2].removeprefix("/cdn/"), headers)

    def _give(self, name: str, headers: dict[str, str]) -> None:
        data = self.hub.swapped.get(name, self.hub.files[name])
        start = 0
        if self.hub.ranges and "range" in headers:
            start = int(headers["range"].removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self._refuse(416, "")
                return
            self.send_response(206)
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        cuts = self.hub.cuts.get(name, [])
        rest = data[start:][: cuts.pop(0)] if cuts else data[start:]
        self.hub.sent[name] = self.hub.sent.get(name, 0) + len(rest)
        self.wfile.write(rest)
        if len(rest) < len(data) - start:
            self.close_connection = True

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, reason: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", reason)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(hub: TinyHub) -> Iterator[str]:
    """The hub's address, while it is there."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        hub.port = server.server_port
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
