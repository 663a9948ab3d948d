"""How a run ends: refused, undecided, stopped or failed, each said and each without a loss."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from typing import Any

import pytest

from app.cycle import gating, process
from app.cycle.context import CycleContext, Ending
from app.cycle.errors import CycleError, NotEnough
from app.cycle.examining import Examination, write_examination
from app.cycle.mixing import mix
from app.cycle.stages import DISCARDED
from app.evaluation.exam import CaseResult
from app.operations.training import check_resumable
from app.store import Run
from tests.tiny_month import TinyMonth
from trainer.contract.folder import read_rows, send_control


def cases(right: int) -> tuple[CaseResult, ...]:
    return tuple(
        CaseResult(f"c{place}", "coding", place < right, "", None, "x") for place in range(50)
    )


def judged(month: TinyMonth, *, now: float, candidate_right: int, held_out: int = 10) -> Ending:
    """The gate on made-up losses: the base's are 2.0 a token."""
    month.talk()
    month.replay()
    context = month.context(month.begin())
    mix(context)
    rows: dict[str, list[dict[str, Any]]] = {"base": [], "candidate": []}
    for subject, loss in (("base", 2.0), ("candidate", now)):
        for name, group, count in (("test", "new", held_out), ("replay_test", "coding", 12)):
            rows[subject] += [
                {"id": f"{name}{place}", "group": group, "set": name, "loss": spread(loss, place),
                 "tokens": 10}
                for place in range(count)
            ]  # fmt: skip
    if now < 2.0:
        for row in rows["candidate"]:
            if row["set"] == "replay_test":
                row["loss"] = 20.0
    context.folder.losses.write_text(json.dumps({"subjects": rows}), "utf-8")
    write_examination(
        context, Examination("quick", {"base": cases(30), "candidate": cases(candidate_right)}, ())
    )
    month.store.adapters.add(
        month.persona.id, month.base.id, context.run.id, None, "peft", "a.gguf", "d"
    )
    ending = gating.gate(context)
    assert month.events(context.run.id, "verdict")
    assert json.loads(context.folder.report.read_text("utf-8"))["data"]["new"] > 0
    assert {score.measure for score in month.store.scores.of_run(context.run.id)} == {
        "test_loss", "replay_loss", "checks",
    }  # fmt: skip
    log = context.folder.training_log
    once = log.read_text("utf-8")
    gating.gate(context)
    assert log.read_text("utf-8") == once
    context.close()
    return ending or Ending("running", "")


def spread(loss: float, place: int) -> float:
    return 10 * loss * (1 + 0.01 * (place % 3))


def test_a_better_adapter_passes(month: TinyMonth) -> None:
    assert judged(month, now=1.0, candidate_right=30).state == "running"
    run = month.store.runs.of_persona(month.persona.id)[0]
    assert run.verdict == "passed"


def test_an_adapter_that_forgot_is_refused(month: TinyMonth) -> None:
    """Also in the log that goes along with the adapter, once, however often it is judged."""
    ending = judged(month, now=1.0, candidate_right=5)
    (run,) = month.store.runs.of_persona(month.persona.id)
    log = (month.home.runs / run.id / "TRAINING_LOG.md").read_text("utf-8")
    assert log.count("- verdict: refused") == 1 and "- does not hold: " in log
    assert "- base, test_loss: 2.0" in log and "- candidate, checks coding: 0.1 (of 50)" in log
    assert (ending.state, ending.verdict) == ("refused", "refused")
    run = month.store.runs.of_persona(month.persona.id)[0]
    adapter = month.store.adapters.of_run(run.id)
    assert adapter is not None and adapter.status == "refused"


def test_too_little_to_judge_by_is_undecided(month: TinyMonth) -> None:
    assert judged(month, now=1.0, candidate_right=30, held_out=3).state == "undecided"


def run_with(
    month: TinyMonth, monkeypatch: pytest.MonkeyPatch, step: Callable[[CycleContext], Any]
) -> Run:
    month.talk()
    month.replay()
    run = month.begin()
    monkeypatch.setattr(process, "STEPS", {**process.STEPS, "mixed": step})
    process.run_cycle(month.home, month.store, run)
    return month.store.runs.get(run.id)


