"""Replies through Ollama: as the runtime would write them, kept as far as they came."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ollama_bridge.deploy.api import OllamaApi
from ollama_bridge.deploy.chatting import OllamaReplies, chat_request
from ollama_bridge.errors import ContextTooLong, OllamaGone, OllamaRefused
from ollama_bridge.runtime.values import Sampling

ASKED = [{"role": "user", "content": "Hello"}]


class Server(ThreadingHTTPServer):
    """Says the rows it is given; `left` is set once nobody listens any more."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rows: list[dict[str, Any]] = []
        self.refuses: tuple[int, str] | None = None
        self.loaded: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.endless = False
        self.left = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        models = [{"name": name, "size": 1} for name in self.server.loaded]
        answer = {"version": "0.34.1"} if self.path == "/api/version" else {"models": models}
        self._send(200, json.dumps(answer))

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.asked.append(json.loads(self.rfile.read(length)))
        if self.server.refuses is not None:
            status, said = self.server.refuses
            self._send(status, json.dumps({"error": said}))
            return
        self.send_response(200)
        self.end_headers()
        try:
            for row in self.server.rows:
                self._write(row)
            while self.server.endless:
                self._write({"message": {"content": "and "}})
        except OSError:
            self.server.left.set()

    def _write(self, row: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(row).encode() + b"\n")
        self.wfile.flush()

    def _send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def api(server: Server) -> Iterator[OllamaApi]:
    with OllamaApi(server.address) as made:
        yield made


def word(text: str) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": text}}


def test_a_reply_comes_in_the_runtimes_own_form(server: Server, api: OllamaApi) -> None:
    server.rows = [
        word("A "), word("word."),
        {**word(""), "done": True, "done_reason": "length", "prompt_eval_count": 7,
         "prompt_eval_duration": 5_000_000, "eval_count": 2, "eval_duration": 9_000_000},
    ]  # fmt: skip
    server.loaded = ["Perennial-Sunny:latest"]
    loading: list[bool] = []
    replies = OllamaReplies(api, "perennial-sunny", lambda: loading.append(True))
    *words, last = replies.chat(ASKED, adapter="any")
    assert [each.text for each in words] == ["A ", "word."]
    assert last.text == "" and last.finish == "length" and last.timings is not None
    assert (last.timings.prompt_tokens, last.timings.reply_ms) == (7, 9.0)
    assert replies.first_token_s is not None and replies.was_loaded and loading == []
    assert replies.version == "0.34.1"


def test_who_asks_is_told_that_the_model_is_loaded_first(server: Server, api: OllamaApi) -> None:
    server.rows = [word("A"), {"done": True}]
    server.loaded = ["perennial-rain:latest"]
    loading: list[bool] = []
    replies = OllamaReplies(api, "perennial-sunny", lambda: loading.append(True))
    assert [each.finish for each in replies.chat(ASKED)] == [None, "stop"]
    assert loading == [True] and not replies.was_loaded


def test_it_is_asked_as_the_runtime_is() -> None:
    body = chat_request("sunny", ASKED, Sampling(0.0, 0.8, 30, 64, seed=3))
    assert body["think"] is False and body["truncate"] is False and body["shift"] is False
    assert body["options"] == {
        "temperature": 0.0, "top_p": 0.8, "top_k": 1, "min_p": 0.0, "repeat_penalty": 1.0,
        "num_predict": 64, "seed": 3,
    }  # fmt: skip
    assert "seed" not in chat_request("sunny", ASKED, Sampling())["options"]


def test_a_stop_ends_the_work_of_ollama_too(server: Server, api: OllamaApi) -> None:
    server.endless = True
    replies = OllamaReplies(api, "sunny").chat(ASKED)
    assert next(replies).text == "and "
    assert isinstance(replies, Iterator)
    replies.close()  # type: ignore[attr-defined]
    assert server.left.wait(10)


def test_what_came_before_it_went_away_is_said_to_be_kept(server: Server, api: OllamaApi) -> None:
    server.rows = [word("A ")]
    replies = OllamaReplies(api, "sunny").chat(ASKED)
    assert next(replies).text == "A "
    with pytest.raises(OllamaGone) as caught:
        next(replies)
    assert (caught.value.kind, caught.value.kept) == (
        "ollama_lost",
        "What had been written is kept.",
    )


def test_one_that_goes_before_the_first_word_is_gone(server: Server, api: OllamaApi) -> None:
    with pytest.raises(OllamaGone) as caught:
        list(OllamaReplies(api, "sunny").chat(ASKED))
    assert caught.value.kind == "ollama_gone"


@pytest.mark.parametrize(
    "said",
    [
        "the input length exceeds the context length",
        '{"error":{"code":400,"message":"request (4827 tokens) exceeds the available context size'
        ' (256 tokens), try increasing it","n_prompt_tokens":4827,"n_ctx":256}}',
    ],
)
def test_a_conversation_that_is_too_long_is_known_by_every_version(
    server: Server, api: OllamaApi, said: str
) -> None:
    server.refuses = (400, said)
    with pytest.raises(ContextTooLong) as caught:
        list(OllamaReplies(api, "sunny").chat(ASKED))
    assert "0 tokens" not in caught.value.text
    assert caught.value.tokens in (0, 4827)


def test_any_other_refusal_is_told_as_it_was_said(server: Server, api: OllamaApi) -> None:
    server.refuses = (500, "llama runner process has terminated")
    with pytest.raises(OllamaRefused) as caught:
        list(OllamaReplies(api, "sunny").chat(ASKED))
    assert "llama runner" in caught.value.text
