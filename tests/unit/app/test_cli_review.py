"""`perennial review`: whoever has no window still finds what waits for a decision."""

from __future__ import annotations

import json
import sys

import pytest

from app import cli
from app.home import Home
from app.store import open_store


@pytest.fixture
def replies(home: Home) -> None:
    with open_store(home) as store:
        sunny = store.personas.add("Sunny")
        talk = store.conversations.add(sunny.id, "")
        for reply in ("Light scatters, my friend.", "It is.<|im_end|>"):
            asked = store.messages.add(talk.id, None, "user", "Why is the sky blue?")
            said = store.messages.add(talk.id, asked.id, "assistant", reply)
        store.ratings.rate(said.id, "up")


def review(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int, str, str]:
    arguments = ["perennial", "review", *words, "--home", str(home.root)]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, told = capsys.readouterr()
    return int(ended.value.code or 0), out, told


@pytest.mark.usefixtures("replies")
def test_the_numbers_of_a_review(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = review(home, capsys, monkeypatch, "sunny", "--json")
    before = json.loads(out)
    assert (code, before["to_look_at"], before["looked_at"]) == (0, 2, 0)
    code, out, _ = review(home, capsys, monkeypatch, "sunny", "--examine", "--json")
    found = json.loads(out)
    assert (code, found["to_look_at"], found["looked_at"]) == (0, 0, 2)
    assert (found["unrated"], found["decided"], found["flags"]["broken"]) == (1, 1, 0)
    topics = {each["topic"]: each for each in found["topics"]}
    assert (topics["general"]["count"], topics["general"]["least"]) == (1, 0.2)


@pytest.mark.usefixtures("replies")
def test_the_words_of_a_review(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = review(home, capsys, monkeypatch, "sunny")
    assert "perennial review sunny --examine" in out
    _, out, _ = review(home, capsys, monkeypatch, "sunny", "--examine")
    assert "2 replies were looked at." in out and "20% to 30%" in out


def test_an_unknown_persona_is_a_known_error(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, told = review(home, capsys, monkeypatch, "nobody")
    assert code == 1 and "nobody" in told
