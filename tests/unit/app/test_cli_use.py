"""`perennial use`: what waits goes live, what did not pass only with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.cycle.process import CycleResult
from app.home import Home
from app.operations import training
from app.store import Run, Store, open_store
from tests.tiny_month import TinyMonth
from tests.unit.app.cycle.test_overruling import BECAUSE, end
from tests.unit.app.test_cli import run as run_verb


@pytest.fixture
def month(home: Home) -> Any:
    with open_store(home) as store:
        made = TinyMonth(home, store)
        made.talk()
        made.replay()
        yield made


@pytest.fixture
def worked_on(monkeypatch: pytest.MonkeyPatch, month: TinyMonth) -> list[tuple[str, bool]]:
    """What a process would have gone on with; how it does is tested where it lives."""
    given: list[tuple[str, bool]] = []

    def work_on(home: Home, run_id: str, *, yes: bool) -> CycleResult:
        given.append((run_id, yes))
        month.store.runs.set_state(run_id, "done")
        return CycleResult(month.store.runs.get(run_id), home.runs / run_id)

    monkeypatch.setattr(training, "work_on", work_on)
    return given


def waiting(month: TinyMonth, store: Store) -> Run:
    run = month.begin()
    store.runs.complete_stage(run.id, "gated")
    store.runs.set_state(run.id, "waiting", verdict="passed")
    return run


def test_a_candidate_that_waits_goes_live(
    month: TinyMonth,
    worked_on: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = waiting(month, month.store)
    place = str(month.home.root)
    code, out, told = run_verb(capsys, monkeypatch, "use", run.id, "--home", place, "--json")
    assert (code, json.loads(out)["state"]) == (0, "done"), told
    assert worked_on == [(run.id, True)]


def test_what_did_not_pass_asks_for_a_reason_and_keeps_it(
    month: TinyMonth,
    worked_on: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = end(month, "undecided")
    verb = ("use", run.id, "--home", str(month.home.root))
    code, _, told = run_verb(capsys, monkeypatch, *verb)
    assert code == 2 and "did not pass (undecided)" in told and "--because" in told
    code, _, told = run_verb(capsys, monkeypatch, *verb, "--because", "  ")
    assert code == 1 and "A reason is missing." in told
    assert worked_on == []
    code, out, told = run_verb(capsys, monkeypatch, *verb, "--because", BECAUSE)
    assert code == 0 and "undo with: perennial rollback sunny" in out, told
    assert worked_on == [(run.id, True)]
    report = json.loads((month.home.runs / run.id / "report.json").read_text("utf-8"))
    assert report["overruled"]["because"] == BECAUSE


def test_an_overruled_run_that_was_cut_off_goes_on_without_the_reason_said_again(
    month: TinyMonth,
    worked_on: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_told: Any) -> None:
        raise KeyboardInterrupt

    run = end(month, "refused")
    with monkeypatch.context() as patch:
        patch.setattr(training, "check_usable", killed)
        verb = ("use", run.id, "--home", str(month.home.root))
        assert run_verb(capsys, patch, *verb, "--because", BECAUSE)[0] == 130
    assert run_verb(capsys, monkeypatch, *verb)[0] == 0
    assert worked_on == [(run.id, True)]


def test_a_run_without_a_candidate_is_said_to_have_none(
    month: TinyMonth,
    worked_on: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = month.begin()
    place = str(month.home.root)
    code, _, told = run_verb(capsys, monkeypatch, "use", run.id, "--home", place)
    assert code == 1 and "no candidate that waits" in told
    code, _, told = run_verb(capsys, monkeypatch, "use", "nobody-1", "--home", place)
    assert code == 1 and "There is no run nobody-1" in told
    assert worked_on == []
