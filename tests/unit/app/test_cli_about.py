"""In the terminal, too, one writes the note about oneself and sees what helped a reply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli_chat import TerminalChat
from app.home import Home
from app.operations import helping, rating
from app.operations.helping import HelpSwitches
from app.store import Persona, open_store
from ollama_bridge.runtime.values import Delta
from tests.unit.app.test_cli import run

ASKED = "How do I reverse a list\x1b[31m in Python?"
NOTE = "I live in 부산 and never eat peanuts."


class Client:
    """Answers, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def chat(self, messages: Any, **_rest: Any) -> Iterator[Delta]:
        self.asked = list(messages)
        yield Delta("Fine.", "stop")

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client()
    monkeypatch.setattr(TerminalChat, "_lease", lambda _self, _home: made)
    return made


@pytest.fixture
def sunny(home: Home) -> Persona:
    with open_store(home) as store:
        base = store.bases.add("tiny", "gguf", home.models / "tiny.gguf", "d", "llama", 1)
        made = store.personas.add("Sunny", "Be sunny.", base_id=base.id)
        talk = store.conversations.add(made.id, "Be sunny.")
        asked = store.messages.add(talk.id, None, "user", ASKED)
        rating.correct(store, store.messages.add(talk.id, asked.id, "assistant", "?").id, "[::-1]")
        return made


def test_the_note_is_kept_shown_and_cleared(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "me.txt"
    file.write_text(f"\ufeff{NOTE}\n", "utf-8")
    where = ("--home", str(home.root))
    assert run(capsys, monkeypatch, "about-me", str(file), *where)[:2] == (0, f"{NOTE}\n")
    code, out, _ = run(capsys, monkeypatch, "about-me", *where, "--json")
    assert (code, json.loads(out)) == (0, {"about_me": NOTE})
    code, out, _ = run(capsys, monkeypatch, "about-me", "--clear", *where)
    assert code == 0 and "There is no note" in out


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"n" * 2_001])
def test_a_file_that_is_no_note_leaves_the_one_before(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    home: Home,
    tmp_path: Path,
    content: bytes | None,
) -> None:
    with open_store(home) as store:
        helping.set_about_me(store, NOTE)
        file = tmp_path / "me.txt"
        if content is not None:
            file.write_bytes(content)
        code, _, told = run(capsys, monkeypatch, "about-me", str(file), "--home", str(home.root))
        assert code == 1 and "The note before it was kept." in told
        assert helping.about_me(store) == NOTE


def test_what_helped_stands_below_the_reply_without_control_characters(
    capsys: pytest.CaptureFixture[str], home: Home, sunny: Persona, client: Client
) -> None:
    with open_store(home) as store:
        helping.set_about_me(store, NOTE)
    with TerminalChat(home, sunny.slug) as talk:
        talk.say("How can I reverse a Python list?")
    assert [each["content"] for each in client.asked][1:3] == [ASKED, "[::-1]"]
    out = capsys.readouterr().out
    assert out == "Fine.\n  (helped by: “How do I reverse a list [31m in Python?”, your note)\n"


def test_help_is_switched_off_and_stays_off(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    home: Home,
    sunny: Persona,
    client: Client,
) -> None:
    words = ("chat", "--home", str(home.root), "--json", "-m", "How can I reverse a list?")
    _, out, _ = run(capsys, monkeypatch, *words)
    assert [each["words"] for each in json.loads(out)["helped_by"]] == [ASKED]
    for more in (["--no-examples"], []):
        _, out, _ = run(capsys, monkeypatch, *words, *more)
        assert json.loads(out)["helped_by"] == [] and len(client.asked) == 2
    with open_store(home) as store:
        assert helping.switches(store, sunny) == HelpSwitches(examples=False, note=True)
