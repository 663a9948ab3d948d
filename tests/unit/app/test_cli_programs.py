"""`perennial serve` and `perennial programs`: other programs get to the personas only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app import cli_programs
from app.home import Home
from app.operations import programs
from app.store import open_store
from tests.unit.app.endpoints.desk import Desk
from tests.unit.app.test_cli import run

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    made = Desk(home)
    yield made
    made.server.stop()


def test_every_verb_helps_and_takes_home_and_json(capsys: Capture, monkeypatch: Patch) -> None:
    for words in (
        ("serve",), ("programs",), ("programs", "add"), ("programs", "remove"),
        ("programs", "collect"),
    ):  # fmt: skip
        code, out, _ = run(capsys, monkeypatch, *words, "--help")
        assert code == 0 and "--home" in out and "--json" in out, words


def test_a_key_is_shown_once_and_collecting_is_off_until_it_is_wanted(
    capsys: Capture, monkeypatch: Patch, home: Home
) -> None:
    where = ("--home", str(home.root))
    code, out, _ = run(capsys, monkeypatch, "programs", *where)
    assert code == 0 and "No program has a key yet" in out
    code, out, _ = run(capsys, monkeypatch, "programs", "add", "Open WebUI", *where)
    assert code == 0 and "http://127.0.0.1:11535/v1" in out and "is not collected" in out
    key = next(word for word in out.split() if word.startswith("perennial-"))
    code, out, _ = run(capsys, monkeypatch, "programs", *where, "--json")
    (row,) = json.loads(out)["programs"]
    assert (row["name"], row["collects"], row["replies"]) == ("Open WebUI", False, 0)
    assert key not in out
    code, out, _ = run(capsys, monkeypatch, "programs", "collect", "open webui", "on", *where)
    assert code == 0 and "COLLECTED for review" in out
    assert "COLLECTED for review" in run(capsys, monkeypatch, "programs", *where)[1]
    run(capsys, monkeypatch, "programs", "collect", "open webui", "off", *where)
    assert "not collected" in run(capsys, monkeypatch, "programs", *where)[1]
    code, out, _ = run(capsys, monkeypatch, "programs", "remove", "open webui", *where)
    assert code == 0 and "opens nothing any more" in out
    with open_store(home) as store:
        assert programs.program_of_key(store, key) is None


def test_a_home_named_before_the_verb_is_the_one(
    capsys: Capture, monkeypatch: Patch, home: Home
) -> None:
    monkeypatch.setenv("PERENNIAL_HOME", "nowhere")
    words = ("programs", "--home", str(home.root), "add", "Editor", "--collect", "--json")
    code, out, _ = run(capsys, monkeypatch, *words)
    assert code == 0 and json.loads(out)["program"]["collects"] is True
    with open_store(home) as store:
        assert [each.name for each in programs.programs(store)] == ["Editor"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("programs", "add", " "), 1, "needs a name"),
        (("programs", "add", "a\x1bb"), 1, "needs a name"),
        (("programs", "add", "x" * 61), 1, "needs a name"),
        (("programs", "add", "EDITOR"), 1, "There is a program EDITOR already"),
        (("programs", "add", "New", "--persona", "nobody"), 1, "There is no persona nobody"),
        (("programs", "remove", "nobody"), 1, "There is no program nobody"),
        (("programs", "collect", "editor", "maybe"), 2, "on or off"),
        (("serve", "--port", "80"), 2, "--port"),
    ],
)
def test_errors_end_in_one_sentence_and_their_code(
    capsys: Capture, monkeypatch: Patch, home: Home, words: tuple[str, ...], code: int, said: str
) -> None:
    with open_store(home) as store:
        programs.add_program(store, "Editor")
    found, out, told = run(capsys, monkeypatch, *words, "--home", str(home.root))
    assert (found, out) == (code, "") and said in told


def test_it_serves_until_ctrl_c_and_says_what_is_collected(
    capsys: Capture, monkeypatch: Patch, desk: Desk
) -> None:
    port = desk.port
    desk.collect()
    desk.server.stop()
    answered: list[Any] = []

    def meanwhile() -> None:
        headers = {"Authorization": f"Bearer {desk.key}"}
        with httpx.Client(headers=headers, trust_env=False) as client:
            answered.append(client.get(f"http://127.0.0.1:{port}/v1/models").json())
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_programs, "_wait", meanwhile)
    words = ("serve", "--port", str(port), "--home", str(desk.home.root))
    code, out, told = run(capsys, monkeypatch, *words)
    assert code == 0 and f"http://127.0.0.1:{port}/v1" in out.replace("\n", "")
    assert "Chatter  COLLECTED for review" in out
    assert "Chatter  models  200" in told and "Stopped." in told
    assert answered[0]["data"][0]["id"] == "sunny"
    with open_store(desk.home) as store:
        assert programs.port(store) == port, "programs would look for it elsewhere"


def test_a_taken_port_is_a_known_error(capsys: Capture, monkeypatch: Patch, desk: Desk) -> None:
    words = ("serve", "--port", str(desk.port), "--home", str(desk.home.root), "--json")
    code, out, told = run(capsys, monkeypatch, *words)
    assert code == 1 and json.loads(out)["error"]["kind"] == "port_taken"
    assert f"Port {desk.port} is taken" in told
