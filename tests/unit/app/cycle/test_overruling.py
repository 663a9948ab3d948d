"""The exam advises, the user decides: but never without a reason that stays on record."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.cycle import deploying, process
from app.cycle.context import CycleContext, Ending
from app.cycle.converting import convert_adapter
from app.cycle.errors import CycleError, ParityFailed
from app.cycle.mixing import mix
from app.evaluation.page import make_page
from app.operations import training
from app.operations.overruling import overrule
from app.store import Run, Store
from tests.tiny_gguf import write_tiny_adapter
from tests.tiny_month import TinyMonth
from trainer.contract.folder import RunFolder, read_rows

BECAUSE = "I like its tone; code I ask elsewhere."


def end(month: TinyMonth, verdict: Any, *, version: int = 2) -> Run:
    """A run that the gate did not let pass, with an adapter that can be served."""
    run = month.begin()
    context = month.context(run)
    mix(context)
    context.telling.close()
    write_tiny_adapter(context.folder.adapter)
    convert_adapter(context)
    store, folder = month.store, context.folder
    folder.parity.write_text(json.dumps({"probes": []}), "utf-8")
    report = {"version": version, "verdict": verdict, "reasons": []}
    folder.report.write_text(json.dumps(report), "utf-8")
    if version == 2:
        (folder.root / "report.html").write_text(make_page(report, "en"), "utf-8")
    folder.training_log.write_text("# Training log\n", "utf-8")
    adapter = store.adapters.of_run(run.id)
    assert adapter is not None
    store.adapters.set_status(adapter.id, "refused")
    store.runs.complete_stage(run.id, "examined")
    store.runs.set_state(run.id, verdict, verdict=verdict)
    return store.runs.get(run.id)


@pytest.fixture
def ready(month: TinyMonth) -> TinyMonth:
    month.talk()
    month.replay()
    return month


def status_of(store: Store, run: Run) -> str:
    adapter = store.adapters.of_run(run.id)
    assert adapter is not None
    return adapter.status


def active_run(month: TinyMonth) -> str | None:
    active = month.store.personas.get(month.persona.id).active_adapter_id
    return None if active is None else month.store.adapters.get(active).run_id


@pytest.mark.parametrize("verdict", ["refused", "undecided"])
def test_an_overruled_candidate_goes_live_and_says_why(ready: TinyMonth, verdict: str) -> None:
    run = end(ready, verdict)
    overrule(ready.home, ready.store, run.id, BECAUSE.replace(" ", " \n "))
    assert active_run(ready) is None, "nothing is live before it was verified"
    result = training.work_on(ready.home, run.id)
    assert (result.run.state, result.run.stage, result.run.verdict) == ("done", "live", verdict)
    assert active_run(ready) == run.id and status_of(ready.store, run) == "live"
    folder = RunFolder(ready.home.runs / run.id)
    assert json.loads((folder.root / "verified.json").read_text("utf-8"))["holds"]
    report = json.loads(folder.report.read_text("utf-8"))
    assert report["overruled"]["because"] == BECAUSE and report["verdict"] == verdict
    assert BECAUSE in (folder.root / "report.html").read_text("utf-8")
    log = folder.training_log.read_text("utf-8")
    assert log.startswith("# Training log\n") and f"- because: {BECAUSE}" in log
    (event,) = ready.events(run.id, "overruled")
    assert event["because"] == BECAUSE
    training.roll_back(ready.home, ready.persona.id)
    assert active_run(ready) is None and status_of(ready.store, run) == "rolled_back"
    with pytest.raises(CycleError, match="holds no candidate"):
        overrule(ready.home, ready.store, run.id, BECAUSE)


def test_a_report_of_an_earlier_version_takes_the_reason_too(ready: TinyMonth) -> None:
    run = end(ready, "refused", version=1)
    overrule(ready.home, ready.store, run.id, BECAUSE)
    folder = RunFolder(ready.home.runs / run.id)
    assert json.loads(folder.report.read_text("utf-8"))["overruled"]["because"] == BECAUSE
    assert not (folder.root / "report.html").exists()


@pytest.mark.parametrize("stage", ["accepted", "deployed", "verified", "live"])
def test_an_overruled_run_that_was_killed_goes_on(
    ready: TinyMonth, monkeypatch: pytest.MonkeyPatch, stage: Any
) -> None:
    """Nobody has to find the same words again because a computer was switched off."""

    def killed(context: CycleContext) -> Ending | None:
        raise KeyboardInterrupt

    run = end(ready, "refused")
    overrule(ready.home, ready.store, run.id, BECAUSE)
    with monkeypatch.context() as patch:
        patch.setattr(process, "STEPS", {**process.STEPS, stage: killed})
        with pytest.raises(KeyboardInterrupt):
            training.work_on(ready.home, run.id)
    assert training.check_resumable(ready.home, ready.store, run.id).state == "running"
    assert training.check_usable(ready.home, ready.store, run.id).id == run.id
    assert training.work_on(ready.home, run.id).run.state == "done"
    assert active_run(ready) == run.id
    assert len(ready.events(run.id, "overruled")) == 1


def test_the_reason_is_on_record_before_anything_changes(
    ready: TinyMonth, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill in between leaves a reason too many, never an adapter without one."""

    def killed(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    run = end(ready, "refused")
    with monkeypatch.context() as patch:
        patch.setattr(ready.store.adapters, "set_status", killed)
        with pytest.raises(KeyboardInterrupt):
            overrule(ready.home, ready.store, run.id, "First words.")
    assert ready.store.runs.get(run.id).state == "refused"
    overrule(ready.home, ready.store, run.id, BECAUSE)
    log = RunFolder(ready.home.runs / run.id).training_log.read_text("utf-8")
    assert BECAUSE in log and "First words." not in log and log.count("## Used") == 1


def test_an_overruled_adapter_that_speaks_otherwise_than_trained_is_taken_back(
    ready: TinyMonth, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(context: CycleContext) -> None:
        deploying.undeploy(context)
        raise ParityFailed("It is not what was trained.", "Train again.")

    run = end(ready, "refused")
    overrule(ready.home, ready.store, run.id, BECAUSE)
    monkeypatch.setattr(process, "STEPS", {**process.STEPS, "verified": fail})
    with pytest.raises(ParityFailed):
        training.work_on(ready.home, run.id)
    assert active_run(ready) is None and status_of(ready.store, run) == "rolled_back"
    assert ready.store.runs.get(run.id).state == "failed"
    with pytest.raises(CycleError, match="holds no candidate"):
        overrule(ready.home, ready.store, run.id, BECAUSE)


@pytest.mark.parametrize("because", ["", " \n\t ", "x" * 201])
def test_no_reason_no_use(ready: TinyMonth, because: str) -> None:
    run = end(ready, "refused")
    with pytest.raises(CycleError, match="at most 200") as caught:
        overrule(ready.home, ready.store, run.id, because)
    assert caught.value.kind == "overrule_reason"
    untouched(ready, run)


def untouched(month: TinyMonth, run: Run) -> None:
    assert month.store.runs.get(run.id) == run and status_of(month.store, run) == "refused"
    folder = RunFolder(month.home.runs / run.id)
    assert "overruled" not in folder.report.read_text("utf-8")
    assert not [row for row in read_rows(folder.cycle_events) if row["kind"] == "overruled"]


def another_adapter(month: TinyMonth, run: Run) -> None:
    store, persona = month.store, month.persona
    store.runs.add("other-1", persona.id, month.base.id, None, "tiny", 1)
    store.runs.set_state("other-1", "done", verdict="passed")
    made = store.adapters.add(persona.id, month.base.id, "other-1", None, "p", "p.gguf", "d")
    store.deployments.put_live(persona.id, "other-1", made.id, "runtime", "1", "scale", {})


def another_base(month: TinyMonth, run: Run) -> None:
    base = month.store.bases.add("other", "gguf", month.base.path, "d2", "llama", 1)
    month.store.deployments.move(month.persona.id, base.id)


def no_adapter(month: TinyMonth, run: Run) -> None:
    RunFolder(month.home.runs / run.id).adapter_gguf.unlink()


def no_proof(month: TinyMonth, run: Run) -> None:
    RunFolder(month.home.runs / run.id).parity.unlink()


def no_base(month: TinyMonth, run: Run) -> None:
    month.base.path.unlink()


def another_run(month: TinyMonth, run: Run) -> None:
    month.begin()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (another_adapter, "another adapter now"),
        (another_base, "another base now"),
        (no_adapter, "no longer there"),
        (no_proof, "no longer there"),
        (no_base, "tiny is not at"),
        (another_run, "is not over"),
    ],
)
def test_what_is_not_as_it_was_examined_is_not_used(
    ready: TinyMonth, change: Callable[[TinyMonth, Run], None], told: str
) -> None:
    run = end(ready, "refused")
    change(ready, run)
    with pytest.raises(CycleError, match=told):
        overrule(ready.home, ready.store, run.id, BECAUSE)
    untouched(ready, run)


def test_what_passed_needs_no_overruling(ready: TinyMonth) -> None:
    run = ready.begin()
    ready.store.runs.set_state(run.id, "waiting", verdict="passed")
    with pytest.raises(CycleError, match="holds no candidate"):
        overrule(ready.home, ready.store, run.id, BECAUSE)
    with pytest.raises(CycleError, match="There is no run"):
        overrule(ready.home, ready.store, "nobody-1", BECAUSE)
