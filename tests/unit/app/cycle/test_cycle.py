"""A month on a tiny model, killed wherever it hurts: nothing rated or trained is lost."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from app.cycle.errors import CycleError, NotEnough, PersonaBusy
from app.cycle.process import persona_lock, run_named
from app.cycle.stages import STAGES
from app.operations import training
from app.store import open_store
from tests.tiny_month import (
    LIMIT_S,
    TinyMonth,
    command_line,
    processes_of,
    start_cli,
    wait_until,
)
from trainer.contract.folder import RunFolder

pytest.importorskip("torch")

BOUNDARIES = [(stage, moment) for stage in STAGES for moment in ("begun", "completed")]


@pytest.fixture
def ready(month: TinyMonth) -> TinyMonth:
    month.talk()
    month.replay()
    return month


def cycle(month: TinyMonth, *words: str) -> tuple[int, dict[str, Any]]:
    """The verb to its end: its exit code and its object."""
    process = start_cli(month.home, "cycle", "sunny", "--json", *words)
    out, told = process.communicate(timeout=LIMIT_S)
    assert out, told
    return process.returncode, json.loads(out)


def test_a_month_goes_live_and_back(ready: TinyMonth) -> None:
    """The whole promise: one command trains, verifies and serves; one takes it back."""
    store = ready.store
    code, row = cycle(ready, "--recipe", str(ready.recipe_file()))
    assert (code, row["state"], row["stage"]) == (0, "waiting", "gated"), row
    assert store.personas.get(ready.persona.id).active_adapter_id is None

    code, row = cycle(ready, "--yes")
    assert (code, row["state"], row["stage"]) == (0, "done", "live"), row
    adapter = store.adapters.of_run(row["run"])
    assert adapter is not None and adapter.status == "live"
    persona = store.personas.get(ready.persona.id)
    assert persona.active_adapter_id == adapter.id
    folder = RunFolder(ready.home.runs / row["run"])
    assert json.loads((folder.root / "verified.json").read_text("utf-8"))["holds"]
    assert "SYSTEM" in (folder.adapter / "Modelfile").read_text("utf-8")
    assert not folder.checkpoints.exists()
    used = store.runs.used(row["run"])
    assert used and all(
        turn.used
        for each in store.learnable(persona.id)
        for turn in each.turns
        if turn.message_id in used
    )
    past = {item.message_id for item in store.replay.learned_by(persona.id)}
    assert past == set(used), "what was learned does not stand in the replay groups"

    second_month(ready, row["run"])
    training.roll_back(ready.home, persona.id)
    assert store.personas.get(persona.id).active_adapter_id is None
    assert not any(turn.used for each in store.learnable(persona.id) for turn in each.turns)
    wait_until(lambda: not processes_of(ready.home)[1:], "the runtime's end")


def second_month(month: TinyMonth, first: str) -> None:
    """The next adapter is built anew on both months, and held against the one in use."""
    with pytest.raises(NotEnough):
        month.begin()
    month.talk(60, first=60)
    code, row = cycle(month, "--yes", "--recipe", str(month.recipe_file(epochs=4)))
    assert row["state"] == {0: "done", 3: "refused", 4: "undecided"}[code], row
    folder = RunFolder(month.home.runs / row["run"])
    manifest = json.loads((folder.data / "manifest.json").read_text("utf-8"))
    assert manifest["usable"]["replies"] == 120
    assert manifest["round"]["learned_before"] > 0
    report = json.loads(folder.report.read_text("utf-8"))
    (loss,) = [row["values"] for row in report["scores"] if row["measure"] == "test_loss"]
    assert loss["parent"]["value"] < loss["base"]["value"]
    assert all("parent" in reply for reply in report["replies"])
    best = [each["values"] for each in report["reasons"] if each["kind"] == "retention_coding"]
    assert {each["than"] for each in best} == {"base", "best"}
    assert "<html" in (folder.root / "report.html").read_text("utf-8")
    if code == 0:
        training.roll_back(month.home, month.persona.id)
    live = month.store.adapters.of_run(first)
    assert live is not None and live.status == "live"
    assert month.store.personas.get(month.persona.id).active_adapter_id == live.id


def test_a_cycle_killed_at_every_boundary_goes_on(ready: TinyMonth) -> None:
    """Whatever the cycle was at, the same command goes on there and finishes the month."""
    recipe = str(ready.recipe_file())
    words = ("cycle", "sunny", "--yes", "--json", "--recipe", recipe)
    run_id = ""
    for stage, moment in BOUNDARIES:
        process = start_cli(ready.home, *words)
        if not run_id:
            wait_until(lambda: ready.store.runs.of_persona(ready.persona.id), "the run")
            run_id = ready.store.runs.of_persona(ready.persona.id)[0].id
        wait_until(
            lambda p=process, r=run_id, s=stage, m=moment: (
                p.poll() is not None or told(ready, r, s, m)
            ),
            f"{stage} {moment}",
        )
        process.kill()
        process.communicate()
        if ready.store.runs.get(run_id).state == "done":
            break
        assert told(ready, run_id, stage, moment), f"{stage} {moment} never came"
    if ready.store.runs.get(run_id).state != "done":
        code, row = cycle(ready, "--yes", "--recipe", recipe)
        assert (code, row["run"], row["state"]) == (0, run_id, "done"), row
    runs = ready.store.runs.of_persona(ready.persona.id)
    assert [(run.id, run.state, run.stage) for run in runs] == [(run_id, "done", "live")]
    deployment = ready.store.deployments.last(ready.persona.id)
    assert deployment is not None and deployment.run_id == run_id
    trained = [event for event in ready.events(run_id, "done") if event.get("outcome") == "trained"]
    assert len(trained) == 1, "a training that was over was not done again"


def told(month: TinyMonth, run_id: str, stage: str, moment: str) -> bool:
    found = month.events(run_id, "stage")
    return any(e["name"] == stage and e.get("state") == moment for e in found)


def test_a_killed_trainer_is_started_again(ready: TinyMonth) -> None:
    recipe = str(ready.recipe_file(epochs=4))
    process = start_cli(ready.home, "cycle", "sunny", "--json", "--recipe", recipe)
    wait_until(lambda: ready.store.runs.of_persona(ready.persona.id), "the run")
    run = ready.store.runs.of_persona(ready.persona.id)[0]
    for kills in (1, 2):
        wait_until(lambda k=kills: len(ready.events(run.id, "started")) >= k, "the trainer")
        count = len(ready.events(run.id, "checkpoint"))
        wait_until(lambda c=count: len(ready.events(run.id, "checkpoint")) > c, "a checkpoint")
        os.kill(ready.events(run.id, "started")[-1]["pid"], signal.SIGKILL)
    out, told = process.communicate(timeout=LIMIT_S)
    assert json.loads(out)["state"] == "waiting", told
    assert ready.events(run.id, "started")[-1]["resumed_at_step"] > 0


def test_a_trainer_outlives_its_cycle(ready: TinyMonth) -> None:
    """A crash of the app costs no step of the training that goes on without it."""
    recipe = str(ready.recipe_file(epochs=12, patience=12))
    process = start_cli(ready.home, "cycle", "sunny", "--json", "--recipe", recipe)
    wait_until(lambda: ready.store.runs.of_persona(ready.persona.id), "the run")
    run = ready.store.runs.of_persona(ready.persona.id)[0]
    wait_until(lambda: ready.events(run.id, "step"), "the first step")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not training.run_alive(ready.home, run.id)
    steps = len(ready.events(run.id, "step"))
    wait_until(lambda: len(ready.events(run.id, "step")) > steps, "a step without the cycle")
    code, row = cycle(ready, "--recipe", recipe)
    assert (code, row["run"], row["state"]) == (0, run.id, "waiting")
    assert len(ready.events(run.id, "started")) == 1


def test_a_training_without_its_cycle_can_be_stopped(ready: TinyMonth) -> None:
    """The button must work after a crash too, and the run must not look cut off for ever."""
    recipe = str(ready.recipe_file(epochs=60, patience=60))
    process = start_cli(ready.home, "cycle", "sunny", "--json", "--recipe", recipe)
    wait_until(lambda: ready.store.runs.of_persona(ready.persona.id), "the run")
    run = ready.store.runs.of_persona(ready.persona.id)[0]
    wait_until(lambda: ready.events(run.id, "step"), "the first step")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    training.send_command(ready.home, run.id, "save-and-stop")
    wait_until(lambda: ready.store.runs.get(run.id).state == "stopped", "the stop")
    assert len(ready.events(run.id, "started")) == 1, "it was not started again"
    training.send_command(ready.home, run.id, "discard")
    assert not RunFolder(ready.home.runs / run.id).checkpoints.exists()


def test_stop_saves_and_the_same_command_goes_on(ready: TinyMonth) -> None:
    recipe = str(ready.recipe_file(epochs=60, patience=60))
    run_id = training.start_training(ready.home, ready.persona.id, recipe=recipe)
    assert training.run_alive(ready.home, run_id)
    wait_until(lambda: ready.events(run_id, "step"), "the first step")
    training.send_command(ready.home, run_id, "save-and-stop")
    wait_until(lambda: ready.store.runs.get(run_id).state == "stopped", "the stop")
    wait_until(lambda: not training.run_alive(ready.home, run_id), "the process's end")
    assert list(RunFolder(ready.home.runs / run_id).checkpoints.glob("step-*"))
    training.resume_training(ready.home, run_id)
    wait_until(lambda: len(ready.events(run_id, "started")) == 2, "the training again")
    assert ready.events(run_id, "started")[-1]["resumed_at_step"] > 0
    training.send_command(ready.home, run_id, "discard")
    wait_until(lambda: ready.store.runs.get(run_id).state == "stopped", "the discard")
    with pytest.raises(CycleError, match="over"):
        training.resume_training(ready.home, run_id)


def test_a_command_given_while_the_trainer_loads_is_not_lost(ready: TinyMonth) -> None:
    run_id = training.start_training(ready.home, ready.persona.id, recipe=ready.recipe_file())
    wait_until(
        lambda: any(e["name"] == "trained" for e in ready.events(run_id, "stage")), "the training"
    )
    training.send_command(ready.home, run_id, "discard")
    wait_until(lambda: ready.store.runs.get(run_id).state == "stopped", "the discard")
    assert not ready.events(run_id, "report")


def test_one_cycle_a_persona(ready: TinyMonth) -> None:
    with (
        persona_lock(ready.home, ready.persona),
        pytest.raises(PersonaBusy),
    ):
        training.start_training(ready.home, ready.persona.id)


def test_other_settings_begin_another_run(ready: TinyMonth) -> None:
    """A recipe that somebody corrected must not be ignored in favour of the run of before."""
    first = ready.begin()
    with open_store(ready.home) as store:
        same = training.prepare_run(ready.home, store, ready.persona.id)
        other = training.prepare_run(ready.home, store, ready.persona.id, seed=99)
    assert same.id == first.id != other.id
    assert ready.store.runs.get(first.id).state == "stopped"


def test_a_refusal_of_the_user_keeps_the_data_new(ready: TinyMonth) -> None:
    run = ready.begin()
    adapter = ready.store.adapters.add(
        ready.persona.id, ready.base.id, run.id, None, "peft", "adapter.gguf", "d"
    )
    with pytest.raises(CycleError, match="no candidate"):
        training.keep_old(ready.home, run.id)
    ready.store.runs.set_state(run.id, "waiting", verdict="passed")
    training.keep_old(ready.home, run.id)
    assert run_named(ready.store, run.id).state == "refused"
    assert ready.store.adapters.get(adapter.id).status == "refused"


def test_a_missing_base_is_said(ready: TinyMonth) -> None:
    Path(ready.base.path).unlink()
    with pytest.raises(CycleError, match="tiny is not at"):
        ready.begin()


def test_the_command_names_its_home(ready: TinyMonth) -> None:
    """Processes of this home are found by it, and no others are touched."""
    assert str(ready.home.root) in command_line(ready.home, "runs")
