"""Decisions of a training that can be tried without the device they are about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch

from replay.mix import GROUP_TARGETS, PERSONA_GROUP
from trainer import sft
from trainer.contract.folder import (
    EventWriter,
    RunFolder,
    read_control,
    read_rows,
    read_rows_from,
    send_control,
)
from trainer.contract.recipe import Recipe, RecipeInvalid, Round, load_recipe
from trainer.device import DeviceFacts, choose_precision
from trainer.errors import DeviceUnusable
from trainer.measuring import precision_to_measure
from trainer.schedule import plan

RECIPES = sorted((Path(__file__).parents[3] / "resources" / "recipes").glob("*.yaml"))
GOOD = DeviceFacts("cuda", "a card", True)
OLD = DeviceFacts("mps", "Apple GPU", False, "no kernel")


def test_nf4_is_first_and_its_failure_is_told() -> None:
    assert choose_precision(GOOD, "auto").precision == "nf4"
    fallen = choose_precision(OLD, "auto")
    assert fallen.precision == "bf16" and "no kernel" in fallen.reason
    assert choose_precision(GOOD, "bf16").precision == "bf16"
    with pytest.raises(DeviceUnusable):
        choose_precision(OLD, "nf4")


@pytest.mark.parametrize("kind", ["cuda", "mps", "cpu"])
def test_what_was_held_is_given_back_on_each_device(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base is loaded once more to be measured: on a Mac of 16 GB there is room for one."""
    emptied: list[str] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append("cuda"))
    monkeypatch.setattr(torch.mps, "empty_cache", lambda: emptied.append("mps"))
    training = sft.Training.__new__(sft.Training)
    training.model = training.standing = None  # type: ignore[assignment]
    training.device = kind
    training.release()
    assert emptied == ([] if kind == "cpu" else [kind])


def test_losses_are_taken_in_served_precision_only_where_memory_bears_it() -> None:
    assert precision_to_measure("nf4", 270, 2_000) == "bf16"
    assert precision_to_measure("nf4", 28_000, 16_000) == "nf4"
    assert precision_to_measure("fp32", 1, 1_000) == "fp32"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_shipped_recipe_is_valid(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert set(recipe.held_groups) <= set(GROUP_TARGETS) - {PERSONA_GROUP}


def test_each_value_of_a_recipe_has_its_help() -> None:
    assert all(field.description for field in Recipe.model_fields.values())


def test_a_wrong_recipe_names_all_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("name: x\nrank: 0\nepochs: many\nspeed: 9\n", "utf-8")
    with pytest.raises(RecipeInvalid) as caught:
        load_recipe(path)
    assert [fault.split(",")[0] for fault in caught.value.faults] == [
        "line 2: rank is 0",
        "line 3: epochs is 'many'",
        "line 4: speed is no value of a recipe",
    ]
    assert "greater than or equal to 1" in caught.value.faults[0]


def test_a_wrong_value_deep_in_a_recipe_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("name: x\nstages:\n  - name: one\n    data: styles\n    epochs: 0\n", "utf-8")
    with pytest.raises(RecipeInvalid) as caught:
        load_recipe(path)
    assert caught.value.faults[0].startswith("line 5: stages.0.epochs is 0, and may be")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clip: .inf\nhold: .nan", ("line 2: clip is inf", "line 3: hold is nan")),
        ("task_weights: {chat: -1}", ("line 2: task_weights.chat is -1, and may be greater",)),
        ("length_fallbacks: [4096, -3]", ("line 2: length_fallbacks.1 is -3",)),
        ("epochs:", ("line 2: epochs is empty, and may be a valid integer",)),
        ("target_modules: []", ("line 2: target_modules is []: tuple should have at least 1",)),
        ("preference: 3", ("line 2: preference is 3, and may be names, each with its value",)),
        (
            "stages:\n- {name: one, data: styles}\n- {name: one, data: month}",
            ("stages with names of their own: one is taken",),
        ),
        ("stages: [{name: preference, data: styles}]", ("preference is taken",)),
    ],
)
def test_what_would_only_fail_in_the_night_is_refused_at_once(
    tmp_path: Path, text: str, said: tuple[str, ...]
) -> None:
    """A weight below zero would unlearn; two stages of one name would share their checkpoints."""
    path = tmp_path / "bad.yaml"
    path.write_text(f"name: x\n{text}\n", "utf-8")
    with pytest.raises(RecipeInvalid) as caught:
        load_recipe(path)
    assert len(caught.value.faults) == len(said)
    assert all(words in fault for words, fault in zip(said, caught.value.faults, strict=True))


