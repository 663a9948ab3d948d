"""Learning what is liked better: it helps, or it leaves everything as it was."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from safetensors.numpy import load_file  # noqa: E402

from tests.unit.trainer.preference_run import (  # noqa: E402
    PAIRS_TO_KILL,
    RECIPE,
    TERSE,
    VERBOSE,
    Heard,
    hearing,
    make_base,
    make_job,
    pair,
    prompt,
    thumb,
)
from tests.unit.trainer.tiny_run import ROOT  # noqa: E402
from trainer import preference_trainer  # noqa: E402
from trainer.checkpoint import adapter_parameters  # noqa: E402
from trainer.contract.events import (  # noqa: E402
    ControlApplied,
    Eval,
    OomBackoff,
    Stage,
    Step,
    Warned,
)
from trainer.contract.folder import Command, read_rows  # noqa: E402
from trainer.preference import ADAPTER, PreferenceJob, PreferenceTraining  # noqa: E402

PAIRS = [pair(index) for index in range(60)]
THUMBS = [thumb(index) for index in range(64)]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("bases"))


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Heard]:
    with hearing(tmp_path / "run") as heard:
        yield heard


def weights(folder: Path) -> dict[str, bytes]:
    tensors = load_file(folder / "adapter_model.safetensors")
    return {name: tensor.tobytes() for name, tensor in tensors.items()}


def worn(job: PreferenceJob) -> dict[str, bytes]:
    """What the model wears now, by the names of the file."""
    return {
        name.replace(".default.", "."): p.detach().numpy().tobytes()
        for name, p in adapter_parameters(job.model).items()
    }


def warnings(heard: Heard) -> list[str]:
    return [event.warning for event in heard.events if isinstance(event, Warned)]


@pytest.mark.parametrize("precision", ["fp32", "nf4"])
def test_pairs_teach_the_liked_reply(bases: Path, heard: Heard, precision: str) -> None:
    """A persona that was told "shorter" so often must hear it, also in four bits."""
    before = weights(bases / "start")
    recipe = RECIPE.model_copy(update={"epochs": 4})
    job = make_job(bases, heard, PAIRS, recipe=recipe, precision=precision)
    outcome = PreferenceTraining(job).run()
    result = outcome.result
    assert result is not None and result.kept and result.method == "dpo"
    assert (result.taught, result.measured) == (45, 15)
    assert result.accuracy is not None and result.accuracy > 0.7
    assert result.likelier_before is not None and result.likelier_after is not None
    assert result.likelier_before < 0.3 and result.likelier_after > result.likelier_before
    assert outcome.control == "go_on" and outcome.adapter == job.place / ADAPTER
    assert weights(outcome.adapter) == worn(job) != before == weights(bases / "start")
    steps = [event for event in heard.events if isinstance(event, Step)]
    assert [step.step for step in steps] == list(range(101, 125))
    looks = [event for event in heard.events if isinstance(event, Eval)]
    assert len(looks) == 2 and looks[-1].preference_accuracy == result.accuracy
    assert Stage(name="preferences") in heard.events and warnings(heard) == []


def test_thumbs_teach_where_there_are_no_pairs(bases: Path, heard: Heard) -> None:
    recipe = RECIPE.model_copy(update={"method": "auto", "epochs": 2})
    job = make_job(bases, heard, THUMBS, recipe=recipe)
    result = PreferenceTraining(job).run().result
    assert result is not None and result.kept and result.method == "kto"
    assert result.accuracy is not None and result.accuracy > 0.7
    assert weights(job.place / ADAPTER) != weights(bases / "start")


def test_learning_begins_where_the_adapter_stands(bases: Path, heard: Heard) -> None:
    """Held against the bare base, the manner that was learned before would be unlearned."""
    job = make_job(bases, heard, PAIRS)
    PreferenceTraining(job).run()
    first = next(event for event in heard.events if isinstance(event, Step))
    assert first.loss == pytest.approx(math.log(2), abs=1e-4)


def test_a_model_is_as_it_was_but_for_what_it_learned(bases: Path, heard: Heard) -> None:
    """It is sampled from afterwards, and its adapter is what is written."""
    job = make_job(bases, heard, PAIRS)
    dropouts = [m.p for m in job.model.modules() if isinstance(m, torch.nn.Dropout)]
    learning = list(adapter_parameters(job.model))
    PreferenceTraining(job).run()
    assert [m.p for m in job.model.modules() if isinstance(m, torch.nn.Dropout)] == dropouts
    assert any(dropouts) and list(job.model.peft_config) == ["default"]
    assert list(adapter_parameters(job.model)) == learning
    assert "forward" not in job.model.get_base_model().__dict__


def test_what_harms_little_is_kept(bases: Path, heard: Heard) -> None:
    recipe = RECIPE.model_copy(update={"most_harm": 0.02, "learning_rate": 2e-4})
    job = make_job(bases, heard, PAIRS, recipe=recipe, valid=TERSE)
    result = PreferenceTraining(job).run().result
    assert result is not None and result.kept and result.accuracy and result.accuracy > 0.7
    assert result.persona_loss_before is not None and result.persona_loss_after is not None
    assert 0.9 < result.persona_loss_after / result.persona_loss_before < 1.02
    assert warnings(heard) == []


def test_what_harms_the_persona_is_not_kept(bases: Path, heard: Heard) -> None:
    """Its held-out replies are verbose here, so to become terse is harm."""
    recipe = RECIPE.model_copy(update={"most_harm": 0.02, "looks": 1})
    job = make_job(bases, heard, PAIRS, recipe=recipe, valid=VERBOSE)
    outcome = PreferenceTraining(job).run()
    result = outcome.result
    assert result is not None and not result.kept
    assert result.persona_loss_before is not None and result.persona_loss_after is not None
    assert result.persona_loss_after > 1.02 * result.persona_loss_before
    assert outcome.adapter == bases / "start" and warnings(heard) == ["preferences_harm"]
    assert worn(job) == weights(bases / "start") and not (job.place / ADAPTER).exists()


def test_what_was_learned_before_it_harmed_is_kept(bases: Path, tmp_path: Path) -> None:
    """The bound lies where a look in the middle of a free training stands."""

    def run(most_harm: float, name: str) -> tuple[list[float], list[str], bool]:
        recipe = RECIPE.model_copy(update={"most_harm": most_harm, "looks": 6})
        with hearing(tmp_path / name) as heard:
            job = make_job(bases, heard, PAIRS, recipe=recipe, valid=VERBOSE)
            result = PreferenceTraining(job).run().result
        assert result is not None and result.persona_loss_before
        first = result.persona_loss_before
        evals = [event for event in heard.events if isinstance(event, Eval)]
        return [event.loss / first - 1 for event in evals], warnings(heard), result.kept

    rises, said, kept = run(9.0, "free")
    assert len(rises) == 6 and kept and said == []
    first_good = next(index for index, rise in enumerate(rises) if rise > 0)
    assert rises[-1] > rises[first_good]
    bounded, said, kept = run(rises[first_good] * 1.001, "bounded")
    assert bounded == rises[: len(bounded)] and len(bounded) < 6
    assert kept and said == ["preferences_stopped"]


@pytest.mark.parametrize(
    ("rows", "update", "method"),
    [
        (PAIRS[:10], {"method": "auto"}, None),
        (THUMBS[:10], {"method": "auto"}, None),
        ([*THUMBS[::2], *THUMBS[::2]], {"method": "auto", "least": 60}, None),
        ([*PAIRS, *THUMBS], {"method": "auto"}, "dpo"),
        ([*PAIRS[:10], *THUMBS], {"method": "auto"}, "kto"),
        (PAIRS[:10], {"method": "dpo"}, "dpo"),
        (PAIRS, {"method": "off"}, None),
        ([PAIRS[0]] * 60, {"method": "auto"}, None),
        ([], {"method": "auto"}, None),
    ],
)
def test_what_there_is_decides_and_too_few_are_left_out(
    bases: Path, heard: Heard, rows: Any, update: Any, method: str | None
) -> None:
    """Ten thumbs would teach ten accidents; who wants them all the same says so."""
    recipe = RECIPE.model_copy(update=update)
    job = make_job(bases, heard, rows, recipe=recipe)
    outcome = PreferenceTraining(job).run()
    assert outcome.result is not None and outcome.result.method == method
    assert outcome.result.reason
    if method is None:
        same_message = outcome.result.reason.startswith("All preferences answer the same")
        assert warnings(heard) == (["preferences_one_question"] if same_message else [])
        assert outcome.adapter == bases / "start"
        assert not any(isinstance(event, Step | Stage) for event in heard.events)


def test_who_asks_for_what_is_not_there_is_told(bases: Path, heard: Heard) -> None:
    """A recipe that names a method does not leave it out without a word."""
    recipe = RECIPE.model_copy(update={"method": "kto"})
    job = make_job(bases, heard, PAIRS[:10], recipe=recipe)
    outcome = PreferenceTraining(job).run()
    (warned,) = [event for event in heard.events if isinstance(event, Warned)]
    assert warned.warning == "preferences_few" and outcome.adapter == bases / "start"
    assert warned.values == {"pairs": 10, "up": 0, "down": 0} and "10 pairs" in warned.advice


def test_what_cannot_be_learned_from_is_counted_and_told(bases: Path, heard: Heard) -> None:
    """Ratings that come to nothing would else be lost without a word."""
    empty = {**pair(900), "rejected": " "}
    only_system = {**pair(901), "prompt": prompt(901)[:1]}
    cut = {**pair(902), "rejected": "and " * 900}
    recipe = RECIPE.model_copy(update={"most_harm": 9})
    job = make_job(bases, heard, [*PAIRS, empty, only_system, cut], recipe=recipe)
    result = PreferenceTraining(job).run().result
    (warned,) = [event for event in heard.events if isinstance(event, Warned)]
    assert warned.warning == "preferences_unusable" and result is not None and result.kept
    assert warned.values == {
        "unusable": 2, "all": 63, "cut": 1, "too_long": 0, "empty": 1, "same": 0,
        "no_question": 1, "damaged": 0,
    }  # fmt: skip
    assert (result.taught + result.measured, result.unusable, result.cut) == (61, 2, 1)
    assert result.row()["unusable"] == 2 and "start_digest" not in result.row()


@pytest.mark.parametrize(
    ("command", "control"), [("save-and-stop", "saved"), ("discard", "discarded")]
)
def test_a_command_is_obeyed_in_the_middle(
    bases: Path, tmp_path: Path, command: Command, control: str
) -> None:
    """Whoever wants the machine back gets it, and loses no adapter."""
    recipe = RECIPE.model_copy(update={"epochs": 20})
    with hearing(tmp_path / "run", command) as heard:
        job = make_job(bases, heard, PAIRS, recipe=recipe)
        outcome = PreferenceTraining(job).run()
    assert outcome.control == control and outcome.adapter == bases / "start"
    assert 0 < sum(isinstance(event, Step) for event in heard.events) < 6 * 20
    assert any(isinstance(event, ControlApplied) for event in heard.events)
    assert worn(job) == weights(bases / "start") and not job.place.exists()


def test_a_kill_leaves_the_adapter_and_the_next_start_ends_the_same(
    bases: Path, tmp_path: Path
) -> None:
    """A power cut costs the time of this part, and nothing else."""
    before = weights(bases / "start")
    root = tmp_path / "killed"
    module = "tests.unit.trainer.preference_run"
    worker = subprocess.Popen(
        [sys.executable, "-m", module, str(bases), str(root)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    deadline = time.monotonic() + 300
    while not any(row["kind"] == "step" for row in read_rows(root / "events.jsonl")):
        assert worker.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    worker.kill()
    worker.wait()
    assert weights(bases / "start") == before
    assert not (root / "checkpoints" / "preference").exists()
    ends = []
    for name in ("killed", "whole"):
        with hearing(tmp_path / name) as heard:
            job = make_job(bases, heard, PAIRS_TO_KILL)
            ends.append(weights(PreferenceTraining(job).run().adapter))
    assert ends[0] == ends[1] != before


def test_a_result_that_stands_is_not_made_again(bases: Path, tmp_path: Path, heard: Heard) -> None:
    """A kill while the losses are measured must not cost the preferences."""
    job = make_job(bases, heard, PAIRS)
    first = PreferenceTraining(job).run()
    heard.events.clear()
    with torch.no_grad():
        next(iter(adapter_parameters(job.model).values())).add_(1)
    assert PreferenceTraining(job).run() == first and heard.events == []
    assert worn(job) == weights(first.adapter)
    job.model.save_pretrained(tmp_path / "other")
    PreferenceTraining(replace(job, start=tmp_path / "other")).run()
    assert Stage(name="preferences") in heard.events


def failing(monkeypatch: pytest.MonkeyPatch, fails: Any) -> None:
    """Have the scores of TRL's trainer fail where `fails` says so."""
    real = preference_trainer.token_losses

    def scores(model: Any, pack: Any) -> Any:
        losses, counted = real(model, pack)
        return fails(model, pack, losses), counted

    monkeypatch.setattr(preference_trainer, "token_losses", scores)


