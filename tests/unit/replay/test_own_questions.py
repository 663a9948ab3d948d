"""Hours go into a test set: it must be read as it was meant, and never be learned by accident."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from replay.filters import Judging
from replay.own_questions import OwnQuestion, QuestionsInvalid, question_id, signatures, split
from replay.own_questions_reading import MOST_BYTES, read_own_questions
from tests.unit.replay.choice_making import entry, write_questions


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def faults_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(QuestionsInvalid) as refused:
        read_own_questions(path)
    return refused.value.faults


def open_question(prompt: str, answer: str = "yes") -> OwnQuestion:
    return OwnQuestion(question_id(prompt, ()), prompt, (answer,))


def test_the_form_of_recipe_mpr_is_read_with_types_and_the_right_option(tmp_path: Path) -> None:
    entries = [entry(index) for index in range(20)]
    questions = read_own_questions(write_questions(tmp_path / "q.json", entries))
    assert len(questions) == len({question.id for question in questions}) == 20
    for given, question in zip(entries, questions, strict=True):
        assert question.prompt == given["query"].strip()
        assert question.right == given["options"][given["answer"]]
        assert set(question.types) == {name for name, is_so in given["query_type"].items() if is_so}
        assert question.chance == 0.2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_korean_table_is_read_in_every_form_that_programs_save(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter).writerows(
        [
            ["질문", "정답", "유형", "a", "b"],
            ["수도는 어디인가요,\n한국에서; 지금?", "서울|Seoul", "지리; 쉬움", "", ""],
            ["하늘은 무슨 색인가요?", "b", "", "빨강", "파랑"],
        ]
    )
    table = written(tmp_path, "q.csv", made.getvalue(), encoding)
    capital, sky = read_own_questions(table)
    assert capital.prompt == "수도는 어디인가요,\n한국에서; 지금?"
    assert capital.answers == ("서울", "Seoul")
    assert capital.types == ("지리", "쉬움")
    assert (sky.choices, sky.right, sky.types) == (("빨강", "파랑"), "파랑", ())


def test_json_lines_take_several_answers_and_numbers_and_lists_of_choices(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": "6 * 7?", "answer": 42, "category": "sums"},
        {"question": "Who?", "answers": ["Ann", "Anne"], "type": ["names", "short"]},
        {"query": "Wet?", "choices": ["salt", "rain"], "answer": 1},
        {"query": "Dry?", "choices": ["salt", "rain"], "expected": "Salt", "extra": None},
        {"query": "Red?", "choices": ["plum", "cherry"], "answer": "B"},
    ]
    text = "\n\n".join(json.dumps(row) for row in rows)
    sums, who, wet, dry, red = read_own_questions(written(tmp_path, "q.jsonl", text))
    assert (sums.answers, sums.types) == (("42",), ("sums",))
    assert (who.answers, who.types) == (("Ann", "Anne"), ("names", "short"))
    assert [each.right for each in (wet, dry, red)] == ["rain", "salt", "cherry"]


def test_every_error_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    lines = [
        '{"prompt": "Fine?", "answer": "yes"}',
        '{"prompt": "", "answer": "yes"}',
        '{"prompt": "No answer?"}',
        "{torn",
        '{"prompt": "Which?", "choices": ["x"], "answer": "x"}',
        '{"prompt": "Which?", "choices": ["x", "y"], "answer": "z"}',
        '{"prompt": "fine", "answer": "no"}',
        '{"prompt": "Half \\ud800", "answer": "yes"}',
        '{"prompt": "Ids?", "options": {}, "answer": "q"}',
        "[]",
    ]
    told = faults_of(written(tmp_path, "q.jsonl", "\n".join(lines)))
    assert [fault.partition(":")[0].partition(",")[0] for fault in told] == [
        f"line {number}" for number in range(2, 11)
    ]
    assert "same question as in line 1" in told[5]


def test_errors_of_a_table_name_the_line_that_an_editor_shows(tmp_path: Path) -> None:
    text = 'question,answer\n"one\ntwo",1\n\nthree, \nfour,4,5\n"five,5\n'
    told = faults_of(written(tmp_path, "q.csv", text))
    assert [fault.partition(":")[0] for fault in told] == ["line 5", "line 6", "line 7"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("q.json", b"", "empty"),
        ("q.csv", b"\xef\xbb\xbf \n", "empty"),
        ("q.csv", b"name,size\na,1\n", "names no column"),
        ("q.csv", b"question,answer\n", "holds no question"),
        ("q.csv", b"question,answer,answer\na,b,c\n", "twice"),
        ("q.json", b'["a": 1]', "no JSON"),
        ("q.json", b"[" * 100_000, "nested too deeply"),
        ("q.json", b"[" + b"9" * 10_000 + b"]", "number too long"),
        ("q.json", bytes(range(256)), "neither in UTF-8"),
        ("q.jsonl", b"\0\0\0\0", "no text"),
        ("q.xlsx", b"PK", "ends in none of"),
        ("q.csv", b"x" * (MOST_BYTES + 1), "larger than 10 MB"),
    ],
)
def test_what_is_no_test_set_is_refused_in_one_sentence(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    (fault,) = faults_of(path)
    assert said in fault


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "none.csv") == ("it is not a file",)
    (tmp_path / "folder.csv").mkdir()
    assert faults_of(tmp_path / "folder.csv") == ("it is not a file",)


def test_a_question_stays_on_its_side_whatever_is_around_it() -> None:
    """One that judged once must never teach later."""
    questions = [open_question(f"What is number {number}?") for number in range(2_000)]
    sides = [split(question, all_held_out=False) for question in questions]
    assert 0.08 < sides.count("test") / 2_000 < 0.12
    assert 0.08 < sides.count("valid") / 2_000 < 0.12
    for question, side in list(zip(questions, sides, strict=True))[:200]:
        written_otherwise = question.prompt.upper().replace("?", " !")
        assert split(open_question(written_otherwise, "no"), all_held_out=False) == side
        assert split(question, all_held_out=True) == "test"
    known = {"What is tea?": "train", "What is number 0?": sides[0]}
    assert split(open_question("what is TEA"), all_held_out=False) == known["What is tea?"]


def test_a_message_that_asks_a_test_question_is_known() -> None:
    prompt = "Which soup goes well with a cold and rainy evening in autumn?"
    with_choices = OwnQuestion("q", prompt, (), ("pumpkin soup", "cold cucumber soup"), 0)
    judging = Judging(signatures([with_choices]))
    assert judging.asks("which soup goes well with a cold and rainy evening in autumn")
    assert judging.asks(f"{prompt}\n\nA. pumpkin soup\nB. cold cucumber soup")
    assert not judging.asks("Which tea goes well with a warm morning in spring?")
    assert not Judging().asks(prompt)
