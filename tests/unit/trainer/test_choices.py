"""A letter that was not the likeliest, or a question seen before, would make the score a lie."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from peft import PeftModel

from replay.choices import folds, leaks_of, question_of
from replay.choices_reading import read_questions
from tests.bench.mcq_runs import Plan, gguf_base, make_run, results, table, train
from tests.tiny_gguf import write_tiny_adapter, write_tiny_gguf
from tests.unit.replay.choice_making import entry, write_questions
from tests.unit.trainer import tiny_run
from trainer import base
from trainer.choices import LetterTokens, letter_likelihoods, letter_tokens, read_choices
from trainer.contract.folder import RunFolder, read_rows
from trainer.contract.recipe import load_recipe
from trainer.contract.run_spec import load_spec
from trainer.errors import DataUnusable
from trainer.windowed_segments import CappedHead

RECIPE = Path(__file__).parents[3] / "resources" / "recipes" / "qwen3-8b-mcq.yaml"
FOLDS = 2


def plan(place: Path) -> Plan:
    """The recipe as it is, but in 32 bits: what is compared to a computation must be exact."""
    recipe = load_recipe(RECIPE).model_copy(update={"precision": "fp32"})
    return Plan(gguf_base(write_tiny_gguf(place / "tiny.gguf")), recipe)


def made_runs(place: Path) -> list[RunFolder]:
    place.mkdir(parents=True, exist_ok=True)
    file = write_questions(place / "questions.json", [entry(index) for index in range(20)])
    values = plan(place)
    sides = folds(read_questions(file), FOLDS)
    return [make_run(place / f"fold-{at}", each, values) for at, each in enumerate(sides)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunFolder]:
    """Both folds, trained; the first has a parent to be measured beside the candidate."""
    place = tmp_path_factory.mktemp("choices")
    made = made_runs(place)
    write_tiny_adapter(made[0].parent, seed=3)
    for folder in made:
        train(folder, place / "converted")
    return made


def subjects_of(folder: RunFolder) -> dict[str, list[dict[str, Any]]]:
    made: dict[str, list[dict[str, Any]]] = json.loads(folder.choices.read_text("utf-8"))[
        "subjects"
    ]
    return made


def test_a_run_with_questions_writes_what_each_subject_chose(runs: list[RunFolder]) -> None:
    """Beside the losses and the parity that every run writes."""
    for folder, names in zip(
        runs, ({"base", "candidate", "parent"}, {"base", "candidate"}), strict=True
    ):
        items = list(read_rows(folder.data / "choices.jsonl"))
        subjects = subjects_of(folder)
        assert set(subjects) == names
        for rows in subjects.values():
            for item, row in zip(items, rows, strict=True):
                assert [row[key] for key in ("id", "types", "answer")] == [
                    item[key] for key in ("id", "types", "answer")
                ]
                scores = row["log_likelihoods"]
                assert list(scores) == item["letters"]
                assert row["chosen"] == max(scores, key=scores.__getitem__)
        losses = json.loads(folder.losses.read_text("utf-8"))["subjects"]
        assert set(losses) == names
        judged = {row["id"] for row in losses["candidate"]}
        assert judged == {item["id"] for item in items}
        assert json.loads(folder.parity.read_text("utf-8"))["probes"]


def test_no_question_that_judges_was_learned(runs: list[RunFolder]) -> None:
    """Over all folds each judges once, and what was learned is what the file holds of it."""
    judged: list[str] = []
    for folder in runs:
        assert leaks_of(folder.data) == []
        taught = {row["id"] for side in ("train", "valid")
                  for row in read_rows(folder.data / f"{side}.jsonl")}  # fmt: skip
        own = [row["id"] for row in subjects_of(folder)["candidate"]]
        assert taught.isdisjoint(own)
        judged += own
        learned = next(e for e in read_rows(folder.events) if e["kind"] == "preflight")
        assert learned["examples"] == len(list(read_rows(folder.data / "train.jsonl")))
    assert len(judged) == len(set(judged)) == 20


def directly(folder: RunFolder, subject: str) -> list[dict[str, float]]:
    """The same likelihoods by the template, the whole model and nothing of the trainer's own."""
    place = next((folder.root.parent / "converted").iterdir())
    tokenizer = base.load_tokenizer(place)
    model = base.load_model(place, "cpu", "fp32")
    worn = {"candidate": folder.adapter, "parent": folder.parent}.get(subject)
    if worn is not None:
        model = PeftModel.from_pretrained(model, str(worn)).eval()
    found = []
    for item in read_rows(folder.data / "choices.jsonl"):
        prompt = tokenizer.apply_chat_template(
            item["messages"], tokenize=False, add_generation_prompt=True
        )
        ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            scores = model(input_ids=torch.tensor([ids])).logits[0, -1].double().log_softmax(-1)
        letters = {each: tokenizer.convert_tokens_to_ids(each) for each in item["letters"]}
        found.append({letter: float(scores[token]) for letter, token in letters.items()})
    return found


