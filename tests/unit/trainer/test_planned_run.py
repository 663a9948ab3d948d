"""A run begins as its preflight planned it, and what cannot fit is refused before it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tests.unit.trainer.tiny_run import TINY_RECIPE, make_run
from trainer import base, preflight, worker
from trainer.checkpoint import Checkpoints
from trainer.contract.events import EVENT, Preflight
from trainer.contract.fitting import Room
from trainer.contract.folder import EXIT_DONE, EXIT_FAILED, RunFolder, read_rows
from trainer.memory_limit import limited_mb
from trainer.room import within

WIDE = TINY_RECIPE.model_copy(update={"epochs": 1, "packed_tokens": 4096, "batch_size": 8})


def events_of(folder: RunFolder, kind: str) -> list[dict[str, Any]]:
    return [row for row in read_rows(folder.events) if row["kind"] == kind]


def told_by(folder: RunFolder) -> Preflight:
    event = EVENT.validate_python(events_of(folder, "preflight")[-1])
    assert isinstance(event, Preflight)
    return event


def room_short_by(monkeypatch: pytest.MonkeyPatch, short_mb: float) -> None:
    """Memory in which everything fits but for so much of what the recipe asks for."""
    fitted = preflight.fitted

    def tight(job: Any, recipe: Any, facts: Any, _there_mb: float) -> Any:
        return fitted(job, recipe, facts, job.needed_mb() - short_mb)

    monkeypatch.setattr(preflight, "fitted", tight)


def test_the_preflight_of_a_run_says_what_it_takes(tmp_path: Path) -> None:
    """Without it a person would learn only afterwards how long the machine is taken."""
    folder = make_run(tmp_path / "run")
    assert worker.run(folder.root, None, None) == EXIT_DONE
    told = told_by(folder)
    assert told.examples == 20 and 0 < told.trained_tokens < told.tokens
    assert told.seconds > 0 and told.measured_mb > 50 and told.disk_needed_mb > 0
    assert told.needed_mb == pytest.approx(sum(told.parts_mb.values()), abs=0.2)
    assert 0 < told.needed_mb < told.there_mb and told.changes == []
    stages = [row["name"] for row in events_of(folder, "stage")]
    assert stages[:3] == ["loading", "warm_up", "training"]


def test_what_must_be_given_up_is_given_up_from_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a card that is too small would be found out by running out of memory."""
    room_short_by(monkeypatch, 0.3)
    folder = make_run(tmp_path / "run", recipe=WIDE)
    assert worker.run(folder.root, None, None) == EXIT_DONE
    told = told_by(folder)
    assert told.changes and told.changes[0].startswith("Batch 1 × 8 instead of 8 × 1")
    assert [row["warning"] for row in events_of(folder, "warning")][:1] == ["memory_changes"]
    saved = Checkpoints(folder.checkpoints).read()
    assert saved is not None and saved.progress.footing is not None
    assert (saved.progress.footing.batch_size, saved.progress.footing.packed_tokens) == (1, 128)


def test_a_run_that_goes_on_is_not_planned_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs come and go; a resumed run must end with the bits it would have had."""
    folder = make_run(tmp_path / "run", recipe=WIDE)
    assert worker.run(folder.root, None, None) == EXIT_DONE
    whole = Checkpoints(folder.checkpoints).read()
    assert whole is not None and whole.progress.footing is not None
    room_short_by(monkeypatch, 0.3)
    assert worker.run(folder.root, None, None) == EXIT_DONE
    again = Checkpoints(folder.checkpoints).read()
    assert again is not None and again.progress.footing == whole.progress.footing
    told = told_by(folder)
    assert told.changes == [], "nothing was given up of the run that goes on"
    first = Preflight.model_validate(events_of(folder, "preflight")[0])
    assert told.parts_mb["activations"] == first.parts_mb["activations"]


def test_what_cannot_fit_is_refused_before_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person should not wait minutes for a base to load that the machine then dies of."""
    monkeypatch.setattr(preflight, "read_room", lambda kind: Room(64.0, 1.0, 1.0))
    monkeypatch.setattr(preflight, "own_mb", lambda: 1.0)
    loads: list[Any] = []
    monkeypatch.setattr(base, "load_model", lambda *given: loads.append(given))
    folder = make_run(tmp_path / "run")
    assert worker.run(folder.root, None, None) == EXIT_FAILED
    (failed,) = events_of(folder, "failed")
    assert failed["error_kind"] == "memory_too_small" and loads == []
    assert "Needs" in failed["text"] and "free" in failed["text"]
    assert "smaller base" in failed["next_step"]
    assert not folder.adapter.exists() and not list(folder.checkpoints.glob("step-*"))


def test_what_might_fit_is_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum is an estimate: a training that would have worked must not be lost to it."""
    folder = make_run(tmp_path / "run")
    fitted = preflight.fitted

    def nothing_there(job: Any, recipe: Any, facts: Any, _there_mb: float) -> Any:
        return fitted(job, recipe, facts, 1.0)

    monkeypatch.setattr(preflight, "fitted", nothing_there)
    assert worker.run(folder.root, None, None) == EXIT_DONE
    assert "memory_short" in [row["warning"] for row in events_of(folder, "warning")]


def test_time_of_the_stages_to_come_is_counted_in() -> None:
    """A run of two stages would else be told to take the time of its first."""
    plan = plan_of(tokens=1_000, epochs=1)
    later = plan_of(tokens=3_000, epochs=2)
    trial = preflight.Trial(50.0, 10.0, 100.0)
    training: Any = type("T", (), {})()
    training.schedule = type("S", (), {"steps": 20})()
    training.progress = type("P", (), {"step": 10})()
    assert preflight.seconds_of_later(trial, training, [plan, later]) == pytest.approx(720.0)
    assert preflight.seconds_of_later(trial, training, [plan]) == 0.0
    assert preflight.seconds_of_later(None, training, [plan, later]) == 0.0


def plan_of(tokens: int, epochs: int) -> preflight.Plan:
    made: Any = object()
    recipe = TINY_RECIPE.model_copy(update={"epochs": epochs})
    return preflight.Plan(
        recipe, preflight.Amount([tokens], 1, 0), made, preflight.Disk(1, 2), (), 1.0
    )


def test_a_container_is_smaller_than_its_machine(tmp_path: Path) -> None:
    """A run that believed the machine's memory would be killed without a word."""
    own = tmp_path / "cgroup"
    own.write_text("1:name=systemd:/\n0::/user/app\n", "ascii")
    inner = tmp_path / "groups" / "user" / "app"
    inner.mkdir(parents=True)
    assert limited_mb(tmp_path / "groups", own) is None
    mib = 2**20
    for folder, most, held in ((inner, "max", 5), (inner.parent, str(900 * mib), 500 * mib)):
        (folder / "memory.max").write_text(f"{most}\n", "ascii")
        (folder / "memory.current").write_text(f"{held}\n", "ascii")
    files = f"anon 9\nactive_file {20 * mib}\ninactive_file {80 * mib}\n"
    (inner.parent / "memory.stat").write_text(files, "ascii")
    assert limited_mb(tmp_path / "groups", own) == (900.0, 500.0)
    assert within(16_000, 9_000, (900.0, 500.0)) == (900.0, 500.0)
    assert within(400, 300, (900.0, 500.0)) == (400, 300)
    assert within(400, 300, None) == (400, 300)
