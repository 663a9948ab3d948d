"""Who asks what a training would learn must be told all of it, whatever things are called."""

from __future__ import annotations

import json

import pytest

from app.home import Home
from app.operations import rating
from app.operations.replay_groups import add_group
from app.store import Persona, open_store
from tests.unit.app.operations.replay_home import Past
from tests.unit.app.test_cli import run


@pytest.fixture
def sunny(home: Home) -> Persona:
    with open_store(home) as store:
        past = Past(store)
        for number in range(8):
            past.talk(f"Question {number}?", f"Answer {number}.")
        rating.correct(store, past.talk("And tea?", "No.", rating=None)[0], "With lemon, please.")
        add_group(store, "[/b] mine", 20)
        return past.persona


def test_every_number_is_told_whatever_the_groups_are_called(
    home: Home, sunny: Persona, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    verb = ("mix", "sunny", "--home", str(home.root))
    code, out, told = run(capsys, monkeypatch, *verb, "--dry-run")
    assert code == 0, told
    assert "[/b] mine" in out and "Preferences, none of what judges: correction 1" in out
    code, out, _ = run(capsys, monkeypatch, *verb, "--json")
    # Three of the nine rated replies judge; the corrected one counts alone, too.
    assert json.loads(out)["preferences"] == {"correction": 1, "thumb": 6}


def test_a_topic_that_there_is_not_is_no_silent_setting(
    home: Home, sunny: Persona, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    verb = ("mix", "sunny", "--home", str(home.root), "--set")
    code, _, told = run(capsys, monkeypatch, *verb, "topic_shares.code=0.1")
    assert code == 2 and "coding" in told
    assert run(capsys, monkeypatch, *verb, "topic_shares.coding=0.1")[0] == 0