@pytest.mark.parametrize("subject", ["base", "parent", "candidate"])
def test_the_likeliest_letter_is_chosen(runs: list[RunFolder], subject: str) -> None:
    rows = subjects_of(runs[0])[subject]
    for row, expected in zip(rows, directly(runs[0], subject), strict=True):
        assert row["log_likelihoods"] == pytest.approx(expected, abs=1e-4)
        assert row["chosen"] == max(expected, key=expected.__getitem__)


def test_what_was_learned_changes_the_likelihoods(runs: list[RunFolder]) -> None:
    """Were a subject measured with another's weights, the comparison would say nothing."""
    subjects = subjects_of(runs[0])
    letters = {
        name: [tuple(row["log_likelihoods"].values()) for row in rows]
        for name, rows in subjects.items()
    }
    assert len({tuple(rows) for rows in letters.values()}) == 3
    # It was taught to say a letter at all: one of the five is likelier than it was.
    said = {name: sum(sum(map(_odds, row)) for row in rows) for name, rows in letters.items()}
    assert said["candidate"] > said["base"]


def _odds(log_likelihood: float) -> float:
    return float(torch.tensor(log_likelihood).exp())


def test_folds_pool_into_a_table(runs: list[RunFolder]) -> None:
    found = results(runs, FOLDS)
    assert (found["questions"], found["leaks"]) == (20, [])
    right = sum(
        row["chosen"] == row["answer"] for each in runs for row in subjects_of(each)["candidate"]
    )
    whole = found["scores"][0]
    assert whole["shares"]["candidate"]["hits"] == right
    assert whole["chance"] == pytest.approx(0.2)
    assert f"{right / 20:.1%}" in table(found).splitlines()[1]
    assert json.loads(json.dumps(found)) == found


def test_the_same_seed_gives_the_same_bytes(runs: list[RunFolder], tmp_path: Path) -> None:
    """A result that nobody can repeat is none."""
    again = made_runs(tmp_path)[1]
    train(again, tmp_path / "converted")
    name = "adapter/adapter_model.safetensors"
    assert (again.root / name).read_bytes() == (runs[1].root / name).read_bytes()
    assert again.choices.read_bytes() == runs[1].choices.read_bytes()
    before = again.events.read_bytes()
    train(made_runs(tmp_path)[1], tmp_path / "converted")
    assert again.events.read_bytes() == before, "a fold that is done was trained again"


def test_a_leak_stops_the_fold_before_it_learns(tmp_path: Path) -> None:
    folder = made_runs(tmp_path)[0]
    item = next(iter(read_rows(folder.data / "choices.jsonl")))
    query = item["messages"][-1]["content"].partition("\n")[0]
    leaked = question_of(query.upper(), (), ["v", "w", "x", "y", "z"], "v").row("")
    with (folder.data / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(leaked) + "\n")
    with pytest.raises(SystemExit, match=item["id"]):
        train(folder, tmp_path / "converted")
    assert not folder.events.exists()


def test_a_fold_of_another_plan_is_left_as_it_is(tmp_path: Path) -> None:
    """Its adapter would else be scored on questions that it learned."""
    first = made_runs(tmp_path)[0]
    kept = {path: path.read_bytes() for path in first.data.iterdir()}
    file = write_questions(tmp_path / "more.json", [entry(index) for index in range(24)])
    sides = folds(read_questions(file), FOLDS)[0]
    values = Plan(load_spec(first.spec).base, load_spec(first.spec).recipe)
    with pytest.raises(SystemExit, match="another plan"):
        make_run(first.root, sides, values)
    assert {path: path.read_bytes() for path in first.data.iterdir()} == kept


