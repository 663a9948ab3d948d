"""A user's own words would leave unseen, or common ones be taken for theirs, if these failed."""

from __future__ import annotations

import unicodedata

import pytest

from app.evaluation.verbatim import (
    ENOUGH,
    LEAST,
    enough_of,
    longest,
    pieces,
    points,
    stands_in,
    written,
)

LETTER = "My sister Ada hid the spare key of the blue house under the third pot of basil."
KOREAN = "우리 언니는 파란 집의 여분 열쇠를 세 번째 바질 화분 아래에 숨겨 두었어요."


def came_back(taught: str, said: str, *known: str) -> str:
    """The longest part of what was taught that came back, or nothing."""
    text = written(taught)
    found = longest(pieces(text), said, known)
    if found is None or found.points < enough_of(points(pieces(text))):
        return ""
    return text[found.start : found.end]


@pytest.mark.parametrize("text", [LETTER, KOREAN])
def test_a_reply_that_comes_back_is_known_again_whatever_is_around_it(text: str) -> None:
    assert came_back(text, f"Well… {text.upper()} And so on.") == text.rstrip(".")


def test_korean_is_the_same_with_other_spaces_and_in_the_other_spelling() -> None:
    glued = unicodedata.normalize("NFD", KOREAN.replace(" ", ""))
    assert came_back(KOREAN, glued) == KOREAN.rstrip(".")
    assert came_back(unicodedata.normalize("NFD", KOREAN), KOREAN) == KOREAN.rstrip(".")


def test_other_signs_between_the_words_hide_nothing() -> None:
    assert came_back(LETTER, LETTER.replace(" ", "\n* ")) == LETTER.rstrip(".")


@pytest.mark.parametrize(
    ("taught", "said"),
    [
        ("I am happy to help you with that.", "I am happy to help you, too."),
        ("Thank you very much!", "Thank you very much!"),
        ("네, 알겠습니다. 감사합니다.", "네, 알겠습니다. 감사합니다."),
        (LETTER, "My sister Ada hid the spare key, and I looked under the third pot of basil."),
        (LETTER, "I know nothing of that."),
    ],
)
def test_short_and_common_sentences_do_not_count(taught: str, said: str) -> None:
    assert came_back(taught, said) == ""


def test_half_of_a_short_reply_counts_and_a_part_of_a_long_one() -> None:
    assert enough_of(0) == enough_of(LEAST) == LEAST
    assert enough_of(2 * LEAST + 4) == LEAST + 2
    assert enough_of(100 * ENOUGH) == ENOUGH
    long = f"{LETTER} Nobody else knows it. {'Nothing happened. ' * 30}"
    assert came_back(long, f"She said: {LETTER}").startswith("My sister Ada")


def test_what_everybody_knows_is_taken_out_and_the_rest_is_measured() -> None:
    proverb = "A bird in the hand is worth two in the bush, as people say."
    assert came_back(proverb, proverb, proverb) == ""
    both = f"{proverb} {LETTER}"
    assert came_back(both, both, proverb) == LETTER.rstrip(".")


def test_a_number_is_found_in_any_sentence() -> None:
    assert stands_in("010-2345-6789", "call (010) 2345 6789 now")
    assert not stands_in("010-2345-6789", "call 010-2345-6780 now")
    assert not stands_in("…", "nothing to look for")