def test_a_run_of_several_stages_that_failed_goes_on_from_its_stage(month: TinyMonth) -> None:
    """Each stage keeps its checkpoints in a folder of its own; a night would be lost with them."""
    month.talk()
    month.replay()
    run = month.begin()
    month.store.runs.complete_stage(run.id, "mixed")
    month.store.runs.set_state(run.id, "failed", reason="The disk is full.")
    with pytest.raises(CycleError, match="over"):
        check_resumable(month.home, month.store, run.id)
    (month.home.runs / run.id / "checkpoints" / "style" / "step-000008").mkdir(parents=True)
    assert check_resumable(month.home, month.store, run.id).id == run.id
    found = process.run_to_go_on(month.home, month.store, month.persona, None)
    assert found is not None and found.id == run.id


def test_a_full_disk_is_said_and_goes_on_later(
    month: TinyMonth, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(context: CycleContext) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "data")

    with pytest.raises(CycleError) as caught:
        run_with(month, monkeypatch, full)
    assert caught.value.kind == "disk_full" and "kept" in caught.value.kept
    run = month.store.runs.of_persona(month.persona.id)[0]
    assert run.state == "failed"
    assert month.events(run.id, "failed")[0]["error_kind"] == "disk_full"


@pytest.mark.parametrize("command", ["discard", "save-and-stop"])
def test_a_stop_is_obeyed_between_stages_too(
    month: TinyMonth, monkeypatch: pytest.MonkeyPatch, command: Any
) -> None:
    def stopped(context: CycleContext) -> None:
        send_control(context.folder, command)
        context.check_stop()

    run = run_with(month, monkeypatch, stopped)
    assert run.state == "stopped"
    assert (run.reason == DISCARDED) == (command == "discard")
    assert month.events(run.id, "control_applied")[0]["command"] == command
    with pytest.raises(CycleError, match="over"):
        check_resumable(month.home, month.store, run.id)


def test_the_mix_says_what_it_draws_from(month: TinyMonth) -> None:
    """Counts that nobody can explain would be a reason not to trust the rest."""
    month.talk()
    month.replay()
    month.exchange("Say no.", "No.", "down")
    month.exchange("Say maybe.", "Maybe.", None)
    context = month.context(month.begin())
    mix(context)
    data = context.folder.data
    manifest = json.loads((data / "manifest.json").read_text("utf-8"))
    assert manifest["round"]["never_learned"] == 60
    assert manifest["found"]["replies"] == 60
    assert manifest["ratio_new_got"]["train"] == pytest.approx(0.7, abs=0.02)
    names = {path.name for path in data.iterdir()}
    assert names == {
        "train.jsonl", "valid.jsonl", "test.jsonl", "replay_test.jsonl",
            "preferences.jsonl", "manifest.json",
    }  # fmt: skip
    taught = [row for row in read_rows(data / "train.jsonl") if row["group"] == "new"]
    assert len(month.store.runs.used(context.run.id)) == len(taught)
    assert all(row["messages"][0]["content"] == "Be short." for row in taught)
    used = [item for item in month.store.replay.all() if item.last_used]
    assert used and len(used) == sum(
        row["group"] != "new"
        for name in ("train", "valid")
        for row in read_rows(data / f"{name}.jsonl")
    )
    context.close()


@pytest.mark.parametrize("target", [0, 3])
def test_a_month_with_too_little_replay_says_that_and_not_that_the_replies_are_bad(
    month: TinyMonth, target: int
) -> None:
    month.talk()
    month.replay()
    context = month.context(month.begin())
    for group in month.store.replay.groups():
        month.store.replay.set_group(group.name, target if group.name == "coding" else 0)
    with pytest.raises(NotEnough, match="Replay is short") as caught:
        mix(context)
    assert caught.value.kind == "no_replay" and "keep_all" in caught.value.next_step
    assert not context.folder.data.exists()
    context.close()
