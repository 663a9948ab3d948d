"""Something else than Ollama at its address, or a setting that lets nothing be asked, is an error
that says so: a month ends with it in place of a traceback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.errors import OllamaError, OllamaLocked, OllamaRefused
from ollama_bridge.installed import installed
from ollama_bridge.ollama import OllamaServer, find

ODD: tuple[Any, ...] = (
    [], 5, None, {}, {"version": None, "models": 5}, {"models": [5]}, {"models": [{}]},
    {"models": {"name": "x"}}, {"logprobs": 5}, {"logprobs": [5]}, {"logprobs": [{}]},
    {"logprobs": [{"top_logprobs": [{"token": "a", "logprob": "much"}]}]},
    {"modelfile": 5}, {"capabilities": 5}, {"details": "x"}, {"_debug_info": {}},
    {"total": "many", "status": "success"}, {"error": "no", "status": "x"},
)  # fmt: skip
VERBS: dict[str, Callable[[OllamaApi], object]] = {
    "version": lambda api: api.version(),
    "models": lambda api: api.models(),
    "digest_of": lambda api: api.digest_of("x"),
    "show": lambda api: api.show("x"),
    "create": lambda api: api.create({"model": "x"}),
    "pull": lambda api: api.pull("x"),
    "copy": lambda api: api.copy("x", "y"),
    "load": lambda api: api.load("x"),
    "rendered": lambda api: api.rendered("x", []),
    "likeliest": lambda api: api.likeliest("x", "y", 3),
    "chat": lambda api: list(api.chat({"model": "x"})),
}


class Odd(BaseHTTPRequestHandler):
    answer = b""
    status = 200
    keys: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.keys.append(self.headers["Authorization"])
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Odd) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("verb", VERBS)
def test_whatever_is_answered_the_error_is_a_known_one(
    address: str, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = 0
    with OllamaApi(address) as api:
        for odd in (*(json.dumps(each).encode() for each in ODD), b"<html>", b"\xff\xfe", b""):
            monkeypatch.setattr(Odd, "answer", odd)
            try:
                VERBS[verb](api)
            except OllamaError as error:
                assert error.next_step
                refused += 1
    assert refused >= 3


def test_an_answer_of_another_form_says_that_it_is_not_ollama(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Odd, "answer", b'{"models": [{}]}')
    with OllamaApi(address) as api, pytest.raises(OllamaRefused, match="as Ollama does"):
        api.models()
    assert installed(address) == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_behind_a_gate_is_found_and_says_what_it_wants(
    address: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Odd, "status", status)
    assert find(address) == OllamaServer(address, "")
    with OllamaApi(address) as api, pytest.raises(OllamaLocked, match="asks for a key"):
        api.version()


def test_the_key_opens_the_gate_at_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Odd, "answer", b'{"version": "0.34.1"}')
    monkeypatch.setattr(Odd, "keys", [])
    monkeypatch.setenv("OLLAMA_API_KEY", " secret\n")
    assert find(address) == OllamaServer(address, "0.34.1")
    assert Odd.keys == ["Bearer secret"]


@pytest.mark.parametrize(
    ("variable", "value"), [("OLLAMA_API_KEY", "비밀"), ("ALL_PROXY", "socks5://127.0.0.1:9")]
)
def test_settings_that_cannot_be_used_are_named(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy matters for other computers alone."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(OllamaError, match=variable if "KEY" in variable else "proxy"):
        OllamaApi("http://192.0.2.1:11434")
    assert find("http://192.0.2.1:11434") is None
    assert OllamaServer("http://192.0.2.1:11434", "").loaded() == []


def test_a_broken_upload_leaves_no_file_open(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows would let nobody delete it."""
    path = tmp_path / "adapter.gguf"
    path.write_bytes(b"x" * (9 << 20))
    seen: list[int] = []

    def stop(done: int, total: int) -> None:
        seen.append(done)
        raise OllamaError("stopped", "go on")

    with OllamaApi(address) as api:
        monkeypatch.setattr(api, "has_blob", lambda _digest: False)
        with pytest.raises(OllamaError, match="stopped"):
            api.put_blob(path, "sha256:" + "0" * 64, stop)
    assert seen
    assert str(path) not in {each.path for each in psutil.Process().open_files()}
