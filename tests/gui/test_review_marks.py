"""A mark at the wrong place would send somebody to correct what is right."""

from __future__ import annotations

from typing import Any

import pytest

from app.gui.controls import Line
from app.gui.review_bars import JUDGED_FROM, TopicBars
from app.gui.review_marks import MOST_CHARACTERS, MOST_MARKS, Passage, question_of, reply_of
from app.gui.review_words import flag_why
from app.operations.reviewing import TopicShare
from app.store.review import ReviewFlag, ReviewItem
from replay.looking import FLAG_KINDS


def _item(reply: str, kind: str, question: str = "Why?", **detail: Any) -> ReviewItem:
    return ReviewItem(
        2, 1, 1, question, reply, reply, "", "chat", "", False, "open", None, False, False,
        "general", False, (ReviewFlag(kind, detail, None),),
    )  # fmt: skip


def _marked(passage: Passage) -> list[str]:
    """What Qt would mark: it counts in UTF-16."""
    units = passage.text.encode("utf-16-le")
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in passage.marks]


@pytest.mark.parametrize(
    ("kind", "reply", "detail", "marked"),
    [
        ("personal_data", "😀😀 a@firma.com, 02-345-6789", {}, ["a@firma.com", "02-345-6789"]),
        ("personal_data", "one\r\ntwo\r\na@firma.com", {}, ["a@firma.com"]),
        ("bad_code", "See:\n```python\n\nx = 1\nfor i in (:\n  y\n```", {}, ["for i in (:"]),
        ("bad_code", "```python\n>>> x = 1\n1\n>>> x = = 2\n```", {}, [">>> x = = 2"]),
        ("bad_code", '```json\n{\n "a": 1,,\n}\n```', {}, [' "a": 1,,']),
        ("bad_code", "```python\nx = 1\n```\n```json\n{]\n```", {}, ["{]"]),
        ("refusal", "Well. I’m sorry, but I can’t do it.", {}, ["I’m sorry, but I can’t"]),
        ("mixed_scripts", "빵은 `да` сегодня 좋아요", {"script": "cyrillic"}, ["сегодня"]),
        ("broken", "Fine.<|im_end|> `<|im_end|>`", {"why": "markers"}, ["<|im_end|>"]),
        ("truncated", "Put it into the \n", {"why": "mid_sentence"}, ["the"]),
        ("truncated", "Put it into", {"why": "length"}, []),
        ("too_short", "No.", {"words": 1}, []),
    ],
)
def test_the_place_is_the_one_that_the_flag_is_about(
    kind: str, reply: str, detail: dict[str, Any], marked: list[str]
) -> None:
    assert _marked(reply_of(_item(reply, kind, **detail))) == marked


def test_what_is_personal_in_the_question_is_marked_there() -> None:
    passage = question_of(_item("Yes.", "personal_data", "Is 😀 a@firma.com yours?"))
    assert _marked(passage) == ["a@firma.com"]


def test_very_long_texts_are_cut_and_marks_are_few() -> None:
    """A window that lays out a million characters stands still for seconds."""
    many = reply_of(_item("a@firma.com " * 100_000, "personal_data"))
    assert len(many.text) == MOST_CHARACTERS
    assert many.left_out == 1_200_000 - MOST_CHARACTERS
    assert len(many.marks) == MOST_MARKS
    assert max(end for _, end in many.marks) <= MOST_CHARACTERS


@pytest.mark.parametrize("reply", ["", "\n", "```python\n", "```json\n\n```", "\r\n\r\n", "😀"])
@pytest.mark.parametrize(
    "kind", ["personal_data", "bad_code", "refusal", "mixed_scripts", "broken", "truncated", "new"]
)
def test_nothing_to_mark_is_no_error(kind: str, reply: str) -> None:
    assert reply_of(_item(reply, kind)).marks == ()


@pytest.mark.usefixtures("qapp")
def test_topics_are_judged_only_when_there_is_something_to_judge() -> None:
    """One approved reply is always all of something."""
    bars = TopicBars()

    def words(coding: int) -> str:
        bars.show_shares([TopicShare("coding", coding, 1.0, 0.5, 0.6)])
        return bars.findChildren(Line)[0].text()

    assert words(1) == "Coding 100%"
    assert words(JUDGED_FROM) == "Coding 100%, too much"


def test_nobody_is_left_alone_with_a_flag() -> None:
    assert [kind for kind in FLAG_KINDS if not flag_why(kind)] == []
