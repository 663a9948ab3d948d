"""An accuracy that counts questions seen before, or a habit of the file, would be a lie."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from replay.choices import (
    LETTERS,
    ChoiceSides,
    ChoicesInvalid,
    Question,
    folds,
    leaks,
    leaks_of,
    options_seen,
    question_of,
    split,
    write_sides,
)
from replay.choices_reading import TYPES, read_questions
from replay.splits import normalised
from tests.unit.replay.choice_making import entry, write_questions

GIVEN = Path(__file__).parents[4] / "shared" / "data" / "recipe-mpr" / "100QA.json"
PROMPT = "You choose."


@pytest.fixture(params=["made", "given"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A hundred questions: made here, and those that people measure on where they are there."""
    if request.param == "made":
        return write_questions(tmp_path / "made.json", [entry(index) for index in range(100)])
    if not GIVEN.is_file():
        pytest.skip("the questions of Recipe-MPR are not beside this project")
    return GIVEN


def words(questions: tuple[Question, ...]) -> set[str]:
    return {normalised(question.query) for question in questions}


def judged_apart(sides: ChoiceSides) -> bool:
    taught = (*sides.train, *sides.valid)
    ids = {question.id for question in taught}
    return not ids & {question.id for question in sides.test} and not words(taught) & words(
        sides.test
    )


def test_a_question_is_read_with_its_types_and_its_right_letter(file: Path) -> None:
    entries = json.loads(file.read_text("utf-8"))
    questions = read_questions(file)
    assert len(questions) == len({question.id for question in questions}) == 100
    for given, question in zip(entries, questions, strict=True):
        right = " ".join(given["options"][given["answer"]].split())
        assert question.options[LETTERS.index(question.answer)] == right
        assert set(question.options) == {" ".join(t.split()) for t in given["options"].values()}
        assert question.types == tuple(name for name in TYPES if given["query_type"][name])
        assert f"\n{question.answer}. {right}\n" in question.asked


def test_a_position_tells_nothing(tmp_path: Path) -> None:
    """The right option stands first in such files: a model that says A would know them all."""
    entries = [entry(index) for index in range(1000)]
    questions = read_questions(write_questions(tmp_path / "first.json", entries))
    for counted in (
        Counter(question.answer for question in questions),
        Counter(LETTERS[q.options.index(min(q.options, key=len))] for q in questions),
    ):
        assert set(counted) == set(LETTERS)
        assert all(150 <= count <= 250 for count in counted.values()), counted
    for each in entries:
        each["options"] = dict(reversed(each["options"].items()))
    assert read_questions(write_questions(tmp_path / "last.json", entries)) == questions


def test_eight_tenths_teach_one_watches_and_one_judges(file: Path) -> None:
    questions = read_questions(file)
    sides = split(questions)
    assert (len(sides.train), len(sides.valid), len(sides.test)) == (80, 10, 10)
    assert judged_apart(sides)
    assert not words(sides.train) & words(sides.valid)
    assert split(questions[::-1]) == sides


@pytest.mark.parametrize(("count", "sizes"), [(5, (70, 10, 20)), (10, (80, 10, 10))])
def test_each_question_judges_once_and_is_not_seen_before(
    file: Path, tmp_path: Path, count: int, sizes: tuple[int, int, int]
) -> None:
    """By id, by words, and in the very files that a run learns from."""
    questions = read_questions(file)
    made = folds(questions, count)
    judged = [question.id for sides in made for question in sides.test]
    assert sorted(judged) == sorted(question.id for question in questions)
    for number, sides in enumerate(made):
        assert (len(sides.train), len(sides.valid), len(sides.test)) == sizes
        assert judged_apart(sides)
        data = tmp_path / str(number)
        write_sides(sides, data, PROMPT)
        assert leaks_of(data) == []
        learned = "".join((data / f"{side}.jsonl").read_text() for side in ("train", "valid"))
        for question in sides.test:
            assert json.dumps(question.query, ensure_ascii=False)[1:-1] not in learned
    assert len({frozenset(sides.valid) for sides in made}) == count


def test_the_same_question_with_other_options_stays_on_its_side() -> None:
    """Its answer could be known from the other one."""
    pairs = [
        question_of(query, (), [f"{n} {kind}" for n in "abcde"], f"a {kind}")
        for index in range(30)
        for query, kind in ((f"Soup {index}?", "one"), (f"soup   {index}", "two"))
    ]
    assert len({question.id for question in pairs}) == 60
    for sides in (split(pairs), *folds(pairs, 5)):
        assert judged_apart(sides) and len(sides.test) % 2 == 0
    assert (split(pairs[::-1]), folds(pairs[::-1], 5)) == (split(pairs), folds(pairs, 5))