def test_letters_of_several_tokens_are_read_in_one_go_or_each_for_itself(
    runs: list[RunFolder],
) -> None:
    """Some tokenizers put a space before a letter, or cut one into bytes."""
    place = next((runs[0].root.parent / "converted").iterdir())
    model = PeftModel.from_pretrained(
        base.load_model(place, "cpu", "fp32"), str(runs[0].adapter)
    ).eval()
    prompt = (1, 40, 41, 42)

    def one_by_one(letter: tuple[int, ...]) -> float:
        ids = [*prompt, *letter]
        with torch.no_grad():
            scores = model(input_ids=torch.tensor([ids])).logits[0].double().log_softmax(-1)
        return sum(float(scores[len(prompt) - 1 + at, token]) for at, token in enumerate(letter))

    for letters in (
        ((50,), (51,), (52,)),
        ((9, 50), (9, 51)),
        ((9, 8, 50), (9, 8, 51)),
        ((50,), (9, 51), (9, 8, 52)),
        ((7, 50), (8, 50)),
    ):
        found = letter_likelihoods(model, LetterTokens(prompt, letters), "cpu")
        assert found == pytest.approx([one_by_one(each) for each in letters], abs=1e-4)


@pytest.mark.parametrize("cap", [None, 30.0])
def test_letters_that_are_close_are_told_apart_in_sixteen_bits(cap: float | None) -> None:
    """Rounded to 16 bits they would be equal, and the first letter be chosen for no reason."""
    head = CappedHead(64, 4, cap) if cap else torch.nn.Linear(64, 4, bias=False)
    weight = torch.full((4, 64), 0.5)
    weight[2, 0] += 2**-8
    weight[3] = 0.0
    head.weight = torch.nn.Parameter(weight.bfloat16(), requires_grad=False)
    states = torch.full((1, 3, 64), 0.625, dtype=torch.bfloat16)

    class Model:
        lm_head = head

        def get_base_model(self) -> Model:
            return self

        def model(self, **_: Any) -> SimpleNamespace:
            return SimpleNamespace(last_hidden_state=states)

    with torch.autocast("cpu", torch.bfloat16):
        assert len(set(head(states[0, -1]).float().tolist())) == 2, "the test shows nothing"
        asked = LetterTokens((1, 2, 3), ((0,), (1,), (2,)))
        found = letter_likelihoods(Model(), asked, "cpu")
    exact = states[0, -1].double() @ head.weight.double().T
    exact = cap * torch.tanh(exact / cap) if cap else exact
    assert found == pytest.approx(exact.log_softmax(-1)[:3].tolist(), abs=1e-4)
    assert found[2] > found[0] == found[1]


def test_a_letter_is_cut_as_training_cut_it(runs: list[RunFolder]) -> None:
    """Under other tokens than were taught the letter would score what nobody trained."""
    from trainer.batches import encode

    tokenizer = base.load_tokenizer(next((runs[0].root.parent / "converted").iterdir()))
    choices = {each.id: each for each in read_choices(runs[0].data / "choices.jsonl")}
    for row in read_rows(runs[0].data / "test.jsonl"):
        example = encode(tokenizer, row, 100_000)
        assert example is not None
        choice = choices[row["id"]]
        asked = letter_tokens(tokenizer, choice)
        letter = asked.letters[choice.letters.index(choice.answer)]
        assert example.tokens[: len(asked.prompt) + len(letter)] == (*asked.prompt, *letter)
        assert example.weights[len(asked.prompt) - 1 : len(asked.prompt) + 1] == (0.0, 1.0)


def item(**other: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Which?"}]
    return {"id": "q", "types": [], "messages": messages, "letters": ["A", "B"], "answer": "A",
            **other}  # fmt: skip


def test_faulty_questions_are_all_told(tmp_path: Path) -> None:
    path = tmp_path / "choices.jsonl"
    assert read_choices(path) == []
    path.write_bytes(b"")
    assert read_choices(path) == []
    rows = [
        item(),
        item(id="other", answer="C"),
        item(id="third", letters=["A", "A"]),
        {"id": "fourth"},
        item(id="fifth", messages=[{"role": "assistant", "content": "x"}]),
        item(),
    ]
    lines = [json.dumps(row) for row in rows] + ["{no json"]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(DataUnusable) as caught:
        read_choices(path)
    for said in (
        "line 2: the answer must be one of the letters",
        "line 3: the letters must differ",
        "line 4: messages: Field required",
        "line 4: answer: Field required",
        "line 5: the last message must be the user's",
        "line 7: Invalid JSON",
        "q is asked 2 times",
    ):
        assert said in caught.value.text
    assert caught.value.next_step


def test_a_run_with_faulty_questions_says_so_and_leaves_no_adapter(tmp_path: Path) -> None:
    folder = tiny_run.make_run(tmp_path / "run")
    (folder.data / "choices.jsonl").write_text(json.dumps(item(answer="Z")) + "\n", "utf-8")
    events = tiny_run.train(folder)
    assert (events[-1]["kind"], events[-1]["error_kind"]) == ("failed", "data_unusable")
    assert not folder.adapter.exists() and not folder.choices.exists()
