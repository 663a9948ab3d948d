"""What asks the same must be found in other words, and what asks something else left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.nearness import MOST_TERMS, NEAR, nearness, question_terms, says_what, weights

SAME = (
    ("How do I reverse a list in Python?", "How can I turn a list around in Python?"),
    ("How do I reverse a list in Python?", "Reversing lists in Python, please"),
    ("I keep putting off my tax papers.", "I always put off my tax papers, what now?"),
    ("What should I cook tonight with eggs?", "What can I cook with eggs for dinner tonight?"),
    ("hello", "Hello!"),
    ("파이썬에서 리스트를 뒤집는 방법 알려줘", "파이썬으로 리스트를 뒤집고 싶은데 어떻게 해요?"),
    ("아침에 일찍 일어나는 법이 있을까?", "아침에 일찍 일어나려면 어떻게 해야 해요?"),
    ("김치찌개 맛있게 끓이는 법", "김치찌개를 맛있게 끓이려면 어떻게 하나요?"),
    ("부산 여행 코스 추천해줘", "부산 여행 코스 좀 추천해 주세요"),
)
OTHER = (
    ("How do I reverse a list in Python?", "How do I get to Busan in winter?"),
    ("How do I sort a list in Python?", "How do I install Python on Windows?"),
    ("What is the capital of France?", "How do I reverse a list in Python?"),
    ("thanks", "please"),
    ("파이썬에서 리스트를 뒤집는 방법 알려줘", "파이썬에서 파일을 읽는 방법 알려줘"),
    ("부산 여행 코스 추천해줘", "제주 맛집 추천해줘"),
    ("아침에 일찍 일어나는 법이 있을까?", "밤에 일찍 자는 법이 있을까?"),
)


def near(asked: str, other: str, messages: int, met: int) -> float:
    """How near they are in a store where words of the matter are rare and others common."""
    terms = question_terms(asked)
    found = {term: met if says_what(term) else messages // 4 for term in terms}
    return nearness(terms, question_terms(other), weights(found, messages))


@pytest.mark.parametrize(("messages", "met"), [(4, 1), (1_000_000, 500)], ids=["new", "large"])
@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_in_other_words_is_near(one: str, other: str, messages: int, met: int) -> None:
    assert near(one, other, messages, met) >= NEAR
    assert near(other, one, messages, met) >= NEAR


@pytest.mark.parametrize(("messages", "met"), [(4, 1), (1_000_000, 500)], ids=["new", "large"])
@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_asks_something_else_is_not_near(
    one: str, other: str, messages: int, met: int
) -> None:
    assert near(one, other, messages, met) < NEAR
    assert near(other, one, messages, met) < NEAR


def test_rare_words_say_more_than_common_ones() -> None:
    asked = ["kimchi", "soup"]
    weight = weights({"kimchi": 3, "soup": 900}, 1_000)
    assert nearness(asked, ["kimchi", "noodles"], weight) > nearness(
        asked, ["soup", "noodles"], weight
    )


def test_a_question_after_a_long_paste_is_still_read() -> None:
    terms = question_terms("x = 1\n" * 4_000 + "Why does this never end?")
    assert {"never", "end"} <= set(terms) and len(terms) <= MOST_TERMS


@given(st.text(max_size=200), st.text(max_size=200))
def test_nearness_is_a_share_whatever_is_asked(one: str, other: str) -> None:
    terms = question_terms(one)
    weight = weights(dict.fromkeys(terms, 1), 10)
    assert 0.0 <= nearness(terms, question_terms(other), weight) <= 1.0 + 1e-9
    assert not terms or nearness(terms, terms, weight) == pytest.approx(1.0)