def test_on_and_off_need_no_quotes(tmp_path: Path) -> None:
    """YAML takes them for true and false, which no value of a recipe is."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: 2026-11-01\ngradient_checkpointing: on\npreference: {method: off}\n", "utf-8"
    )
    recipe = load_recipe(path)
    assert (recipe.name, recipe.gradient_checkpointing) == ("2026-11-01", "on")
    assert recipe.preference.method == "off"


def test_guides_for_large_rounds_act_in_small_ones_and_what_differs_is_told() -> None:
    """Of 67 steps a warm-up of 100 would never end, and a look each 50 would be one."""
    recipe = Recipe(
        name="x", batch_size=4, accumulation=8, epochs=3, warmup_steps=100, evaluate_every=50,
        checkpoint_every=100,
    )  # fmt: skip
    small = plan(714, recipe)
    assert (small.steps, small.warmup, small.evaluate_every) == (69, 4, 8)
    assert len(small.differences) == 3
    large = plan(32_000, recipe)
    assert (large.warmup, large.evaluate_every, large.differences) == (100, 50, ())


def test_epochs_follow_the_round() -> None:
    recipe = Recipe(
        name="x", epochs=5, rounds=(Round(up_to=1000, epochs=3), Round(up_to=3000, epochs=4))
    )
    assert [recipe.epochs_for(n) for n in (500, 1000, 1001, 9000)] == [3, 3, 4, 5]
    turned = recipe.model_copy(update={"rounds": recipe.rounds[::-1]})
    assert turned.epochs_for(500) == 3, "however a person writes them down"


def test_small_runs_still_warm_up_and_look() -> None:
    recipe = Recipe(name="x", epochs=3, batch_size=8, evaluations=8)
    schedule = plan(20, recipe)
    assert schedule.steps == 9 and schedule.warmup == 1 and schedule.evaluate_every == 1
    rates = [schedule.rate(step, 1.0) for step in range(schedule.steps)]
    assert max(rates) == 1.0 and rates[-1] < 0.3
    assert schedule.looks_at(schedule.steps)


def test_events_survive_a_torn_line(tmp_path: Path) -> None:
    """A killed writer leaves half a line; neither reader nor next writer may stumble."""
    path = tmp_path / "events.jsonl"
    writer = EventWriter(path)
    writer.write({"kind": "stage", "name": "one"})
    writer.close()
    with path.open("ab") as file:
        file.write(b'{"kind": "sta')
    assert [row["name"] for row in read_rows(path)] == ["one"]
    offset = list(read_rows_from(path, 0))[-1][0]
    writer = EventWriter(path)
    writer.write({"kind": "stage", "name": "two"})
    writer.close()
    assert [row["seq"] for row in read_rows(path)] == [1, 2]
    assert [row["name"] for _, row in read_rows_from(path, offset)] == ["two"]


def test_commands_are_numbered_and_garbage_is_none(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert read_control(folder) is None
    first, second = send_control(folder, "pause"), send_control(folder, "resume")
    assert second > first
    control = read_control(folder)
    assert control is not None and control.command == "resume"
    for text in ("{", "[]", json.dumps({"seq": 1, "command": "explode"})):
        folder.control.write_text(text, "utf-8")
        assert read_control(folder) is None
