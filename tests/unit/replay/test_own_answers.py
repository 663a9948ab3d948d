"""A right answer that is not counted, or a wrong one that is, makes a test set worthless."""

from __future__ import annotations

import pytest

from replay.own_answers import says_answer


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("The capital is Paris.", "paris"),
        ("**PARIS**, of course!", "Paris"),
        ("It stands in New York, I think.", "New York"),
        ("That is Eiffel Tower.", "the Eiffel Tower"),
        ("Written in C++.", "C++"),
        ("There were 1,000 of them.", "1000"),
        ("It costs 3.50 in all.", "3.5"),
        ("It is \u22125 degrees.", "-5"),
        ("About 5km away.", "5 km"),
        ("Use >= there.", ">="),
        ("It is café.", "cafe\u0301"),
        ("정답은 서울입니다.", "서울"),
        ("서울에서는 그렇게 말해요.", "서울"),
        ("저는 김치 찌개를 좋아해요.", "김치찌개"),
        ("김치찌개예요!", "김치 찌개"),
        ("Paris는 프랑스의 수도예요.", "Paris"),
        ("모두 6개입니다.", "6개"),
        ("모두 6 개예요.", "6"),
    ],
)
def test_an_answer_counts_however_it_is_written(reply: str, answer: str) -> None:
    assert says_answer(reply, [answer])


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("It is 16.", "6"),
        ("It is 6.5.", "6"),
        ("It is 1 2.", "12"),
        ("It is 5 degrees.", "-5"),
        ("From 3 to 2-5.", "-5"),
        ("That is a category.", "cat"),
        ("Written in C++.", "C"),
        ("I like New ideas from York.", "New York"),
        ("저는 김밥을 먹었어요.", "밥"),
        ("사과나무 아래에서 만나요.", "사과"),
        ("", "Paris"),
    ],
)
def test_a_part_of_another_word_or_number_is_no_answer(reply: str, answer: str) -> None:
    assert not says_answer(reply, [answer])


def test_one_of_several_answers_is_enough() -> None:
    assert says_answer("It is called Seoul.", ["서울", "Seoul"])
    assert not says_answer("It is called Busan.", ["서울", "Seoul"])


def test_a_reply_that_loops_is_searched_in_no_time() -> None:
    assert not says_answer("서울" + "이라고" * 5_000 + "끝", ["서울"])
