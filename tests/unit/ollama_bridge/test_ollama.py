"""Memory that Ollama keeps would make a training fail for lack of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ollama_bridge.ollama import LoadedModel, OllamaServer, address_of, find


class Handler(BaseHTTPRequestHandler):
    """The three paths of Ollama's interface that are used, over a real connection."""

    loaded: list[str]

    def do_GET(self) -> None:
        models = [{"name": name, "size": 5 << 30} for name in self.loaded]
        self._answer(200, {"/api/version": {"version": "0.34.1"}, "/api/ps": {"models": models}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert body["keep_alive"] == 0
        if body["model"].startswith("embed") and self.path == "/api/generate":
            self._answer(400, {self.path: {"error": "does not support generate"}})
            return
        self.loaded.remove(body["model"])
        self._answer(200, {self.path: {}})

    def _answer(self, status: int, bodies: dict[str, Any]) -> None:
        body = json.dumps(bodies[self.path]).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    Handler.loaded = ["llama:8b", "embed:latest"]
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_running_ollama_is_found_and_emptied(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server)
    found = find()
    assert found == OllamaServer(f"http://{server}", "0.34.1")
    assert found.loaded() == [LoadedModel("llama:8b", 5120.0), LoadedModel("embed:latest", 5120.0)]
    assert found.unload_all() == ["llama:8b", "embed:latest"]
    assert Handler.loaded == []


def test_no_ollama_is_no_error() -> None:
    assert find("127.0.0.1:1") is None
    assert find("http://bad host") is None
    assert find("http://[::1") is None
    assert OllamaServer("http://127.0.0.1:1", "0").unload_all() == []
    assert OllamaServer("http://127.0.0.1:1", "0").loaded() == []


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:9999", "http://127.0.0.1:9999"),
        ("localhost", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("https://box/", "https://box:443"),
        ("http://box", "http://box:80"),
        ("[::1]:5", "http://[::1]:5"),
        ("box:port", "http://box:11434"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(host: str, address: str) -> None:
    assert address_of(host) == address
