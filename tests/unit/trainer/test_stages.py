"""Two stages in one adapter: the second must not begin anew, nor be lost by a kill."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")

from safetensors.torch import load_file

from tests.unit.trainer.tiny_run import (
    TINY_RECIPE,
    conversation,
    kinds,
    make_run,
    start_worker,
    train,
    wait_for,
)
from tests.unit.trainer.tiny_training import Heard
from trainer.contract.events import Warned
from trainer.contract.folder import RunFolder, read_rows, stage_folder
from trainer.contract.recipe import Stage
from trainer.guarding import setback_words
from trainer.stages import StageTelling

STAGED = TINY_RECIPE.model_copy(
    update={
        "stages": (
            Stage(name="first", data="styles", epochs=2),
            Stage(name="second", data="infrastructure", learning_rate=5e-3, epochs=1),
        )
    }
)


def staged_run(root: Path) -> RunFolder:
    folder = make_run(root, recipe=STAGED)
    for name, start in (("first", 30), ("second", 60)):
        place = stage_folder(folder.data, name)
        place.mkdir(parents=True)
        for side, count in (("train", 16), ("valid", 4)):
            rows = [conversation(start + i + (20 if side == "valid" else 0)) for i in range(count)]
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (place / f"{side}.jsonl").write_text(text, "utf-8")
    return folder


def test_the_second_stage_goes_on_with_the_adapter_of_the_first(tmp_path: Path) -> None:
    folder = staged_run(tmp_path / "run")
    events = train(folder)
    assert kinds(events)[-1] == "done"
    steps = [event for event in events if event["kind"] == "step"]
    assert [event["step"] for event in steps] == list(range(1, 13))
    assert {event["steps"] for event in steps} == {12}
    assert steps[8]["lr"] <= 5e-3 < max(event["lr"] for event in steps[:8])
    first = [event["loss"] for event in steps[:8]]
    assert steps[8]["loss"] < first[0]
    looks = [event for event in events if event["kind"] == "eval"]
    assert looks[-1]["step"] == 12


def test_a_kill_in_the_second_stage_costs_nothing_of_the_first(tmp_path: Path) -> None:
    whole, killed = staged_run(tmp_path / "whole"), staged_run(tmp_path / "killed")
    assert kinds(train(whole))[-1] == "done"
    worker = start_worker(killed)
    wait_for(killed, "step", 9)
    worker.kill()
    worker.wait()
    time.sleep(0.1)
    events = train(killed)
    assert kinds(events)[-1] == "done"
    resumed = [event for event in events if event["kind"] == "started"][-1]
    assert resumed["resumed_at_step"] >= 8
    name = "adapter_model.safetensors"
    one, other = (load_file(each.adapter / name) for each in (whole, killed))
    assert one.keys() == other.keys()
    assert all(one[key].equal(other[key]) for key in one)
    assert list(read_rows(killed.events))


def test_a_warning_of_a_later_stage_speaks_of_the_steps_of_the_run() -> None:
    """Whoever looks for step 5 in the curves would look at another stage."""
    heard = Heard()
    words = setback_words("loss_spike", 5, 2, 0.5)
    values: dict[str, int | float | str] = {"step": 5, "back_to": 2, "rate_factor": 0.5}
    StageTelling(heard, 8, 12).tell(Warned(warning="loss_spike", advice=words, values=values))
    (told,) = heard.events
    assert isinstance(told, Warned)
    assert told.advice == setback_words("loss_spike", 13, 10, 0.5)
    assert told.values == {"step": 13, "back_to": 10, "rate_factor": 0.5}


def test_a_stage_without_data_is_told(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", recipe=STAGED)
    events = train(folder)
    assert (events[-1]["kind"], events[-1]["error_kind"]) == ("failed", "data_unusable")
