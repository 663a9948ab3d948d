"""Broken, slow, huge and vanishing requests cost nobody else anything."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx
import pytest

from app.endpoints import server as server_module
from app.endpoints.connection import MOST_BODY_BYTES
from app.endpoints.errors import EndpointRefused
from app.endpoints.server import EndpointServer
from app.home import Home
from app.operations import programs
from app.store import Persona, Store, open_store
from tests.unit.app.endpoints.desk import Desk, add_persona, events

CHAT = "/v1/chat/completions"
BODY = {"model": "sunny", "messages": [{"role": "user", "content": "Hi"}]}


def head_of(desk: Desk, length: int, *more: str) -> bytes:
    """The head of a chat request of so many bytes."""
    lines = [
        f"POST {CHAT} HTTP/1.1", f"Host: 127.0.0.1:{desk.port}",
        f"Authorization: Bearer {desk.key}", f"Content-Length: {length}", *more, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


@contextmanager
def wire(desk: Desk) -> Iterator[socket.socket]:
    with closing(socket.create_connection(("127.0.0.1", desk.port), timeout=20)) as connection:
        yield connection


def all_of(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"7", b'"sunny"', b"\xff\xfe\x00", b"[" * 200_000,
        b'{"model": NaN}', b'{"temperature": 1e999}', b"9" * 10_000,
        b'{"model": "sunny", "temperature": NaN, "messages": [{"role": "user", "content": "x"}]}',
    ],
)  # fmt: skip
def test_garbage_is_refused_in_words(desk: Desk, body: bytes) -> None:
    with desk.client() as client:
        for path in (CHAT, "/api/chat", "/api/generate"):
            response = client.post(path, content=body)
            assert response.status_code == 400 and response.json()["error"], path
    assert desk.runtime.asked == []


def test_halves_of_characters_reach_nobody(desk: Desk) -> None:
    desk.collect()
    words = b'[{"role": "user", "content": "half \\ud83d of \\u0000 it"}]'
    body = b'{"model": "sunny", "messages": %b}' % words
    with desk.client() as client:
        assert client.post(CHAT, content=body).status_code == 200
    assert desk.last().kept == "collected"
    assert desk.runtime.asked[0][1]["content"] == "half ? of \x00 it"


def test_a_huge_body_is_refused_before_it_is_read(desk: Desk) -> None:
    with desk.client() as client:
        response = client.post(CHAT, content=b" " * (MOST_BODY_BYTES + 1))
        assert response.status_code == 413 and "32 MiB" in response.json()["error"]["message"]
        chunked = client.post(CHAT, content=iter([b"{}"]))
        assert chunked.status_code == 411
    for length in ("9" * 5_000, "-1", "+1", "1 2", "\u0661"):
        with wire(desk) as connection:
            head = (
                head_of(desk, 0).decode().replace("Content-Length: 0", f"Content-Length: {length}")
            )
            connection.sendall(head.encode())
            assert b" 413 " in (said := all_of(connection)) or b" 400 " in said


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"BREW / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"GET /v1/models\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_request_is_let_go(desk: Desk, sent: bytes) -> None:
    with wire(desk) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert b" 200 " not in all_of(connection)
    assert desk.say("Hi").status_code == 200


def test_a_slow_client_is_let_go(home: Home) -> None:
    desk = Desk(home, patience_s=0.5)
    with ExitStack() as stack:
        stack.callback(desk.server.stop)
        with wire(desk) as connection:
            connection.sendall(b"POST /v1/chat")
            assert all_of(connection) == b""
        with wire(desk) as connection:
            connection.sendall(head_of(desk, 1_000) + b'{"model": ')
            assert b" 408 " in all_of(connection)


def test_a_connection_too_many_is_closed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_CONNECTIONS", 1)
    with wire(desk) as first:
        first.sendall(b"GET ")
        with wire(desk) as second:
            assert second.recv(1) == b""
    desk.ended()


def test_replies_too_many_are_refused_and_later_ones_are_not(desk: Desk) -> None:
    asked, go_on = threading.Barrier(server_module.MOST_REPLIES + 1), threading.Event()

    def hold(place: int) -> None:
        if place == 0:
            asked.wait(20)
            go_on.wait(20)

    desk.runtime.before = hold
    with ExitStack() as stack:
        held = [stack.enter_context(wire(desk)) for _ in range(server_module.MOST_REPLIES)]
        body = json.dumps(BODY).encode()
        for connection in held:
            connection.sendall(head_of(desk, len(body)) + body)
        asked.wait(20)
        refused = desk.say("Hi")
        assert refused.status_code == 503 and "Too many" in refused.json()["error"]["message"]
        go_on.set()
        assert all(b" 200 " in all_of(connection) for connection in held)
    desk.runtime.before = lambda _place: None
    assert desk.say("Hi").status_code == 200


@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_that_nobody_waits_for_is_written_no_further(desk: Desk, stream: bool) -> None:
    desk.collect()
    desk.runtime.words = ["word "] * 100_000
    body = json.dumps(BODY | {"stream": stream}).encode()
    with wire(desk) as connection:

        def leave(place: int) -> None:
            if place == 3:
                connection.shutdown(socket.SHUT_RDWR)

        desk.runtime.before = leave
        connection.sendall(head_of(desk, len(body)) + body)
        line = desk.noted.get(timeout=20)
    assert line.trouble == "client_gone" and line.kept == ""
    assert desk.runtime.written < 100 and desk.runtime.closed_replies == 1
    assert desk.talks() == []


def test_stopping_ends_the_replies_under_way(desk: Desk) -> None:
    desk.runtime.words = ["word "] * 10_000_000
    body = json.dumps(BODY | {"stream": True}).encode()
    with wire(desk) as connection:
        connection.sendall(head_of(desk, len(body)) + body)
        assert connection.recv(10)
        desk.server.stop()
    assert desk.runtime.closed_replies == 1 and desk.runtime.closed == 1
    assert desk.server.address == ""


def test_two_programs_at_once_are_answered_and_collected_apart(desk: Desk) -> None:
    with open_store(desk.home) as store:
        key = programs.add_program(store, "Editor", collect=True).key
        grave = add_persona(store, "Grave")
    together = threading.Barrier(2)
    desk.runtime.before = lambda place: place == 0 and together.wait(20)
    found: dict[str, httpx.Response] = {}

    def ask(name: str, key: str, model: str) -> None:
        with desk.client(key) as client:
            body = {"model": model, "messages": [{"role": "user", "content": name}], "stream": True}
            found[name] = client.post(CHAT, json=body)

    asking = [
        threading.Thread(target=ask, args=each)
        for each in (("one", desk.key, "sunny"), ("two", key, "grave"))
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert {name: events(each)[-1] for name, each in found.items()} == {
        "one": "[DONE]", "two": "[DONE]",
    }  # fmt: skip
    desk.ended()
    with open_store(desk.home) as store:
        assert sources_of(store, desk.sunny) == []
        assert sources_of(store, grave) == ["program:Editor"]
        assert [each.requests for each in programs.programs(store)] == [1, 1]


def sources_of(store: Store, persona: Persona) -> list[str]:
    return [each.source for each in store.conversations.page(persona.id)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_is_told_to_the_program_and_costs_no_later_reply(desk: Desk) -> None:
    def fail(_place: int) -> None:
        raise ZeroDivisionError("words that were said")

    desk.runtime.before = fail
    answer = desk.say("Hi")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "bug")
    assert "words that were said" not in answer.text + str(desk.line)
    desk.runtime.before = lambda _place: None
    assert desk.say("Hi").status_code == 200


def test_a_taken_port_is_named_with_the_way_out(desk: Desk) -> None:
    with pytest.raises(EndpointRefused, match=f"Port {desk.port} is taken") as refused:
        EndpointServer(desk.home, desk.port).start()
    assert "--port" in refused.value.next_step and refused.value.kind == "port_taken"


def test_it_starts_again_where_it_was(desk: Desk) -> None:
    again = EndpointServer(desk.home, desk.port)
    desk.say("Hi")
    desk.server.stop()
    desk.server.stop()
    assert again.start() == again.start() != ""
    again.stop()
