"""An echo must not count as an answer, and a right short answer must not count as an echo."""

from __future__ import annotations

import pytest

from replay.measures.echo import trouble
from replay.measures.style import distance, style_of

CAPITAL = "What is the capital of France?"


@pytest.mark.parametrize(
    ("prompt", "reply", "found"),
    [
        (CAPITAL, "", "empty"),
        (CAPITAL, " \n...", "empty"),
        (CAPITAL, "what is the capital of france", "echo"),
        (CAPITAL, f"{CAPITAL} {CAPITAL} {CAPITAL}", "echo"),
        ("오늘 서울 날씨가 어때요?", "오늘 서울 날씨가 어때요?", "echo"),
        (CAPITAL, "the end of " * 30, "loop"),
        (
            CAPITAL,
            "Sunny. "
            + "Next: think about what you look forward to most today, and then smile. " * 3
            + "Next: think about",
            "loop",
        ),
        (
            CAPITAL,
            "One minute of jumping jacks, ten squats, ten lunges, then rest for a minute. " * 3,
            None,
        ),
        (CAPITAL, "I sit by the sea and the sea sings to me all day long. " * 2, None),
        (CAPITAL, "Paris.", None),
        (CAPITAL, "The capital of France is Paris.", None),
        ("Which is bigger, an elephant or a mouse?", "An elephant is bigger.", None),
        ("Is fire hot?", "Fire is hot.", None),
        ("Complete the sentence: The capital of Italy is", "The capital of Italy is Rome.", None),
        ("Write a function f(x) that doubles x.", "def f(x):\n    return 2 * x", None),
    ],
)
def test_replies_that_are_none(prompt: str, reply: str, found: str | None) -> None:
    assert trouble(prompt, reply) == found


SUNNY = [
    "Bring bread and salt; it is a lovely custom.\n\nNext: buy a good loaf.",
    "Check `ok` first, then read the JSON.\n\nNext: try a wrong address.",
]
DRY = [
    "There are several ways:\n- one\n- two\n- three",
    "```python\nx = 1\n```\nThe variable is set. It has a value. It is a number.",
]


def test_a_constant_last_line_is_seen() -> None:
    style = style_of(SUNNY)
    assert (style.closing, style.closing_share) == ("next:", 1.0)
    assert style.code_share == 0.0


def test_lists_code_and_marks_are_counted() -> None:
    style = style_of([*DRY, "Really? Yes!"])
    assert style.list_share == pytest.approx(0.25)
    assert 0.0 < style.code_share < 0.2
    assert style.questions == style.exclamations == pytest.approx(1 / 3)


def test_distance_is_nothing_to_oneself_and_grows_with_the_difference() -> None:
    sunny, dry = style_of(SUNNY), style_of(DRY)
    assert distance(sunny, sunny) == 0.0
    assert distance(sunny, dry) == distance(dry, sunny)
    assert distance(sunny, style_of(SUNNY[:1])) < distance(sunny, dry) <= 1.0


def test_nothing_said_has_a_style_too() -> None:
    assert distance(style_of([]), style_of(["", " "])) == 0.0
