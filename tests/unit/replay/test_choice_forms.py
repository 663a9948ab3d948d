"""A question put in a way that tells its answer, or joined wrongly, would make up a score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from replay.choice_forms import ByLetter, ByWords, Form, turned
from replay.choices import LETTERS, Question, folds, leaks, leaks_of, write_sides
from replay.choices_reading import read_questions
from tests.unit.replay.choice_making import entry, write_questions

FORMS = [ByLetter(), ByLetter(5), ByWords()]


@pytest.fixture
def questions(tmp_path: Path) -> tuple[Question, ...]:
    file = write_questions(tmp_path / "q.json", [entry(index) for index in range(20)])
    return read_questions(file)


def right(question: Question) -> str:
    return question.options[LETTERS.index(question.answer)]


def answered(
    form: Form, questions: tuple[Question, ...], liking: Callable[[dict[str, Any], str], float]
) -> list[dict[str, Any]]:
    """What a model that likes answers so much gives for them."""
    items = [item for question in questions for item in form.judged(question, "")]
    rows = [
        {**item, "log_likelihoods": {each: liking(item, each) for each in item["letters"]}}
        for item in items
    ]
    return form.joined(rows)


def test_each_order_names_the_same_answer_and_each_letter_is_right_once(
    questions: tuple[Question, ...],
) -> None:
    for question in questions:
        orders = [turned(question, by) for by in range(5)]
        assert {right(each) for each in orders} == {right(question)}
        assert {each.answer for each in orders} == set(LETTERS)
        assert orders[0] == question


def test_a_liking_for_a_letter_decides_nothing_over_all_orders(
    questions: tuple[Question, ...],
) -> None:
    """In one order it hides what the model knows; over all of them only the knowledge counts."""

    def liking(item: dict[str, Any], letter: str) -> float:
        return 3.0 * (letter == "B") + 1.0 * (letter == item["answer"])

    joined = answered(ByLetter(5), questions, liking)
    assert [row["chosen"] for row in joined] == [question.answer for question in questions]
    assert [row["answer"] for row in joined] == [question.answer for question in questions]
    assert {row["chosen"] for row in answered(ByLetter(), questions, liking)} == {"B"}


def test_words_that_are_likely_anyway_are_not_chosen_for_that(
    questions: tuple[Question, ...],
) -> None:
    answers = {right(question) for question in questions}

    def liking(item: dict[str, Any], words: str) -> float:
        usual = -float(len(words)) - 50.0 * (words in answers)
        asked = len(item["messages"][-1]["content"].split("\n\n")) > 1
        return usual + (2.0 if asked and words == item["answer"] else 0.0)

    joined = answered(ByWords(), questions, liking)
    assert [row["id"] for row in joined] == [question.id for question in questions]
    assert [row["chosen"] for row in joined] == [question.answer for question in questions]


def test_words_are_put_without_the_options(questions: tuple[Question, ...]) -> None:
    """Else the right one could be copied from the question."""
    form = ByWords()
    for question in questions:
        for item in form.judged(question, "You choose."):
            asked = " ".join(message["content"] for message in item["messages"])
            assert not any(option in asked for option in question.options)
        assert form.taught(question, "")[0]["messages"][-1]["content"] == right(question)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_leak_is_found_however_a_question_is_put(
    questions: tuple[Question, ...], form: Form, tmp_path: Path
) -> None:
    for number, sides in enumerate(folds(questions, 5)):
        data = tmp_path / str(number)
        manifest = write_sides(sides, data, "You choose.", form)
        assert leaks_of(data) == []
        taught = len(form.taught(questions[0], "")) * len(sides.train)
        assert manifest["counts"]["train.jsonl"] == taught
        assert manifest["counts"]["test.jsonl"] == len(sides.test)
    judge = questions[0]
    for taught_form in FORMS:
        rows = taught_form.taught(judge, "")[-1:]
        other_id = [{**row, "id": "another"} for row in rows]
        assert len(leaks(rows, form.judged(judge, "")[:1])) == 1
        assert len(leaks(other_id, form.judged(judge, "")[:1])) == 1
