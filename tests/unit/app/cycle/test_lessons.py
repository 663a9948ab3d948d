"""A recipe of stages: each learns what it is meant to, and the month is used up only if learned."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from app.cycle.mixing import mix
from app.cycle.request import CycleRequest, find_recipe
from tests.tiny_month import TINY_RECIPE, TinyMonth
from trainer.contract.folder import read_rows, stage_folder
from trainer.contract.recipe import Recipe, Stage


def mixed(month: TinyMonth, recipe: Recipe) -> Path:
    month.talk()
    month.replay()
    context = month.context(month.begin())
    context.request = CycleRequest(recipe=recipe, seed=7)
    mix(context)
    context.close()
    return context.folder.data


def used(month: TinyMonth) -> int:
    (run,) = month.store.runs.of_persona(month.persona.id)
    return len(month.store.runs.used(run.id))


def test_two_stages_of_lessons_leave_the_month_for_later(month: TinyMonth) -> None:
    data = mixed(month, find_recipe("verbosity-then-domain"))
    first = list(read_rows(stage_folder(data, "verbosity") / "train.jsonl"))
    second = list(read_rows(stage_folder(data, "domain") / "train.jsonl"))
    assert len(first) == 900
    assert first[0]["messages"][0] == {"role": "system", "content": month.persona.system_prompt}
    styled = [row for row in second if "<STYLE_" in row["messages"][1]["content"]]
    assert 0.05 <= len(styled) / len(second) <= 0.10
    judged = {row["id"] for row in read_rows(data / "test.jsonl")}
    learned = {row["id"] for row in [*first, *second]}
    assert len(judged) == 60 and not judged & learned
    assert list(read_rows(data / "replay_test.jsonl"))
    assert used(month) == 0
    manifest = json.loads((data / "manifest.json").read_text("utf-8"))
    assert manifest["stages"]["domain"]["of_the_stage_before"] == len(styled)
    place = "stages/domain/train.jsonl"
    assert manifest["sha256"][place] == hashlib.sha256((data / place).read_bytes()).hexdigest()


def test_a_stage_of_the_month_uses_it_up(month: TinyMonth) -> None:
    stages = (
        Stage(name="style", data="styles"),
        Stage(name="month", data="month", earlier_share=0.1),
    )
    data = mixed(month, TINY_RECIPE.model_copy(update={"stages": stages}))
    own = [row["id"] for row in read_rows(data / "train.jsonl")]
    learned = [row["id"] for row in read_rows(stage_folder(data, "month") / "train.jsonl")]
    assert learned[: len(own)] == own and len(learned) > len(own)
    assert used(month) > 0


def test_the_recipe_weighs_tasks_where_the_persona_does_not(month: TinyMonth) -> None:
    data = mixed(month, TINY_RECIPE.model_copy(update={"task_weights": {"chat": 0.5}}))
    manifest = json.loads((data / "manifest.json").read_text("utf-8"))
    assert manifest["limits"]["task_weights"] == {"chat": 0.5}
