"""A persona whose traits are measured wrongly is told to be what it already is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resources
from replay.measures.traits import DECIDING, TRAITS, apart, trait, traits_of, unlike
from tests.unit.replay.trait_examples import EXAMPLES

MIDDLING = dict.fromkeys(TRAITS, 0.5)
LONG = "This is one more sentence about how bread is kept fresh in a linen bag. " * 12
HOSTILE = {
    "empty": "",
    "spaces": " \n\t" * 1000,
    "one word": "a" * 1_000_000,
    "many words": "word " * 200_000,
    "emoji": "😀" * 300_000,
    "code": "```python\n" + "x = 1\n" * 100_000,
    "control": "\x00\x01\x1b\x7f" * 100_000,
    "half a pair": "\ud800" * 1000,
    "backticks": "`" * 300_000,
    "quotes": '"' * 300_000,
    "brackets": "(;" * 200_000,
    "questions": "why? " * 100_000,
    "hangul": "안녕" * 300_000,
    "particles": "는 것은 " * 100_000,
    "underscores": "a_" * 300_000,
    "paths": "/a" * 300_000,
    "commas": "a, 가, " * 100_000,
    "indented": "\n\n    x=1;" * 30_000,
}


@pytest.mark.parametrize("name", TRAITS)
def test_of_two_replies_the_one_with_more_of_a_trait_measures_higher(name: str) -> None:
    pairs = EXAMPLES[name]
    wrong = [pair for pair in pairs if not trait(name, pair[0]) > trait(name, pair[1])]
    assert len(pairs) >= 20
    assert len(wrong) <= len(pairs) // 40, wrong


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.timeout(60)
def test_no_reply_however_odd_holds_the_measure_up(text: str) -> None:
    for name in TRAITS:
        assert 0.0 <= trait(name, text) <= 1.0
    assert set(unlike(MIDDLING, text, "en")) <= set(DECIDING)


@given(st.text(max_size=200), st.sampled_from(["", "en", "ko"]))
@settings(max_examples=60, deadline=None)
def test_every_text_has_every_trait_between_nothing_and_all(text: str, language: str) -> None:
    assert all(0.0 <= trait(name, text, language) <= 1.0 for name in TRAITS)


def test_replies_together_have_the_mean_of_each_trait() -> None:
    values = traits_of(["Hi!", "", "Which version do you use?"])
    assert set(values) == set(TRAITS)
    one, other = trait("questions", "Hi!"), trait("questions", "Which version do you use?")
    assert values["questions"] == pytest.approx((one + other) / 2)
    assert traits_of([]) == dict.fromkeys(TRAITS, 0.0)


def test_distance_counts_the_deciding_traits_alone() -> None:
    assert apart(MIDDLING, MIDDLING | {"humour": 1.0}) == 0.0
    assert apart(MIDDLING, MIDDLING | {"emoji": 0.9}) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "wanted", "reply", "language"),
    [
        ("emoji", 0.0, "Sure, it opens at nine 🎉", "en"),
        ("emoji", 0.0, "네, 아홉 시에 열어요 ㅎㅎ", "ko"),
        ("emoji", 1.0, LONG, "en"),
        ("questions", 0.0, "Is it oak? And do you plan to use it outdoors?", "en"),
        ("questions", 0.0, "몇 분이 드세요? 매운 것도 괜찮으세요?", "ko"),
        ("verbosity", 0.15, LONG, "en"),
        ("verbosity", 0.15, "빵은 천에 싸서 서늘한 곳에 두면 오래 갑니다. " * 14, "ko"),
        ("verbosity", 0.95, "Yes.", "en"),
        ("formality", 0.9, "야, 그거 그냥 껐다 켜. 금방 돼.", "ko"),
        ("formality", 0.1, "요청하신 자료를 보내 드립니다. 확인해 주시기 바랍니다.", "ko"),
        ("formality", 0.9, "Hey, yeah, just grab it and you're good to go, no worries!", "en"),
        (
            "formality",
            0.1,
            "I regret to inform you that the request cannot be approved. Should you require"
            " further assistance, please do not hesitate to contact the department.",
            "en",
        ),
    ],
)
def test_what_a_person_would_call_unlike_is_called_so(
    name: str, wanted: float, reply: str, language: str
) -> None:
    assert unlike(MIDDLING | {name: wanted}, reply, language) == (name,)


@pytest.mark.parametrize(
    ("traits", "reply", "language"),
    [
        ({"emoji": 0.1}, "Sure, it opens at nine 🎉", "en"),
        ({"emoji": 0.0}, "Write it as `print('🎉')`.", "en"),
        ({"questions": 0.0}, "Why? Because it is cold. Which version do you use?", "en"),
        ({"questions": 0.0}, 'Ask them "Is it safe?" and "How long will it take?"', "en"),
        ({"verbosity": 0.15}, "Keep it in a linen bag, and warm it up before you eat it.", "en"),
        ({"verbosity": 0.0}, "```python\n" + "x = 1\n" * 200 + "```", "en"),
        ({"formality": 0.9}, "이 설정을 끄시면 돼요.", "ko"),
        ({"formality": 0.7}, "The shop opens at nine, and it's closed on Mondays.", "en"),
        ({}, "야, 그거 그냥 껐다 켜 ㅋㅋ", "ko"),
    ],
)
def test_what_may_well_be_the_persona_is_let_be(
    traits: dict[str, float], reply: str, language: str
) -> None:
    assert unlike(traits, reply, language) == ()


def test_the_demo_persona_is_never_unlike_itself() -> None:
    folder = Path(resources.__file__).parent / "demo"
    traits = json.loads((folder / "persona.json").read_text("utf-8"))["traits"]
    rows = (folder / "month.jsonl").read_text("utf-8").splitlines()
    liked = [row for row in map(json.loads, rows) if row.get("rating") == "up"]
    replies = [row["messages"][-1]["content"] for row in liked]
    assert len(replies) > 50
    assert [reply for reply in replies if unlike(traits, reply, "en")] == []
