"""A recipe that comes with the app and does not train would cost its user a night."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.unit.trainer.tiny_run import conversation, kinds, make_run, train
from trainer.contract.folder import stage_folder
from trainer.contract.recipe import load_recipe

RECIPES = sorted((Path(__file__).parents[3] / "resources" / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_recipe_trains_end_to_end(tmp_path: Path, path: Path) -> None:
    recipe = load_recipe(path)
    folder = make_run(tmp_path / "run", recipe=recipe)
    for stage in recipe.stages:
        place = stage_folder(folder.data, stage.name)
        place.mkdir(parents=True)
        for side, count in (("train", 20), ("valid", 4)):
            rows = "".join(json.dumps(conversation(i + 40)) + "\n" for i in range(count))
            (place / f"{side}.jsonl").write_text(rows, "utf-8")
    events = train(folder)
    assert kinds(events)[-1] == "done", events[-1]
    assert (folder.adapter / "adapter_config.json").is_file()
    config = json.loads((folder.adapter / "adapter_config.json").read_text("utf-8"))
    assert (config["r"], config["lora_alpha"]) == (recipe.rank, recipe.alpha)
    assert folder.losses.is_file() and folder.parity.is_file()
    steps = [event for event in events if event["kind"] == "step"]
    assert steps[-1]["step"] == steps[-1]["steps"]
    told = next(event for event in events if event["kind"] == "preflight")
    assert isinstance(told["differences"], list)
