"""Somebody without the window could not see or steer replay if these failed."""

from __future__ import annotations

import json

import pytest

from app.home import Home
from app.store import Persona, open_store
from ollama_bridge.runtime.client import RuntimeClient
from tests.unit.app.operations.replay_home import Past
from tests.unit.app.operations.test_rehearsing import Base
from tests.unit.app.test_cli import run


@pytest.fixture
def sunny(home: Home) -> Persona:
    with open_store(home) as store:
        past = Past(store, ("en", "ko"))
        past.learn("r1", past.talk("Python, please?", "With pleasure."))
        return past.persona


def test_the_overview_in_words_and_numbers(
    home: Home, sunny: Persona, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--home", str(home.root))
    code, out, _ = run(capsys, monkeypatch, "replay", "sunny", "--fill", *where)
    assert code == 0
    assert "300 of 300" in out and "Past replies: 1 (1 new, 0 changed, 0 gone)." in out
    code, out, _ = run(capsys, monkeypatch, "replay", "sunny", *where, "--json")
    shown = json.loads(out)
    groups = {group["name"]: group for group in shown["groups"]}
    assert groups["coding"]["states"]["buffer"] == 300
    assert groups["coding"]["states"]["as_new"] == 1
    assert groups["korean"]["blocked"] == "base_language"
    assert shown["filled"] is None and shown["said_is_new"]


def test_targets_and_groups_are_changed_together_or_not_at_all(
    home: Home, sunny: Persona, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--home", str(home.root))
    verb = ("replay", "sunny", *where)
    change = ("--add-group", "Recipes:en=20", "--target", "coding=50")
    assert run(capsys, monkeypatch, *verb, *change, "--target", "nowhere=1")[0] == 1
    assert run(capsys, monkeypatch, *verb, "--target", "coding=many")[0] == 2
    with open_store(home) as store:
        assert [group.target for group in store.replay.groups()] == [200, 300, 300, 200]
    assert run(capsys, monkeypatch, *verb, *change)[0] == 0
    with open_store(home) as store:
        found = {group.name: (group.target, group.language) for group in store.replay.groups()}
    assert found["coding"] == (50, "") and found["Recipes"] == (20, "en")


def test_the_base_answers_a_group_and_what_it_cannot_speak_is_refused(
    home: Home, sunny: Persona, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Runtime(Base):
        def serve(self, *_what: object) -> None:
            """Nothing is loaded."""

        def __enter__(self) -> Runtime:
            return self

        def __exit__(self, *_error: object) -> None:
            """Nothing is open."""

    runtime = Runtime(lambda asked: (f"Of {len(asked)} letters I say this.", "stop"))
    monkeypatch.setattr(RuntimeClient, "connect", lambda _root: runtime)
    verb = ("replay", "sunny", "--home", str(home.root))
    code, _, told = run(capsys, monkeypatch, *verb, "--rehearse", "korean")
    assert code == 1 and "does not speak" in told and runtime.asked == []
    code, out, _ = run(capsys, monkeypatch, *verb, "--rehearse", "general", "--json")
    found = json.loads(out)
    assert code == 0 and found["rehearsed"]["left"] == 0
    assert found["rehearsed"]["taken"] == len(runtime.asked) >= 190
    general = next(each for each in found["groups"] if each["name"] == "general")
    assert general["sources"]["rehearsed"] == found["rehearsed"]["taken"]
    assert general["states"]["buffer"] == 200
