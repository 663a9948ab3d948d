"""What the system or the memory took from a run is given up, told, and the run gets to its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tests.unit.trainer.tiny_run import TINY_RECIPE, conversation
from tests.unit.trainer.tiny_training import Heard, TinyTraining, weights, write_tiny_base
from trainer import measuring
from trainer.backing_off import Footing, footing_of
from trainer.contract.folder import RunFolder
from trainer.contract.needs import Precision
from trainer.measuring import Measuring

SHORT = TINY_RECIPE.model_copy(
    update={
        "epochs": 1,
        "evaluations": 1,
        "packed_tokens": 1024,
        "max_length": 1024,
        "length_fallbacks": (512,),
    }
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_base(tmp_path_factory.mktemp("tiny") / "base")


def test_after_a_kill_for_memory_each_start_takes_less_until_nothing_is_left(
    base: Path, tmp_path: Path
) -> None:
    """Started again as it was, it would be killed at the same place, and again."""
    tiny = TinyTraining(base, tmp_path / "run", SHORT)
    before: list[Footing] = []
    with pytest.raises(MemoryError):
        for _ in range(12):
            training = tiny.begin()
            before.append(training.standing.footing)
            training.begin_with_less()
    assert len(before) == len({*before}) and len(before) >= 3
    first, second = before[:2]
    assert (first.batch_size, second.batch_size) == (4, 1)
    assert second.batch_size * second.accumulation == 4
    assert second.packed_tokens < first.packed_tokens
    assert second.look_tokens < first.look_tokens
    assert before[-1].gradient_checkpointing and before[-1].look_length == first.look_length
    told = [event.change for event in tiny.heard.of("oom_backoff")]
    assert len(told) == len(before) - 1 and "A batch of 1" in told[0]


def test_a_training_with_less_from_the_start_learns_all_the_same(
    base: Path, tmp_path: Path
) -> None:
    tiny = TinyTraining(base, tmp_path / "run", SHORT)
    training = tiny.begin()
    untouched = weights(training)
    training.begin_with_less()
    assert training.run() == "go_on" and training.progress.step == training.schedule.steps
    assert weights(training) != untouched
    assert training.standing.footing.batch_size == 1


def test_a_finished_training_that_was_killed_is_measured_with_less(
    base: Path, tmp_path: Path
) -> None:
    """Its adapter has cost a night; it must not be lost to the last minute."""
    tiny = TinyTraining(base, tmp_path / "run", SHORT)
    done = tiny.begin()
    assert done.run() == "go_on"
    again = tiny.begin()
    length = again.standing.footing.max_length
    again.begin_with_less()
    footing = tiny.begin().standing.footing
    assert footing.look_tokens < 1024 and footing.packed_tokens <= footing.look_tokens
    assert footing.max_length == length and again.progress.finished
    assert weights(again) == weights(done)


class ShortOfMemory:
    """In the place of a machine that bears packs up to a size, and no more in 16 bits."""

    def __init__(self, patch: pytest.MonkeyPatch, most_tokens: int, longest: int) -> None:
        self._real, self._most, self._longest = measuring.losses_of, most_tokens, longest
        self.asked: list[tuple[int, int]] = []
        patch.setattr(measuring, "losses_of", self._losses_of)

    def _losses_of(self, model: Any, examples: Any, packed: int, device: str) -> Any:
        longest = max(examples.lengths)
        self.asked.append((packed, longest))
        if packed > self._most or longest > self._longest:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return self._real(model, examples, packed, device)


def measured(
    base: Path, root: Path, trained: Precision, heard: Heard
) -> tuple[RunFolder, dict[str, float]]:
    """The measures of an adapter that learned a little."""
    tiny = TinyTraining(base, root, SHORT)
    training = tiny.begin()
    assert training.run() == "go_on"
    folder = tiny.folder
    folder.data.mkdir()
    for name in ("test", "replay_test", "valid"):
        rows = [conversation(place) for place in range(30, 34)]
        rows[0]["messages"] += rows[0]["messages"][1:] * 9
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder.data / f"{name}.jsonl").write_text(text, "utf-8")
    footing = footing_of(SHORT, "adamw")
    made = Measuring(folder, base, "cpu", trained, SHORT, footing, heard)
    return folder, made.measure(training.checkpoints.best, None, {})


def test_memory_that_runs_out_in_the_measures_makes_them_smaller(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that just bore the training would lose the night at its last step."""
    machine, heard = ShortOfMemory(monkeypatch, 512, 520), Heard()
    folder, means = measured(base, tmp_path / "run", "fp32", heard)
    told = [event.change for event in heard.of("oom_backoff")]
    assert told and all(words.startswith("Measured anew: ") for words in told)
    assert machine.asked[0][0] == 1024 and machine.asked[-1][0] <= 512
    assert machine.asked[-1][1] <= 512 < machine.asked[0][1]
    subjects = json.loads(folder.losses.read_text("utf-8"))["subjects"]
    tokens = {
        who: sorted((row["set"], row["id"], row["tokens"]) for row in rows)
        for who, rows in subjects.items()
    }
    assert tokens["base"] == tokens["candidate"] and len(tokens["base"]) == 8
    assert means["candidate"] < means["base"]
    assert json.loads(folder.parity.read_text("utf-8"))["probes"]


def test_measures_that_no_memory_bears_end_in_words(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ShortOfMemory(monkeypatch, 1, 1)
    with pytest.raises(MemoryError):
        measured(base, tmp_path / "run", "fp32", Heard())
