"""Data that cannot be learned ends a run at once, in words, and leaves nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tests.unit.trainer.tiny_run import TINY_RECIPE, make_run
from tests.unit.trainer.tiny_training import TinyTraining, write_tiny_base
from trainer import worker
from trainer.contract.folder import EXIT_FAILED, RunFolder, read_rows
from trainer.contract.run_spec import BaseRef, load_spec

NO_SYSTEM = (
    "{% for m in messages %}{% if m['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{{'<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{'<|im_start|>assistant\n'}}{% endif %}"
)


def spoil(folder: RunFolder, change: Callable[[dict[str, Any]], None]) -> None:
    for path in folder.data.glob("*.jsonl"):
        rows = list(read_rows(path))
        for row in rows:
            change(row)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def empty(row: dict[str, Any]) -> None:
    row["messages"][-1]["content"] = " "


def only_system(row: dict[str, Any]) -> None:
    del row["messages"][1:]


def no_messages(row: dict[str, Any]) -> None:
    row["messages"] = "Hi."


def too_long(row: dict[str, Any]) -> None:
    row["messages"][-1]["content"] = "word " * 2000


def failed(folder: RunFolder) -> dict[str, Any]:
    """The end of a run that cannot be: told, with its exit code, and nothing left of it."""
    assert worker.run(folder.root, None, None) == EXIT_FAILED
    last = list(read_rows(folder.events))[-1]
    assert last["kind"] == "failed" and last["next_step"]
    there = {path.name for path in folder.root.iterdir()}
    written = {"run.json", "data", "parent", "events.jsonl", "lock", "heartbeat", "converted"}
    assert there <= written
    return last


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (empty, "nothing to learn from"),
        (only_system, "nothing to learn from"),
        (no_messages, "no conversation"),
        (too_long, "ends within 256 tokens"),
    ],
)
def test_data_without_a_reply_to_learn_says_so(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    """A night of training on nothing would end with an adapter of nothing."""
    folder = make_run(tmp_path / "run")
    spoil(folder, change)
    last = failed(folder)
    assert last["error_kind"] == "data_unusable" and words in last["text"]


def of_folder(folder: RunFolder, base: Path) -> None:
    """Have a run train a base that is a folder."""
    spec = load_spec(folder.spec)
    ref = BaseRef(name="tiny", kind="hf", digest="", path=str(base))
    spec.model_copy(update={"base": ref}).save(folder.spec)


def test_a_template_that_rejects_a_role_is_told_in_its_own_words(tmp_path: Path) -> None:
    """Whoever chose such a base must learn that it is the base, and not their conversations."""
    base = write_tiny_base(tmp_path / "base")
    (base / "chat_template.jinja").write_text(NO_SYSTEM, "utf-8")
    folder = make_run(tmp_path / "run")
    of_folder(folder, base)
    last = failed(folder)
    assert last["error_kind"] == "data_unusable" and "System role not supported" in last["text"]


def test_what_a_template_rejects_costs_the_other_conversations_nothing(tmp_path: Path) -> None:
    """One odd conversation must not keep a person from ever training again."""
    base = write_tiny_base(tmp_path / "base")
    (base / "chat_template.jinja").write_text(NO_SYSTEM, "utf-8")
    recipe = TINY_RECIPE.model_copy(update={"epochs": 1, "evaluations": 1})
    folder = make_run(tmp_path / "run", recipe=recipe)
    of_folder(folder, base)

    def few_with_system(row: dict[str, Any]) -> None:
        if row["id"] not in ("new0", "new16", "new20"):
            del row["messages"][0]

    spoil(folder, few_with_system)
    assert worker.run(folder.root, None, None) == 0
    events = list(read_rows(folder.events))
    (warning,) = (e for e in events if e.get("warning") == "not_rendered")
    assert warning["values"]["conversations"] == 1
    assert json.loads(folder.taught.read_text("utf-8"))["kept"] == {"new0": 0}
    losses = json.loads(folder.losses.read_text("utf-8"))["subjects"]["candidate"]
    assert {row["id"] for row in losses if row["set"] == "test"} == {"new21", "new22", "new23"}


@pytest.mark.parametrize("start", ["base", "parent"])
def test_an_adapter_of_another_base_is_refused_before_the_training(
    tmp_path: Path, start: str
) -> None:
    """Parts of it would be left out unsaid, or the run would fail when it is measured at last."""
    other = TinyTraining(
        write_tiny_base(tmp_path / "other", wide=32), tmp_path / "worn",
        TINY_RECIPE.model_copy(update={"epochs": 1, "evaluations": 1}), rows=4,
    )  # fmt: skip
    training = other.begin()
    folder = make_run(tmp_path / "run")
    training.model.save_pretrained(folder.parent)
    of_folder(folder, write_tiny_base(tmp_path / "base"))
    load_spec(folder.spec).model_copy(update={"start": start}).save(folder.spec)
    last = failed(folder)
    assert last["error_kind"] == "base_unsupported" and "does not fit its base" in last["text"]
