"""A comparison in the terminal that names who is who too early, or loses votes, decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from app import cli_compare
from app.home import Home
from app.operations import comparing, rating
from app.operations.comparison import BASE, Pair
from app.store import Persona, Store, open_store
from tests.unit.app.operations.compared_home import (
    BEFORE,
    RUN,
    Runtime,
    add_persona,
    add_run,
    put_live,
    say,
)
from tests.unit.app.test_cli import run


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(home: Home, store: Store) -> Persona:
    persona = add_persona(home, store)
    add_run(home, store, persona, RUN)
    for number in range(3):
        say(store, persona, f"What of matter {number}?")
    return persona


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    made = Runtime()
    monkeypatch.setattr(cli_compare, "_lease", lambda *_arguments: made)
    return made


def typed(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    """What the user types; the end of the input after it."""
    left = iter(keys)

    def prompt(_text: str, *, err: bool) -> str:
        try:
            return next(left)
        except StopIteration:
            raise cli_compare.typer.Abort from None

    monkeypatch.setattr(cli_compare.typer, "prompt", prompt)


def test_votes_are_asked_for_and_go_on_later(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    home: Home,
    store: Store,
    sunny: Persona,
    runtime: Runtime,
) -> None:
    words = ("compare", "sunny", "--home", str(home.root), "--json")
    typed(monkeypatch, "9", "3")
    code, out, told = run(capsys, monkeypatch, *words)
    row = json.loads(out)
    assert code == 0
    assert (row["run"], row["with"], row["prompts"]) == (RUN, BASE, 3)
    assert (row["same"], row["left"], row["finding"]) == (1, 2, "even")
    assert "1 of 3" in told and "2 of 3" in told and "What of matter 2?" in told
    typed(monkeypatch, "4", "4")
    row = json.loads(run(capsys, monkeypatch, *words)[1])
    assert (row["same"], row["neither"], row["left"]) == (1, 2, 0)


def test_names_come_with_the_result(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    home: Home,
    store: Store,
    sunny: Persona,
) -> None:
    pair = Pair(RUN, BASE)
    for prompt in comparing.begin(home, store, pair).prompts:
        vote = "left" if prompt.left == "new" else "right"
        comparing.vote(home, pair, prompt.id, vote)  # type: ignore[arg-type]
    code, out, _ = run(
        capsys, monkeypatch, "compare", "sunny", "--result", "--home", str(home.root)
    )
    assert code == 0
    assert "3 of 3 for adapter v1: that may still be chance (12 %)." in out
    assert "adapter v1: 3; the base alone: 0" in out


def test_another_persona_and_nothing_to_compare_are_told(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    home: Home,
    store: Store,
    sunny: Persona,
) -> None:
    store.personas.add("Rain", "Be calm.", base_id=sunny.base_id)
    options = ("--home", str(home.root))
    code, _, told = run(capsys, monkeypatch, "compare", "rain", *options)
    assert code == 1 and "no adapter to compare" in told
    code, _, told = run(capsys, monkeypatch, "compare", "rain", "--run", RUN, *options)
    assert code == 2 and "--run" in told
    code, _, told = run(capsys, monkeypatch, "compare", "sunny", "--with", RUN, *options)
    assert code == 1 and "itself" in told
    code, _, told = run(capsys, monkeypatch, "compare", "sunny", "--with", "nothing", *options)
    assert code == 1 and "nothing" in told


def test_runs_tell_how_replies_were_received(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    home: Home,
    store: Store,
    sunny: Persona,
) -> None:
    adapter = add_run(home, store, sunny, BEFORE, state="done")
    put_live(store, adapter)
    for adapter_id, bad in ((None, 0), (adapter.id, 12)):
        for number in range(20):
            talk, asked = say(store, sunny, f"And {number}?")
            reply = store.messages.add(
                talk, asked, "assistant", "So.", base_id=sunny.base_id,
                adapter_id=adapter_id, finish="stop",
            )  # fmt: skip
            if number < bad:
                rating.thumb_down(store, reply.id)
    options = ("--home", str(home.root))
    out = run(capsys, monkeypatch, "runs", *options)[1]
    flat = " ".join(out.split())
    assert "sunny, the base alone: 0.0 voted down" in flat
    assert f"sunny, v2 ({BEFORE}): 60.0 voted down" in flat
    assert "replies of adapter v2 are received worse than those of the base alone" in flat
    assert "perennial rollback sunny" in flat
    row = json.loads(run(capsys, monkeypatch, "runs", "--json", *options)[1])
    found = {each["run"]: each["received"] for each in row["runs"]}
    assert found[RUN] is None
    assert (found[BEFORE]["replies"], found[BEFORE]["down"]) == (20, 12)
