"""The demo: a month in a home of its own, which takes nothing of the user's away."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from app import demo
from app.cli_output import progress_console
from app.cli_report import show_demo
from app.cycle import request
from app.demo import DemoRequest, run_demo
from app.errors import HomeError, MonthError
from app.home import Home, open_home
from app.store import Base, Store, open_store
from tests.tiny_gguf import write_tiny_gguf
from tests.tiny_month import TINY_RECIPE
from tests.tiny_suites import write_tiny_suites
from tests.unit.trainer.tiny_run import make_run, start_worker, wait_for


def tiny_base(place: Home, store: Store, tell: Any = None) -> Base:
    path = place.models / "tiny.gguf"
    if not path.exists():
        write_tiny_gguf(path)
    write_tiny_suites(place.suites)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return store.bases.add("tiny", "gguf", path, digest, "llama", path.stat().st_size)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo on a model that trains in seconds."""
    pytest.importorskip("torch")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(demo.base, "starter_base", tiny_base)
    longer = {"max_length": 1024, "packed_tokens": 1024}  # as long as what measures retention
    quick = TINY_RECIPE.model_copy(update={"epochs": 1, "batch_size": 16, **longer})
    monkeypatch.setattr(request, "find_recipe", lambda name: quick)


def test_a_demo_tells_all_that_it_promises(tiny: None, home: Home) -> None:
    outcome = run_demo(home, DemoRequest(seed=3), progress_console())
    row = json.loads(json.dumps(outcome.row()))
    assert set(row) == {"verdict", "reasons", "scores", "replies", "mix", "seconds", "ollama"}
    assert row["verdict"] in ("passed", "refused", "undecided")
    assert row["reasons"] and all(isinstance(reason, str) for reason in row["reasons"])
    assert {"test_loss", "retention", "checks"} <= {each["measure"] for each in row["scores"]}
    assert 3 <= len(row["replies"]) <= 20
    assert {"new", "replay", "groups"} <= set(row["mix"])
    assert row["seconds"]["total"] > row["seconds"]["trained"] > 0
    assert outcome.home.root == home.root / "demo"
    assert (outcome.run.seed, outcome.persona.name) == (3, "Sunny")
    assert not home.database.exists(), "the user's own home is not touched"
    shown = progress_console()
    with shown.capture() as captured:
        show_demo(shown, outcome)
    assert "Before and after" in captured.get() and "Verdict" in captured.get()


def test_a_demo_that_was_killed_goes_on(
    tiny: None, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody should train the same month twice because a terminal was closed."""

    def killed(place: Home, run_id: str, *, yes: bool) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo.training, "work_on", killed)
        with pytest.raises(KeyboardInterrupt):
            run_demo(home, DemoRequest(replay=False), progress_console())
    with open_store(open_home(home.root / "demo")) as store:
        (run,) = store.runs.of_persona(1)
    mark = demo._Mark(month="built in", replay=False, seed=None)
    assert demo._cut_off(home.root / "demo", mark) == run.id
    assert demo._cut_off(home.root / "demo", mark.model_copy(update={"replay": True})) is None


def test_a_demo_clears_only_what_a_demo_made(home: Home) -> None:
    """A folder of the user's that happens to be called demo is left alone."""
    place = home.root / "demo"
    place.mkdir()
    (place / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(HomeError, match="something else"):
        run_demo(home, DemoRequest(), progress_console())
    assert (place / "thesis.txt").read_text("utf-8") == "mine"


def test_what_is_slow_to_make_outlives_a_demo(home: Home) -> None:
    place = open_home(home.root / "demo")
    demo._write_mark(place, demo._Mark(month="built in", replay=True, seed=None))
    (place.models / "tiny.gguf").write_bytes(b"x")
    (place.runs / "old").mkdir()
    demo._clear(place.root, progress_console())
    assert (place.models / "tiny.gguf").exists()
    assert not place.runs.exists()


def test_the_trainer_of_a_killed_demo_ends_before_the_next_one(home: Home) -> None:
    """Two trainings at once on one small computer end neither."""
    pytest.importorskip("torch")
    place = open_home(home.root / "demo")
    demo._write_mark(place, demo._Mark(month="built in", replay=True, seed=None))
    recipe = TINY_RECIPE.model_copy(update={"epochs": 100, "batch_size": 1})
    folder = make_run(place.runs / "old", recipe=recipe)
    worker = start_worker(folder)
    wait_for(folder, "step", 1)
    demo._clear(place.root, progress_console())
    assert worker.wait(timeout=30) == 0
    assert not place.runs.exists()


def test_a_month_that_is_not_there_is_said(home: Home, tmp_path: Path) -> None:
    with pytest.raises(MonthError, match="cannot be read"):
        run_demo(home, DemoRequest(month=tmp_path / "none.jsonl"), progress_console())
