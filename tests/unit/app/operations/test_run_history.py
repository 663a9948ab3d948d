"""What a run was can be looked up a year later, also where a file of it was lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cycle.stages import DISCARDED
from app.home import Home
from app.operations import run_history, training
from app.operations.run_comparison import compare
from app.operations.run_curves import CurveReader, Said, smoothed, thinned
from app.operations.run_facts import FileTrouble, facts_of
from app.operations.run_history import PAGE
from app.store import Persona, Store, open_store
from tests.unit.app.evaluation.example_report import example_report
from trainer.contract.folder import EventWriter, RunFolder
from trainer.contract.recipe import Recipe

MANIFEST = {
    "train": {"new": {"replies": 93}, "replay": {"replies": 40}},
    "valid": {"new": {"replies": 16}, "replay": {"replies": 7}},
    "test": {"replies": 11},
    "replay_test": {"replies": 135},
    "groups": {"coding": {"train": 24}, "general": {"train": 16}},
    "topics": {"coding": {"share": 0.25}},
    "shortfalls": ["Nothing shows whether these are forgotten: persona."],
    "round": {"name": "first"},
}
STEP = {"steps": 90, "epoch": 0.1, "lr": 1e-4, "grad_norm": 0.9, "tokens_per_s": 200.0,
        "memory_mb": 1400.0, "eta_s": 9.0}  # fmt: skip


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("SmolLM2 135M", "gguf", "b.gguf", "d", "llama")
    return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


def add_run(
    store: Store, home: Home, who: Persona, number: int, verdict: str = "", **recipe: Any
) -> RunFolder:
    """A run with every file that one leaves; without a verdict it was stopped in its training."""
    assert who.base_id is not None
    run_id = f"2026-11-sunny-{number}"
    store.runs.add(run_id, who.id, who.base_id, who.active_adapter_id, "starter", 7)
    store.runs.complete_stage(run_id, "gated" if verdict else "mixed")
    state: Any = "waiting" if verdict == "passed" else verdict or "stopped"
    store.runs.set_state(run_id, state, verdict=verdict or None)
    folder = RunFolder(home.runs / run_id)
    folder.data.mkdir(parents=True)
    values = Recipe.model_validate({"name": "starter", **recipe}).model_dump(mode="json")
    folder.spec.write_text(json.dumps({"recipe": values, "system_prompt": "Be sunny."}), "utf-8")
    (folder.data / "manifest.json").write_text(json.dumps(MANIFEST), "utf-8")
    if verdict:
        report = example_report() | {"verdict": verdict}
        folder.report.write_text(json.dumps(report), "utf-8")
    events = EventWriter(folder.events)
    events.write({"kind": "preflight", "device": "cuda", "precision": "nf4"})
    for step in range(1, 11):
        events.write({"kind": "step", "step": step, "loss": 3 - step / 10, **STEP})
        if step % 5 == 0:
            look = {"step": step, "loss": 2.5 - step / 20, "base_loss": 2.9, "best": True}
            events.write({"kind": "eval", **look})
            events.write({"kind": "checkpoint", "step": step})
    events.close()
    cycle = EventWriter(folder.cycle_events)
    cycle.write({"kind": "stage", "name": "mixed", "state": "begun"})
    cycle.write({"kind": "stage", "name": "mixed", "state": "completed"})
    cycle.close()
    return folder


def make_adapter(store: Store, who: Persona, folder: RunFolder) -> int:
    assert who.base_id is not None
    run_id = folder.root.name
    made = store.adapters.add(
        who.id, who.base_id, run_id, None, folder.adapter, folder.adapter_gguf, f"d-{run_id}"
    )
    return made.id


def put_live(store: Store, who: Persona, folder: RunFolder) -> None:
    run_id = folder.root.name
    adapter_id = make_adapter(store, who, folder)
    store.deployments.put_live(who.id, run_id, adapter_id, "runtime", "1", "runtime", {})
    store.runs.set_state(run_id, "done", verdict="passed")


def test_a_row_says_what_a_run_was(store: Store, home: Home, sunny: Persona) -> None:
    put_live(store, sunny, add_run(store, home, sunny, 1, "passed"))
    again = store.personas.get(sunny.id)
    add_run(store, home, again, 2)
    stopped, live = run_history.page(store, sunny.id).rows
    assert (live.outcome, live.version, live.parent, live.base) == (
        "live", 1, None, "SmolLM2 135M",
    )  # fmt: skip
    assert (stopped.outcome, stopped.version, stopped.parent) == ("stopped", None, 1)
    facts = live.facts
    assert (facts.round, facts.device, facts.precision) == ("first", "cuda", "nf4")
    assert (facts.mix["new"], facts.mix["replay"], facts.mix["valid"]) == (93, 40, 23)
    assert facts.took == pytest.approx(sum(example_report()["seconds"].values()))
    assert facts.valid_loss == min(loss for _, loss in example_report()["curves"]["valid"])
    # A run that never came to a report tells its losses by its events.
    assert (stopped.facts.train_loss, stopped.facts.valid_loss) == (2.0, 2.0)
    assert live.facts.troubles == stopped.facts.troubles == ()


def test_a_long_history_comes_page_by_page_and_none_is_lost(
    store: Store, home: Home, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sunny.base_id is not None
    with store.transaction():
        for number in range(205):
            store.runs.add(f"run-{number:03}", sunny.id, sunny.base_id, None, "starter", 1)
            store.runs.set_state(f"run-{number:03}", "refused", verdict="refused")
    looked: list[str] = []

    def look(run: Any, root: Path, *, elsewhere: bool) -> Any:
        looked.append(run.id)
        return facts_of(run, root, elsewhere=elsewhere)

    monkeypatch.setattr("app.operations.run_history.facts_of", look)
    page = run_history.page(store, sunny.id)
    assert len(page.rows) == len(looked) == PAGE and page.counts["all"] == 205
    ids = [row.run.id for row in page.rows]
    while page.after is not None:
        page = run_history.page(store, sunny.id, after=page.after)
        ids += [row.run.id for row in page.rows]
    assert ids == [f"run-{number:03}" for number in reversed(range(205))]
    assert run_history.count_runs(store, sunny.id) == 205
    assert run_history.page(store, sunny.id, after="gone").rows == ()


def test_the_filter_goes_by_verdict(store: Store, home: Home, sunny: Persona) -> None:
    for number, verdict in enumerate(("passed", "refused", "undecided", "", ""), 1):
        add_run(store, home, sunny, number, verdict)
    page = run_history.page(store, sunny.id, "unfinished")
    assert [row.run.id[-1] for row in page.rows] == ["5", "4"]
    assert page.counts == {"all": 5, "passed": 1, "refused": 1, "undecided": 1, "unfinished": 2}


def test_what_became_of_a_run_is_told_apart(
    store: Store, home: Home, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "run_alive", lambda _home, run_id: run_id.endswith("7"))
    put_live(store, sunny, add_run(store, home, sunny, 1, "passed"))
    put_live(store, sunny, add_run(store, home, sunny, 2, "passed"))
    store.deployments.undo_last(sunny.id)
    for number, (state, verdict, reason) in enumerate(
        (
            ("waiting", "passed", ""), ("refused", "passed", ""), ("refused", "refused", ""),
            ("stopped", None, DISCARDED), ("running", None, ""), ("running", None, ""),
            ("failed", None, "memory"), ("done", "undecided", ""),
        ),
        3,
    ):  # fmt: skip
        folder = add_run(store, home, sunny, number)
        states: Any = state
        store.runs.set_state(folder.root.name, states, verdict=verdict, reason=reason)
    rows = run_history.page(store, sunny.id).rows
    assert [row.outcome for row in reversed(rows)] == [
        "live", "rolled_back", "waiting", "kept_old", "refused", "discarded", "running", "cut_off",
        "failed", "previous",
    ]  # fmt: skip
    assert rows[0].overruled and not rows[-1].overruled


def _make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILS: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "damaged": lambda path: path.write_bytes(b'{"scores": [\xff'),
    "no object": lambda path: path.write_text("[1, 2]", "utf-8"),
    "nested": lambda path: path.write_text("[" * 100_000 + "\n", "utf-8"),
    "folder": _make_a_folder,
    "empty": lambda path: path.write_text("", "utf-8"),
    "wrong parts": lambda path: path.write_text(
        json.dumps(
            {
                "scores": [1, {"values": 3}], "curves": [], "seconds": {"mixed": "long"},
                "replies": {"x": 1}, "recipe": 7, "train": 5, "groups": [2], "round": None,
                "reasons": [None], "data": "none", "topics": 1,
            }
        ),
        "utf-8",
    ),
}  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILS)
@pytest.mark.parametrize("file", ["report.json", "run.json", "data/manifest.json", "events.jsonl",
                                  "cycle.jsonl"])  # fmt: skip
def test_a_damaged_file_is_said_and_the_rest_is_shown(
    store: Store, home: Home, sunny: Persona, file: str, spoil: str
) -> None:
    folder = add_run(store, home, sunny, 1, "refused", rank=32)
    other = add_run(store, home, sunny, 2, "passed")
    SPOILS[spoil](folder.root / file)
    found = run_history.details(store, folder.root.name)
    named = [trouble.name for trouble in found.troubles]
    if file.endswith(".json") and spoil != "wrong parts":
        assert named == [file]
    else:
        assert set(named) <= {file}
    assert found.summary.outcome == "refused"
    both = compare(found, run_history.details(store, other.root.name))
    assert both.other.troubles == () and both.overview
    assert len(run_history.page(store, sunny.id).rows) == 2


def test_a_folder_that_is_gone_is_one_sentence(store: Store, home: Home, sunny: Persona) -> None:
    assert sunny.base_id is not None
    store.runs.add("r1", sunny.id, sunny.base_id, None, "starter", 1)
    store.runs.complete_stage("r1", "live")
    store.runs.set_state("r1", "done", verdict="passed")
    found = run_history.details(store, "r1")
    assert found.troubles == (FileTrouble("r1", "missing"),)
    assert found.commands == () and found.page is None and found.recipe == {}


def test_what_was_set_otherwise_is_told_with_what_is_usual(
    store: Store, home: Home, sunny: Persona
) -> None:
    folder = add_run(store, home, sunny, 1, "passed", rank=32, about="for a test")
    found = run_history.details(store, folder.root.name)
    assert [(each.name, each.value, each.usual) for each in found.changed] == [("rank", 32, 16)]


def test_a_run_can_be_repeated_by_the_line_that_is_shown(
    store: Store, home: Home, sunny: Persona
) -> None:
    put_live(store, sunny, add_run(store, home, sunny, 1, "passed"))
    put_live(store, sunny, add_run(store, home, sunny, 2, "passed"))
    commands = dict(run_history.details(store, "2026-11-sunny-1").commands)
    assert " -m trainer run " in commands["repeat"]
    assert commands["repeat"].endswith(" --into 2026-11-sunny-1-again")
    assert commands["pack"].endswith(" 2026-11-sunny-1.zip")
    assert " rollback sunny --to 2026-11-sunny-1 " in commands["bring_back"]
    live = dict(run_history.details(store, "2026-11-sunny-2").commands)
    assert "bring_back" not in live


def test_two_runs_are_held_against_each_other(store: Store, home: Home, sunny: Persona) -> None:
    one = add_run(store, home, sunny, 1, "passed", rank=8)
    other = add_run(store, home, sunny, 2, "passed", rank=8, epochs=5)
    report = example_report()
    report["scores"][2]["values"]["candidate"] = {"value": 2.5, "n": 16, "low": 2.4, "high": 2.6}
    report["scores"][7]["values"]["candidate"]["value"] = 0.6
    report["scores"][8]["values"]["base"]["value"] = 0.8
    report["replies"] = report["replies"][:1]
    report["replies"][0]["candidate"] = "Another answer."
    other.report.write_text(json.dumps(report), "utf-8")
    found = compare(
        run_history.details(store, one.root.name), run_history.details(store, other.root.name)
    )
    assert [(pair.name, pair.one, pair.other) for pair in found.recipe] == [("epochs", 3, 5)]
    assert not any(pair.differs for pair in found.mix)
    scores = {(pair.row["measure"], pair.row["group"], pair.row.get("kind")): pair
              for pair in found.scores}  # fmt: skip
    loss, coding = scores["test_loss", "", None], scores["checks", "coding", None]
    assert (loss.better, loss.sure, loss.against_base) == ("other", True, False)
    assert (coding.better, coding.sure) == ("one", None)
    # The second was asked something easier: what it gained on its base counts.
    general = scores["checks", "general", None]
    assert (general.better, general.against_base) == ("other", True)
    assert scores["traits", "formality", None].better == ""
    (reply,) = found.replies
    assert (reply.prompt, reply.other) == (report["replies"][0]["prompt"], "Another answer.")


def test_replies_that_a_report_left_out_are_compared_too(
    store: Store, home: Home, sunny: Persona
) -> None:
    for number in (1, 2):
        folder = add_run(store, home, sunny, number, "passed")
        folder.report.write_text(json.dumps(example_report() | {"replies": []}), "utf-8")
        asked = [{"prompt": "What now?", "candidate": f"Answer {number}.", "wanted": "Rest."}]
        exam = json.dumps({"replies": asked})
        (folder.root / "examination.json").write_text(exam, "utf-8")
    both = [run_history.details(store, f"2026-11-sunny-{number}") for number in (1, 2)]
    (reply,) = compare(*both).replies
    assert (reply.one, reply.other, reply.wanted) == ("Answer 1.", "Answer 2.", "Rest.")


def test_curves_hold_what_happened_at_each_step(store: Store, home: Home, sunny: Persona) -> None:
    folder = add_run(store, home, sunny, 1)
    events = EventWriter(folder.events)
    for step, reply in ((0, "I am a model."), (10, "Start with the sea")):
        sample = {"step": step, "prompt": "What now?", "reply": reply, "cut": step == 10}
        events.write({"kind": "sample", **sample})
    events.write({"kind": "warning", "warning": "overfitting", "advice": "Stop.", "values": {}})
    reader = CurveReader(folder.root)
    found = reader.read(names=("train", "memory"))
    assert len(found.measured["train"]) == 10 and found.measured["memory"][0] == (1, 1400.0)
    assert "speed" not in found.measured and "speed" in found.told and "card" not in found.told
    assert found.valid == ((5, 2.25), (10, 2.0)) and found.best == (10, 2.0)
    assert found.base_loss == 2.9 and found.checkpoints == (5, 10)
    assert [(mark.step, mark.kind) for mark in found.warnings] == [(10, "overfitting")]
    assert found.samples["What now?"] == (Said(0, "I am a model."), Said(10, "Start with the sea…"))
    # A worker that goes on at a checkpoint draws its steps again from there.
    events.write({"kind": "started", "resumed_at_step": 5, "pid": 2})
    events.write({"kind": "step", "step": 6, "loss": 1.0, **STEP})
    events.close()
    again = reader.read()
    assert again.measured["train"][-1] == (6, 1.0) and again.valid == ((5, 2.25),)
    assert again.best == (5, 2.25) and again.checkpoints == (5,)


def test_damaged_events_are_left_out_of_the_curves(tmp_path: Path) -> None:
    events: list[dict[str, Any]] = [
        {"kind": "step", "step": "one", "loss": 1.0}, {"kind": "step", "step": 1, "loss": None},
        {"kind": "eval", "step": 1}, {"kind": "sample", "step": 1, "prompt": 3, "reply": "x"},
        {"kind": "warning", "values": [1]}, {"kind": "checkpoint"}, {"kind": 5},
        {"kind": "step", "step": 2, "loss": float("inf")}, {"kind": "started"},
    ]  # fmt: skip
    reader = CurveReader(tmp_path)
    reader.take(events)
    found = reader.read()
    assert not found.measured and not found.valid and not found.samples


def test_a_long_curve_is_thinned_and_keeps_its_spikes() -> None:
    points = [(step, 1.0) for step in range(20_000)]
    points[12_345] = (12_345, 9.0)
    thin = thinned(points)
    assert len(thin) < 400 and (12_345, 9.0) in thin
    assert thin[0] == points[0] and thin[-1] == points[-1]
    assert thin == sorted(thin)


def test_smoothing_begins_where_the_curve_does() -> None:
    assert smoothed([(1, 2.0), (2, 2.0)]) == [(1, 2.0), (2, pytest.approx(2.0))]
    assert smoothed([(1, 2.0), (2, 4.0)], 0.0) == [(1, 2.0), (2, 4.0)]