def test_a_loss_that_is_no_number_keeps_the_adapter(
    bases: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = iter(range(100))
    failing(monkeypatch, lambda m, p, losses: losses * (math.nan if next(steps) > 2 else 1))
    job = make_job(bases, heard, PAIRS)
    outcome = PreferenceTraining(job).run()
    assert outcome.adapter == bases / "start" and warnings(heard) == ["preferences_diverged"]
    assert worn(job) == weights(bases / "start")


def test_a_failure_of_the_library_keeps_the_adapter(
    bases: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another release of TRL must not cost the training of a night, now or at each new start."""

    def fails(*_: Any) -> Any:
        raise RuntimeError("shapes do not fit")

    failing(monkeypatch, fails)
    job = make_job(bases, heard, PAIRS)
    outcome = PreferenceTraining(job).run()
    assert outcome.adapter == bases / "start" and warnings(heard) == ["preferences_failed"]
    assert worn(job) == weights(bases / "start")
    assert list(job.model.peft_config) == ["default"]


def test_without_trl_preferences_are_left_out_and_said(
    bases: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation from before there was preference training goes on training replies."""
    for name in ("preference_attempt", "preference_trainer"):
        monkeypatch.delitem(sys.modules, f"trainer.{name}")
    monkeypatch.setitem(sys.modules, "trl", None)
    outcome = PreferenceTraining(make_job(bases, heard, PAIRS)).run()
    assert outcome.adapter == bases / "start" and warnings(heard) == ["preferences_no_library"]
    assert outcome.result is not None and "start.py update" in outcome.result.reason


@pytest.mark.parametrize("bearable", ["fewer", "checkpointed", "nothing"])
def test_where_memory_runs_out_less_is_tried(
    bases: Path, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch, bearable: str
) -> None:
    def fails(model: Any, pack: Any, losses: Any) -> Any:
        checkpointed = model.get_base_model().is_activation_checkpointing
        borne = {"fewer": len(pack.examples) <= 2, "checkpointed": checkpointed}
        if not borne.get(bearable, False):
            raise torch.OutOfMemoryError
        return losses

    failing(monkeypatch, fails)
    job = make_job(bases, heard, PAIRS)
    outcome = PreferenceTraining(job).run()
    assert outcome.result is not None and outcome.result.kept == (bearable != "nothing")
    assert warnings(heard) == ([] if outcome.result.kept else ["preferences_memory"])
    given_up = [event for event in heard.events if isinstance(event, OomBackoff)]
    assert len(given_up) == (1 if bearable == "fewer" else 2)
    assert not job.model.get_base_model().is_activation_checkpointing
    if outcome.result.kept:
        monkeypatch.undo()
        with hearing(tmp_path / "whole") as other:
            found = PreferenceTraining(make_job(bases, other, PAIRS)).run().result
        assert found is not None and found.persona_loss_after is not None
        assert outcome.result.persona_loss_after == pytest.approx(
            found.persona_loss_after, rel=1e-3
        )


def test_nothing_is_sent_to_the_makers_of_trl(
    bases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl.trainer import base_trainer

    sent: list[Any] = []
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(base_trainer, "send_telemetry", lambda *a, **k: sent.append(a))
    for rows, method in ((PAIRS, "dpo"), (THUMBS, "kto")):
        recipe = RECIPE.model_copy(update={"method": method})
        with hearing(tmp_path / method) as heard:
            result = PreferenceTraining(make_job(bases, heard, rows, recipe=recipe)).run().result
        assert result is not None and result.method == method
    assert sent == []
