"""A conversation in the terminal outlives what breaks off, and what was no text."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.cli_chat import TerminalChat
from app.home import Home
from app.store import Message, Store, open_store
from ollama_bridge.errors import RuntimeLost
from ollama_bridge.runtime.values import Delta
from tests.unit.app.test_cli import run


class Client:
    """Answers with each of these in turn, or breaks off as it says."""

    def __init__(self) -> None:
        self.replies: list[tuple[str, BaseException | None]] = []

    def chat(self, _messages: Any, **_rest: Any) -> Iterator[Delta]:
        text, error = self.replies.pop(0) if self.replies else ("Fine.", None)
        if text:
            yield Delta(text)
        if error is not None:
            raise error
        yield Delta("", "stop")

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setattr(TerminalChat, "_lease", lambda _self, _home: made)
    return made


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        opened.personas.add("Sunny", "Be sunny.")
        yield opened


@pytest.fixture
def talk(home: Home, store: Store, client: Client) -> Iterator[TerminalChat]:
    with TerminalChat(home, "sunny") as opened:
        yield opened


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What the user types, to the end."""
    left = iter(lines)

    def line(_prompt: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", line)


def said(store: Store) -> list[list[Message]]:
    """The conversations, the newest first."""
    return [store.messages.path(each.id) for each in store.conversations.page(1)]


@pytest.mark.parametrize(
    "broken", [KeyboardInterrupt, lambda: RuntimeLost("It ended.", "Ask again.")]
)
def test_what_broke_off_is_part_of_the_conversation_and_is_what_is_rated(
    monkeypatch: pytest.MonkeyPatch,
    store: Store,
    client: Client,
    talk: TerminalChat,
    broken: Callable[[], BaseException],
) -> None:
    """Otherwise a thumb down on it rejects the good reply before."""
    client.replies = [("Half", broken()), ("Good.", None), ("Bad ", broken())]
    typed(monkeypatch, "one", "two", "/up", "three", "/down")
    talk.run()
    (path,) = said(store)
    assert [each.content for each in path] == ["one", "Half", "two", "Good.", "three", "Bad "]
    ratings = store.ratings.of(each.id for each in path)
    assert {key: rating.value for key, rating in ratings.items()} == {
        path[3].id: "up", path[5].id: "down",
    }  # fmt: skip


def test_a_reply_that_never_came_leaves_nothing_to_rate(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    store: Store,
    client: Client,
    talk: TerminalChat,
) -> None:
    client.replies = [("Good.", None), ("", RuntimeLost("It ended.", "Ask again."))]
    typed(monkeypatch, "one", "two", "/down")
    talk.run()
    assert "There is no reply to rate yet." in capsys.readouterr().out
    assert store.ratings.of(each.id for each in said(store)[0]) == {}


def test_bytes_that_are_no_text_do_not_end_the_conversation(
    monkeypatch: pytest.MonkeyPatch, store: Store, talk: TerminalChat
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"caf\xe9\n"), "utf-8"))
    talk.run()
    talk.say("caf\udce9")
    (path,) = said(store)
    assert [each.content for each in path[::2]] == ["caf\ufffd", "caf?"]


def test_nothing_is_not_said(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    home: Home,
    store: Store,
    client: Client,
) -> None:
    code, _, told = run(capsys, monkeypatch, "chat", "--home", str(home.root), "-m", " ")
    assert code == 2 and "--message" in told
    assert said(store) == []