def test_a_leak_is_found(tmp_path: Path) -> None:
    """By its id, by its words under other options, and in the data of an earlier stage."""
    questions = read_questions(
        write_questions(tmp_path / "q.json", [entry(index) for index in range(20)])
    )
    sides = split(questions)
    judge = sides.test[0]
    again = question_of(judge.query.upper() + "!", (), ["a", "b", "c", "d", "e"], "c")
    assert again.id != judge.id
    item = judge.item(PROMPT)
    assert leaks([each.row(PROMPT) for each in sides.train], [item]) == []
    assert judge.id in leaks([judge.row(PROMPT)], [item])[0]
    assert judge.id in leaks([again.row("")], [item])[0]
    for name in ("train", "valid", "stages/style/train"):
        data = tmp_path / name.replace("/", "-")
        write_sides(sides, data, PROMPT)
        path = data / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(again.row(PROMPT)) + "\n")
        assert [leak.partition(":")[0] for leak in leaks_of(data)] == [judge.id]


def test_options_that_stand_under_two_questions_are_counted() -> None:
    one = question_of("one", (), ["a", "b", "c", "d", "e"], "a")
    other = question_of("two", (), ["a", "b", "x", "y", "z"], "x")
    assert options_seen(ChoiceSides((one,), (), (other,))) == 2


def test_the_same_questions_make_the_same_bytes(tmp_path: Path) -> None:
    """Whatever order the file has: a result that cannot be repeated is none."""
    entries = [entry(index) for index in range(40)]
    for name, order in (("one", entries), ("other", entries[::-1])):
        questions = read_questions(write_questions(tmp_path / f"{name}.json", order))
        write_sides(folds(questions, 5)[2], tmp_path / name, PROMPT)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["choices.jsonl", "manifest.json", "replay_test.jsonl", "test.jsonl",
                     "train.jsonl", "valid.jsonl"]  # fmt: skip
    for file_name in files:
        one, other = (tmp_path / each / file_name for each in ("one", "other"))
        assert one.read_bytes() == other.read_bytes()
    taught = json.loads((tmp_path / "one" / "train.jsonl").read_text("utf-8").splitlines()[0])
    assert [message["role"] for message in taught["messages"]] == ["system", "user", "assistant"]
    assert taught["messages"][-1]["content"] in LETTERS
    item = json.loads((tmp_path / "one" / "choices.jsonl").read_text("utf-8").splitlines()[0])
    assert set(item) == {"id", "types", "messages", "letters", "answer"}
    assert item["messages"][-1]["role"] == "user"


def faults_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(ChoicesInvalid) as caught:
        read_questions(path)
    return caught.value.faults


def spoiled() -> list[Any]:
    entries: list[Any] = [entry(index) for index in range(10)]
    entries[1]["query"] = "  "
    entries[1]["answer"] = "nobody"
    entries[2]["query_type"]["Negated"] = 2
    entries[2]["query_type"]["Vegan"] = 1
    del entries[3]["query_type"]["Temporal"]
    entries[4]["options"].pop("4w2")
    entries[5]["options"]["5w2"] = ""
    entries[5]["options"]["5w3"] = entries[5]["options"]["5r"].upper()
    entries[6] = ["no", "question"]
    del entries[7]["options"]
    entries[9] = {**entry(8), "query": entry(8)["query"].upper()}
    return entries


def test_a_wrong_file_is_told_with_all_its_faults(tmp_path: Path) -> None:
    """Somebody who corrects a file by hand should not have to start it ten times."""
    path = write_questions(tmp_path / "wrong.json", spoiled())
    faults = faults_of(path)
    lines = path.read_text("utf-8").splitlines()
    expected = {
        2: ["query is '  '", "answer is 'nobody'"],
        3: ["query_type 'Vegan' is none of", "query_type Negated is 2"],
        4: ["query_type Temporal is missing"],
        5: ["4 options, and there must be 5"],
        6: ["option '5w2' is ''", "option '5w3' says the same as option '5r'"],
        7: ["no object with a query"],
        8: ["options is missing"],
        10: ["the same words and options as question 9"],
    }
    wanted = [(number, words) for number, each in expected.items() for words in each]
    assert len(faults) == len(wanted), faults
    for fault, (number, told) in zip(faults, wanted, strict=True):
        place, _, said = fault.partition(": ")
        name, _, line = place.partition(" (line ")
        assert name == f"question {number}" and said.startswith(told), fault
        assert lines[int(line.rstrip(")")) - 1].strip() in ("{", "["), fault


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[\n {"query": "x",\n}', "line 3, column 1: no JSON"),
        (b'{"query": "x"}', "is no list"),
        (b"[]", "holds no question"),
        (b"", "line 1, column 1: no JSON"),
        (b'["\xff"]', "no UTF-8 text: byte 2"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_what_is_no_list_of_questions_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "wrong.json"
    path.write_bytes(content)
    (fault,) = faults_of(path)
    assert said in fault and "wrong.json" in fault


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path / "absent.json")
    assert "absent.json" in fault and "cannot be read" in fault


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = write_questions(tmp_path / "q.json", [entry(0)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_questions(path)) == 1


def test_too_few_questions_are_told(tmp_path: Path) -> None:
    questions = read_questions(write_questions(tmp_path / "q.json", [entry(0), entry(1)]))
    for make in (split, lambda few: folds(few, 5), lambda few: folds(few, 1)):
        with pytest.raises(ChoicesInvalid):
            make(questions)
    few = read_questions(write_questions(tmp_path / "q.json", [entry(n) for n in range(5)]))
    for sides in (split(few), *folds(few, 5), *folds(few, 2)):
        assert sides.train and sides.valid and sides.test
