"""What is asked of a run: every wrong value is named, and a killed run keeps its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cycle.errors import CycleError, NotEnough, RecipeWrong
from app.cycle.request import find_recipe, free_run_id, make_request, read_request, save_request
from app.cycle.stages import STAGES, is_after, stages_after
from app.home import Home
from tests.tiny_month import TinyMonth
from trainer.contract.folder import RunFolder


def test_every_shipped_recipe_can_be_asked_for() -> None:
    for name in ("auto", "starter"):
        assert find_recipe(name).name == "starter"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nrank: 0\nepochs: many\n", ("rank", "epochs")),
        ("name: [\n", ("YAML",)),
        ("just words\n", ("valid dictionary",)),
        (None, ("not there",)),
    ],
)
def test_a_wrong_recipe_names_all_that_is_wrong(
    tmp_path: Path, text: str | None, said: tuple[str, ...]
) -> None:
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(RecipeWrong) as caught:
        find_recipe(path)
    assert all(word in caught.value.text for word in said)


def test_settings_outlive_the_process(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    request = make_request("starter", seed=3, replay=False)
    save_request(folder, request)
    assert read_request(folder) == request


def test_a_removed_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(CycleError, match="removed or damaged"):
        read_request(RunFolder(tmp_path / "gone"))


def test_run_names_count_up(home: Home) -> None:
    first = free_run_id(home, "sunny", ())
    assert first.endswith("-sunny-1")
    folder = RunFolder(home.runs / first)
    save_request(folder, make_request())
    assert free_run_id(home, "sunny", ()) == first, "a killed start leaves no gap"
    folder.spec.write_text("{}", "utf-8")
    second = free_run_id(home, "sunny", ())
    assert second.endswith("-sunny-2")
    assert free_run_id(home, "sunny", {second}).endswith("-sunny-3")


def test_stages_go_on_behind_the_last() -> None:
    assert stages_after("") == STAGES
    assert stages_after("gated")[0] == "accepted"
    assert stages_after("live") == ()
    assert is_after("converted", "trained") and not is_after("mixed", "trained")


def test_too_few_replies_are_said_before_anything_starts(month: TinyMonth) -> None:
    """Otherwise a person waits minutes for an adapter that cannot be."""
    month.talk(49)
    with pytest.raises(NotEnough) as caught:
        month.begin()
    assert "49" in caught.value.text and "1 more" in caught.value.next_step
    assert not list(month.home.runs.iterdir())
