"""What is asked of a run: every wrong value is named, and a killed run keeps its settings."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from app.cli_progress import RunView
from app.cycle.errors import CycleError, NotEnough, RecipeWrong
from app.cycle.mixing import mix
from app.cycle.request import find_recipe, free_run_id, make_request, read_request, save_request
from app.cycle.stages import STAGES, is_after, stages_after
from app.home import Home
from tests.tiny_month import TinyMonth
from trainer.contract.folder import RunFolder, read_rows


def test_every_shipped_recipe_can_be_asked_for() -> None:
    for name in ("auto", "starter"):
        assert find_recipe(name).name == "starter"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nrank: 0\nepochs: many\n", ("rank", "epochs")),
        ("name: [\n", ("YAML",)),
        ("just words\n", ("names, each with its value",)),
        ("name: x\nrank: 8\nrank: 16\n", ("line 3", "rank stands there twice")),
        (f"name: {'[' * 3000}\n", ("YAML",)),
        ("name: x\nseed: 0b_\n", ("YAML",)),
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


def test_a_folder_is_no_recipe_and_is_not_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(RecipeWrong, match="cannot be read"):
        find_recipe(tmp_path)


def test_settings_outlive_the_process(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    request = make_request("starter", seed=3, replay=False)
    save_request(folder, request)
    assert read_request(folder) == request


def test_a_recipe_that_nobody_chose_says_why_it_is_so(month: TinyMonth) -> None:
    """Numbers that come from nowhere are believed by nobody; the terminal prints the reasons."""
    auto = make_request("auto", 7, base_billions=8.2, examples=714)
    assert any("Rank 8" in words and "714 examples" in words for words in auto.reasons)
    month.talk()
    month.replay()
    context = month.context(month.begin())
    small = context.request.model_copy(update={"reasons": auto.reasons})
    context.request = small
    mix(context)
    context.close()
    (told,) = (row for row in read_rows(context.folder.cycle_events) if row["kind"] == "recipe")
    assert tuple(told["reasons"]) == auto.reasons
    written = StringIO()
    RunView(Console(file=written, width=200), None).show({"origin": "cycle", **told})
    assert all(words in written.getvalue() for words in auto.reasons)


def test_other_reasons_are_no_other_request() -> None:
    """One reply more, and a training that was cut off would begin anew instead of going on."""
    one, more = (make_request("auto", 7, base_billions=8.2, examples=n) for n in (714, 715))
    assert one != more and one.asks_for_the_same(more)
    assert not one.asks_for_the_same(make_request("starter", 7))


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
