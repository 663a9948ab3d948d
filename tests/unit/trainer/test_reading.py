"""What a run is taught is what it counts as taught, and it holds in any memory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tests.unit.trainer.tiny_run import TINY_RECIPE, conversation
from tests.unit.trainer.tiny_training import write_tiny_base
from trainer import base
from trainer.batches import Example, encode
from trainer.example_store import ExampleStore
from trainer.reading import read_lessons, read_tests
from trainer.stages import StageRun
from trainer.taught import Taught


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return base.load_tokenizer(write_tiny_base(tmp_path_factory.mktemp("tiny") / "base"))


def write(path: Path, rows: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def long_row(index: int, turns: int) -> dict[str, Any]:
    """A conversation with so many taught replies, of some 100 tokens each."""
    row = conversation(index)
    row["messages"] += row["messages"][1:] * (turns - 1)
    return row


def test_examples_come_back_from_the_disk_as_they_were(tokenizer: Any, tmp_path: Path) -> None:
    """A bit that changed on the way would teach something that nobody said."""
    made = [
        encode(tokenizer, conversation(i, "coding" if i % 2 else "new", 1 + i / 3), 512)
        for i in range(6)
    ]
    examples = [each for each in made if each is not None]
    examples.append(Example("이름", "new", (5, 2**31 - 1, 7), (0.0, 0.1, 2.5)))
    store = ExampleStore(tmp_path)
    for example in examples:
        store.add(example)
    assert list(store) == examples and store[-1] == examples[-1] and store[1:3] == examples[1:3]
    assert list(store.lengths) == [len(example.tokens) for example in examples]
    with pytest.raises(IndexError):
        store[len(examples)]


def test_nothing_of_them_stays_on_the_disk(tokenizer: Any, tmp_path: Path) -> None:
    """Words that were forgotten must not lie in a file that a killed worker left behind."""
    room = tmp_path / "room"
    room.mkdir()
    path = write(tmp_path / "train.jsonl", [conversation(1)])
    reading = read_lessons(tokenizer, path, 512, room)
    assert len(reading.examples) == 1 and not list(room.iterdir())


def test_what_is_too_long_is_cut_behind_a_reply_and_counted(tokenizer: Any, tmp_path: Path) -> None:
    """A reply that was cut away would count as learned, and never be taught."""
    whole = encode(tokenizer, long_row(1, 3), 10_000)
    assert whole is not None
    length = len(whole.tokens) - 1
    rows = [conversation(0), long_row(1, 3), {**conversation(2), "id": "none"}]
    rows[2]["messages"][-1]["content"] = "far too much " * 100
    reading = read_lessons(tokenizer, write(tmp_path / "t.jsonl", rows), length, tmp_path)
    assert [example.id for example in reading.examples] == ["new0", "new1"]
    assert reading.untaught.kept == {"new1": 2, "none": 0}
    (told,) = reading.untaught.warnings
    assert told.warning == "too_long"
    assert told.values == {
        "conversations": 2, "cut": 1, "left_out": 1, "replies": 2, "max_length": length,
    }  # fmt: skip
    assert "2 replies teach nothing" in told.advice and "your own stay new" in told.advice


def test_a_measure_takes_what_fits_of_a_long_reply(tokenizer: Any, tmp_path: Path) -> None:
    """Else a person with long conversations had nothing left to judge an adapter by."""
    row = conversation(2)
    row["messages"][-1]["content"] = "far too much " * 100
    (example,) = read_tests(tokenizer, write(tmp_path / "t.jsonl", [row]), 200, tmp_path)
    assert len(example.tokens) == 200 and example.trained_tokens > 0


@pytest.mark.parametrize(
    "damaged",
    [{"id": "x", "group": "new"}, {**conversation(1), "messages": ["Hi."]},
     {**conversation(1), "messages": [{"role": "user", "content": None}]}],
)  # fmt: skip
def test_a_line_that_is_no_conversation_costs_the_others_nothing(
    tokenizer: Any, tmp_path: Path, damaged: dict[str, Any]
) -> None:
    path = write(tmp_path / "t.jsonl", [conversation(0), damaged, conversation(2)])
    reading = read_lessons(tokenizer, path, 512, tmp_path)
    assert len(reading.examples) == 2
    (told,) = reading.untaught.warnings
    assert told.warning == "not_rendered" and told.values["conversations"] == 1


def test_what_memory_did_not_bear_in_the_end_counts_as_not_taught(
    tokenizer: Any, tmp_path: Path
) -> None:
    """A run that stepped down to shorter conversations would use replies up without a lesson."""
    rows = [conversation(0), long_row(1, 4), {**conversation(2), "id": "", "messages": []}]
    reading = read_lessons(tokenizer, write(tmp_path / "t.jsonl", rows), 2048, tmp_path)
    examples, untaught = reading.examples, reading.untaught
    untaught.refused.append("strange")
    recipe = TINY_RECIPE.model_copy(update={"max_length": 2048})
    stage = StageRun("", recipe, examples, examples, tmp_path, 0, 1, untaught)
    for length, kept in ((2048, {}), (len(examples[1].tokens) - 1, {"new1": 3})):
        taught = Taught()
        taught.add(stage, length)
        taught.write(tmp_path / "taught.json")
        found = json.loads((tmp_path / "taught.json").read_text("utf-8"))
        assert found["kept"] == {"strange": 0, **kept}
