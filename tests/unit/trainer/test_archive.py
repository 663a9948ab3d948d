"""A run that is packed, sent and unpacked is the same run; nothing of this machine goes along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.tiny_gguf import write_tiny_adapter
from tests.unit.trainer.tiny_run import ROOT, adapter_bytes, make_run, start_worker, train
from trainer.archive import pack
from trainer.contract.folder import EventWriter, RunFolder
from trainer.contract.run_spec import load_spec
from trainer.errors import ArchiveRefused
from trainer.training_log import _course


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = make_run(tmp_path_factory.mktemp("whole") / "run")
    write_tiny_adapter(folder.parent)
    config = json.loads((folder.parent / "adapter_config.json").read_text("utf-8"))
    config["base_model_name_or_path"] = str(folder.root / "converted")
    (folder.parent / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    assert train(folder)[-1].get("outcome") == "trained", folder.log.read_text("utf-8")
    return folder


def unpacked(folder: RunFolder, place: Path) -> RunFolder:
    pack(folder, place.with_suffix(".zip"))
    with zipfile.ZipFile(place.with_suffix(".zip")) as archive:
        archive.extractall(place)
    return RunFolder(place)


def test_an_unpacked_run_repeats_bit_for_bit(finished: RunFolder, tmp_path: Path) -> None:
    """On another machine: the base lies elsewhere, and there is no way back to the first folder."""
    base = tmp_path / "elsewhere" / "tiny.gguf"
    base.parent.mkdir()
    base.write_bytes((finished.root.parent / "tiny.gguf").read_bytes())
    received = unpacked(finished, tmp_path / "received")
    again = RunFolder(tmp_path / "again")
    worker = start_worker(received, "--into", str(again.root), "--base", str(base))
    assert worker.wait(timeout=120) == 0, received.log.read_text("utf-8")
    assert adapter_bytes(again) == adapter_bytes(finished) == adapter_bytes(received)


def test_an_archive_names_no_place_on_this_machine(finished: RunFolder, tmp_path: Path) -> None:
    """Who shares a run does not mean to share how their disk is arranged."""
    folder = unpacked(finished, tmp_path / "received")
    assert load_spec(folder.spec).base.path == "tiny.gguf"
    for path in folder.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for place in (str(finished.root.parent), str(Path.home()), str(ROOT)):
                assert place.encode() not in content, path


def test_an_archive_has_what_counts_and_no_pickles(finished: RunFolder, tmp_path: Path) -> None:
    """Opening a pickle runs what is in it."""
    for place in (finished.adapter, finished.parent, finished.data):
        for name in ("weights.bin", "state.pt", "state.pkl", "data.pickle"):
            (place / name).write_bytes(b"\x80\x04.")
    names = set(pack(finished, tmp_path / "run.zip"))
    assert {name.rsplit(".", 1)[-1] for name in names} <= {"json", "jsonl", "md", "safetensors"}
    assert not any(name.startswith(("checkpoints", "/", "..")) for name in names)
    assert {
        "run.json",
        "TRAINING_LOG.md",
        "losses.json",
        "data/train.jsonl",
        "data/valid.jsonl",
        "parent/adapter_model.safetensors",
        "adapter/adapter_model.safetensors",
        "adapter/adapter_config.json",
    } <= names


def test_the_same_run_makes_the_same_file(finished: RunFolder, tmp_path: Path) -> None:
    pack(finished, tmp_path / "one.zip")
    os.utime(finished.spec)
    pack(finished, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_an_archive_is_whole_or_not_there(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "writestr", full)
        with pytest.raises(OSError, match="No space"):
            pack(finished, tmp_path / "run.zip")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "run.zip").write_text("mine")
    with pytest.raises(ArchiveRefused):
        pack(finished, tmp_path / "run.zip")
    assert (tmp_path / "run.zip").read_text() == "mine"


def test_packing_from_the_command_line(finished: RunFolder, tmp_path: Path) -> None:
    def command(folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "trainer", "pack", str(folder), str(tmp_path / "run.zip")],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert command(finished.root).returncode == 0
    again = command(finished.root)
    assert again.returncode == 1 and "exists already" in again.stderr
    (tmp_path / "run.zip").unlink()
    nothing = command(tmp_path)
    assert nothing.returncode == 1 and "not a run folder" in nothing.stderr


def test_the_log_says_what_repeating_the_run_takes(finished: RunFolder) -> None:
    """A result that nobody can repeat is an anecdote."""
    log = finished.training_log.read_text("utf-8")
    spec = load_spec(finished.spec)
    for words in (
        spec.base.digest, "torch: 2.", "transformers: 5.", "peft: 0.", "seed: 7", "threads: 1",
        "learning_rate: 0.01", "train.jsonl: ", "candidate, test, new: ",
        "temperature: 0.7", "> You are short.", "adapter_model.safetensors: ", "tokens a second: ",
    ):  # fmt: skip
        assert words in log, words
    assert all(f"- {name}: " in log for name in type(spec.recipe).model_fields)
    assert "Say the number" not in log and str(finished.root.parent) not in log


def test_the_log_tells_the_last_trainings_best_look_and_what_memory_took(tmp_path: Path) -> None:
    """Of two stages the losses cannot be compared; and without its packs no run is repeated."""
    events = EventWriter(tmp_path / "events.jsonl")
    for step, loss, best in ((2, 0.4, True), (4, 1.9, True), (6, 1.7, True), (8, 1.8, False)):
        events.write({
            "kind": "step", "step": step, "epoch": 1.0, "tokens_per_s": 5.0, "memory_mb": 1.0,
        })  # fmt: skip
        events.write({"kind": "eval", "step": step, "loss": loss, "best": best})
    events.write({"kind": "oom_backoff", "packed_tokens": 512, "change": "Batch 1 × 16."})
    events.close()
    course = _course(tmp_path / "events.jsonl")
    assert (course["best step"], course["validation loss"]) == (6, 1.7)
    assert course["given up when memory ran out"] == ["Batch 1 × 16."]
