"""A training as its user meets it: nothing trained is lost, every end is told."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.trainer.tiny_run import (
    TINY_RECIPE,
    adapter_bytes,
    conversation,
    kinds,
    make_run,
    start_worker,
    train,
    wait_for,
)
from trainer.contract.events import EVENT
from trainer.contract.folder import RunFolder, read_rows, send_control

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = make_run(tmp_path_factory.mktemp("whole") / "run")
    assert train(folder)[-1]["kind"] == "done"
    return folder


def test_a_run_writes_adapter_losses_and_parity(finished: RunFolder) -> None:
    """Without these the candidate could be neither served nor judged."""
    events = list(read_rows(finished.events))
    for event in events:
        EVENT.validate_python(event)
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert events[-1]["outcome"] == "trained"
    losses = json.loads(finished.losses.read_text("utf-8"))["subjects"]
    assert {row["set"] for row in losses["candidate"]} == {"test", "replay_test"}

    def mean(subject: str, name: str) -> float:
        rows = [row for row in losses[subject] if row["set"] == name]
        return sum(row["loss"] for row in rows) / sum(row["tokens"] for row in rows)

    assert mean("candidate", "test") < 0.8 * mean("base", "test")
    probes = json.loads(finished.parity.read_text("utf-8"))["probes"]
    assert probes and len(probes[0]["candidate"]) == len(probes[0]["reply_tokens"])
    assert "tiny" in finished.training_log.read_text("utf-8")


def test_a_killed_run_goes_on_and_ends_with_the_same_weights(
    finished: RunFolder, tmp_path: Path
) -> None:
    """A power cut costs a person no training, and not a bit of its result."""
    folder = make_run(tmp_path / "run")
    for checkpoints in (2, 5):
        worker = start_worker(folder)
        wait_for(folder, "checkpoint", checkpoints)
        worker.kill()
        worker.wait(timeout=10)
    events = train(folder)
    assert max(e["resumed_at_step"] for e in events if e["kind"] == "started") >= 2
    assert events[-1]["outcome"] == "trained"
    assert adapter_bytes(folder) == adapter_bytes(finished)


def test_a_held_group_stays_with_the_base_where_its_written_replies_would_not(
    tmp_path: Path,
) -> None:
    """Replay is there to keep what the base can do, not to teach it another manner."""

    def asked(index: int) -> dict[str, Any]:
        return {
            "id": f"general{index}",
            "group": "general",
            "messages": [
                {"role": "user", "content": f"Which colour is thing {index}?"},
                {"role": "assistant", "content": "Green, as far as I know.", "weight": 1.0},
            ],
        }

    def learned(name: str, held: tuple[str, ...]) -> float:
        recipe = TINY_RECIPE.model_copy(update={"held_groups": held})
        folder = make_run(tmp_path / name / "run", recipe=recipe)
        with (folder.data / "train.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asked(index)) + "\n" for index in range(12))
        rows = "".join(json.dumps(asked(index)) + "\n" for index in range(12, 16))
        (folder.data / "replay_test.jsonl").write_text(rows, "utf-8")
        assert train(folder)[-1]["outcome"] == "trained"
        subjects = json.loads(folder.losses.read_text("utf-8"))["subjects"]
        base, candidate = (
            sum(row["loss"] for row in subjects[who] if row["set"] == "replay_test")
            for who in ("base", "candidate")
        )
        return float(1 - candidate / base)

    taught, kept = learned("taught", ()), learned("held", ("general",))
    assert taught > 0.2 and abs(kept) < taught / 3


def test_save_and_stop_keeps_what_was_learned(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", recipe=TINY_RECIPE.model_copy(update={"epochs": 60}))
    worker = start_worker(folder)
    wait_for(folder, "step", 2)
    seq = send_control(folder, "save-and-stop")
    assert worker.wait(timeout=20) == 0
    events = list(read_rows(folder.events))
    assert events[-1]["outcome"] == "saved"
    assert any(e["kind"] == "control_applied" and e["control_seq"] == seq for e in events)
    assert list(folder.checkpoints.glob("step-*"))


def test_pause_holds_and_discard_leaves_nothing(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", recipe=TINY_RECIPE.model_copy(update={"epochs": 100}))
    worker = start_worker(folder)
    wait_for(folder, "step", 1)
    send_control(folder, "pause")
    wait_for(folder, "control_applied", 1)
    steps = kinds(list(read_rows(folder.events))).count("step")
    time.sleep(1.0)
    assert kinds(list(read_rows(folder.events))).count("step") == steps
    send_control(folder, "discard")
    assert worker.wait(timeout=20) == 0
    assert list(read_rows(folder.events))[-1]["outcome"] == "discarded"
    assert not folder.checkpoints.exists()


def test_a_second_worker_leaves_a_run_alone(tmp_path: Path) -> None:
    """Two trainers on one folder would spoil each other's checkpoints."""
    folder = make_run(tmp_path / "run", recipe=TINY_RECIPE.model_copy(update={"epochs": 60}))
    first = start_worker(folder)
    wait_for(folder, "step", 1)
    second = start_worker(folder)
    assert second.wait(timeout=60) == 5
    send_control(folder, "discard")
    assert first.wait(timeout=20) == 0


@pytest.mark.parametrize(
    ("spoil", "error_kind"),
    [
        ("missing", "base_missing"),
        ("swapped", "base_damaged"),
        ("garbage", "base_damaged"),
        ("no_data", "data_unusable"),
    ],
)
def test_a_run_that_cannot_be_says_why(tmp_path: Path, spoil: str, error_kind: str) -> None:
    folder = make_run(tmp_path / "run")
    base = tmp_path / "tiny.gguf"
    if spoil == "missing":
        base.unlink()
    elif spoil == "swapped":
        base.write_bytes(base.read_bytes() + b"\0")
    elif spoil == "garbage":
        base.write_bytes(b"not a model")
    else:
        silent = json.dumps(conversation(1, weight=0.0)) + "\n"
        (folder.data / "train.jsonl").write_text(silent, "utf-8")
    events = train(folder)
    assert events[-1]["kind"] == "failed"
    assert events[-1]["error_kind"] == error_kind
    assert events[-1]["text"] and events[-1]["next_step"]


def test_a_run_repeats_elsewhere(finished: RunFolder, tmp_path: Path) -> None:
    """A folder and its base are all that another machine needs."""
    base = tmp_path / "moved.gguf"
    base.write_bytes((finished.root.parent / "tiny.gguf").read_bytes())
    again = RunFolder(tmp_path / "again")
    worker = start_worker(finished, "--into", str(again.root), "--base", str(base))
    assert worker.wait(timeout=120) == 0
    assert adapter_bytes(again) == adapter_bytes(finished)
