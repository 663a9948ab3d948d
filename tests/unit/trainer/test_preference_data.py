"""Preferences in tokens: the same words as are trained and served, and a judge that stays one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from tests.unit.trainer.preference_run import hearing, make_base, make_job, pair, prompt, thumb  # noqa: E402
from trainer.batches import encode  # noqa: E402
from trainer.preference_attempt import loads  # noqa: E402
from trainer.preference_data import Pair, held_out, read_preferences  # noqa: E402
from trainer.preference_measure import (  # noqa: E402
    Likelihood,
    example_of,
    examples_of,
    gain,
)
from trainer.preference_trainer import _packed_forward  # noqa: E402


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("bases"))


@pytest.fixture(scope="module")
def job(bases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with hearing(tmp_path_factory.mktemp("run")) as heard:
        yield make_job(bases, heard, [])


def read(job: Any, path: Path, rows: list[dict[str, Any]], max_length: int = 256) -> Any:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return read_preferences(job.tokenizer, path, max_length)


def test_a_reply_is_in_the_tokens_that_are_trained(job: Any, tmp_path: Path) -> None:
    """Other tokens at the edge of a reply would teach words that are never served."""
    row = pair(3)
    row["prompt"] = [
        *prompt(1),
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "And then?"},
    ]
    found = read(job, tmp_path / "p.jsonl", [row]).pairs[0]
    for reply, text in ((found.chosen, row["chosen"]), (found.rejected, row["rejected"])):
        messages = [*row["prompt"], {"role": "assistant", "content": text, "weight": 1.0}]
        messages[2] = {**messages[2], "weight": 0.0}
        example = encode(job.tokenizer, {"id": "x", "group": "new", "messages": messages}, 256)
        made = example_of("x", found.prompt, reply)
        assert example is not None
        assert (made.tokens, made.weights) == (example.tokens, example.weights)


def test_a_row_that_cannot_be_used_is_counted_and_spoils_no_other(job: Any, tmp_path: Path) -> None:
    rows = [
        pair(1),
        {**pair(2), "rejected": pair(2)["chosen"]},
        {**pair(3), "prompt": "no messages"},
        {"id": "m4", "chosen": "One."},
        {**pair(5), "prompt": [{"role": "user", "content": "long " * 200}]},
        thumb(6),
        {**thumb(7), "completion": []},
    ]
    found = read(job, tmp_path / "p.jsonl", rows)
    assert [each.id for each in found.pairs] == [pair(1)["id"]]
    assert [each.id for each in found.thumbs] == ["m6"] and found.unusable == 5
    assert found.left_out == {"same": 1, "damaged": 3, "too_long": 1} and found.cut == 0


def test_rows_that_would_teach_nonsense_are_told_apart(job: Any, tmp_path: Path) -> None:
    """An empty reply would teach silence, a prompt without a question to talk to nobody."""
    system = [{"role": "system", "content": "You are short."}]
    rows = [
        {**pair(1), "chosen": " \n"},
        {**pair(2), "rejected": ""},
        {**thumb(3), "completion": [{"role": "assistant", "content": " "}]},
        {**pair(4), "rejected": pair(4)["chosen"] + "\n"},
        {**pair(5), "prompt": system},
        {**thumb(6), "prompt": []},
        {**pair(7), "prompt": [*system, {"role": "user", "content": "  "}]},
        {**pair(8), "prompt": [*system, {"role": "user", "content": None}]},
        {**pair(9), "chosen": 7},
        {**pair(10), "rejected": "and so on " * 100},
        {**thumb(11), "prompt": [{"role": "user", "content": "long " * 200}]},
    ]
    found = read(job, tmp_path / "p.jsonl", rows)
    assert found.left_out == {
        "empty": 3, "same": 1, "no_question": 3, "damaged": 2, "too_long": 1,
    }  # fmt: skip
    assert [each.id for each in found.pairs] == [pair(10)["id"]] and found.thumbs == ()
    assert found.cut == 1 and found.unusable == 10
    kept = found.pairs[0]
    assert len(kept.prompt) + len(kept.rejected) == 256 > len(kept.prompt) + len(kept.chosen)


def test_a_template_that_refuses_a_row_loses_no_other(job: Any, tmp_path: Path) -> None:
    """Some bases take no system prompt, or two messages of one side in a row."""
    template = job.tokenizer.chat_template
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    job.tokenizer.chat_template = refusing + template
    try:
        bare = {**pair(2), "prompt": prompt(2)[1:]}
        found = read(job, tmp_path / "p.jsonl", [pair(1), bare, thumb(3)])
    finally:
        job.tokenizer.chat_template = template
    assert [each.id for each in found.pairs] == [bare["id"]]
    assert found.left_out == {"damaged": 2}


def test_pairs_that_differ_only_behind_the_longest_length_teach_nothing(
    job: Any, tmp_path: Path
) -> None:
    row = {**pair(1), "chosen": "same " * 60 + "good", "rejected": "same " * 60 + "bad"}
    assert read(job, tmp_path / "p.jsonl", [row], 128).pairs == ()
    assert len(read(job, tmp_path / "p.jsonl", [row], 1024).pairs) == 1


def test_who_judges_goes_on_judging(job: Any, tmp_path: Path) -> None:
    """What is held out is known by its prompt: more months and a new system prompt move none."""
    few = read(job, tmp_path / "p.jsonl", [pair(index) for index in range(100)]).pairs
    renamed = [{**pair(i), "prompt": [{"role": "system", "content": "Else."}, prompt(i)[1]]}
               for i in range(400)]  # fmt: skip
    many = read(job, tmp_path / "p.jsonl", renamed).pairs
    early = {each.id for each in held_out(few, 0.1)[1] if each.place <= 0.1}
    late = {each.id for each in held_out(many, 0.1)[1]}
    assert len(early) >= 4 and early <= late and 40 <= len(late) <= 70


def test_no_prompt_is_on_both_sides() -> None:
    def at(index: int, place: float) -> Pair:
        return Pair(str(index), place, (1,), (2,), (3,))

    pairs = [at(index, index // 4 / 10) for index in range(20)]
    taught, measured = held_out(pairs, 0.1)
    assert not {each.place for each in taught} & {each.place for each in measured}
    assert len(measured) == 8 and len(taught) == 12


def test_scores_are_those_of_the_plain_model(job: Any, tmp_path: Path) -> None:
    """Packed rows must not see each other, and padding must not count."""
    model = job.model.eval()
    rows = [(5, 6, 7, 8, 9, 10), (5, 6, 11)]
    ids = torch.tensor([[*row, *[0] * (6 - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (6 - len(row)) for row in rows])
    labels = ids.masked_fill(mask == 0, -100)
    labels[:, :2] = -100
    with torch.no_grad():
        scores = _packed_forward(model)(None, input_ids=ids, attention_mask=mask, labels=labels)
        for index, row in enumerate(rows):
            logits = model.get_base_model()(input_ids=torch.tensor([row])).logits[0]
            wanted = torch.log_softmax(logits.float(), -1)
            for at in range(1, 5):
                one = float(wanted[at, row[at + 1]]) if at + 1 < len(row) else 0.0
                assert float(scores.log_probs[index, at]) == pytest.approx(one, abs=1e-4)
            assert float(scores.log_probs[index, 0]) == 0.0


def test_accuracy_is_a_half_before_anything_was_learned() -> None:
    pairs = [Pair("a", 0.1, (1,), (2,), (3,)), Pair("b", 0.2, (1,), (2,), (3,))]
    names = [example.id for example in examples_of(pairs)]
    before = dict(zip(names, [Likelihood(-v, -v / 2) for v in (2.0, 1.0, 3.0, 4.0)], strict=True))
    found = gain(pairs, before, before)
    assert found is not None and (found.accuracy, found.likelier) == (0.5, 0.5)
    now = {**before, "a": Likelihood(-1.5, -0.4)}
    later = gain(pairs, before, now)
    assert later is not None and (later.accuracy, later.likelier) == (0.75, 1.0)


def test_memory_changes_how_many_are_held_and_no_step(job: Any, tmp_path: Path) -> None:
    """Eight pairs a step are eight pairs, whether they fit at once or one by one."""
    pairs = read(job, tmp_path / "p.jsonl", [pair(index) for index in range(10, 20)]).pairs
    longest = max(each.tokens for each in pairs)
    found = [[load.at_once for load in loads("dpo", pairs, 8, room * longest)] for room in
             (0, 1, 3, 7, 8, 100)]  # fmt: skip
    assert found == [[1, 1], [1, 1], [2, 1, 1], [4, 1, 1], [8, 1, 1], [8, 1, 1]]
    assert [load.at_once for load in loads("kto", pairs, 16, longest)] == [2, 2]
    assert [load.checkpointing for load in loads("dpo", pairs, 8, 8 * longest)] == [
        False, False, True,
    ]  # fmt: skip
