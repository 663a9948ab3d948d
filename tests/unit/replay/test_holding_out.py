"""A candidate must never be judged by what its parent, or it, has learned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from replay.example import Example, Message
from replay.measures.near import signature
from replay.mix import MixPlan, draw_mix
from tests.unit.replay.making import buffers, month, single

PLAN = MixPlan(7, "You are Sunny.", ("en",))
STORY = (
    "The ferry to the island leaves at nine from the old pier, and the one after it at noon;"
    " take the path along the wall, past the bakery, and have the exact fare in coins."
)


def _signed(number: int, reply: str) -> Example:
    messages = (Message("user", f"unlike the others {number}"), Message("assistant", reply, 1.0))
    return replace(single(number), messages=messages, signatures=(signature(reply),))


def test_what_judged_once_is_never_learned_in_a_later_month_of_usual_size() -> None:
    grown = month(450)
    judged: set[str] = set()
    learned: set[str] = set()
    for size in range(60, 450, 30):
        mix = draw_mix(grown[:size], buffers({"coding": 900}), replace(PLAN, seed=size))
        test = {each.id for each in mix.test}
        assert not test & learned, "an adapter learned what now judges the next one"
        learned |= {each.id for each in mix.train}
        judged |= test
    assert len(judged) >= 30


def test_a_conversation_that_comes_in_again_is_held_out_again() -> None:
    first = draw_mix(month(100), buffers({"coding": 120}), PLAN)
    again = [
        replace(each, id=f"c{number + 900}:m1", conversation=f"c{number + 900}", message_ids=(1,))
        for number, each in enumerate(month(100))
    ]
    second = draw_mix(again, buffers({"coding": 120}), PLAN)
    asked = [{each.messages[0].content for each in mix.test} for mix in (first, second)]
    assert asked[0] == asked[1]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_near_duplicates_are_on_one_side(language: str) -> None:
    story = STORY if language == "en" else (
        "섬으로 가는 배는 아홉 시에 옛 선착장에서 떠나고 다음 배는 정오에 있습니다. 담장을 따라"
        " 빵집을 지나 걸어가시고 요금은 동전으로 맞춰 준비해 주세요."
    )  # fmt: skip
    likes = [_signed(number, story + f" {number}!") for number in range(500, 512)]
    others = [_signed(number, f"{number} " * 30 + STORY[number % 40 :]) for number in range(80)]
    mix = draw_mix(others + likes, buffers({"coding": 120}), PLAN)
    sides = [
        {each.id for each in side} & {each.id for each in likes}
        for side in (mix.train, mix.valid, mix.test)
    ]
    assert sum(bool(side) for side in sides) == 1


def test_items_made_to_judge_are_never_drawn_and_the_group_gives_no_others() -> None:
    drawn_from = buffers({"coding": 90, "general": 90})
    judges = [replace(single(n, group="coding"), judges=True) for n in range(900, 930)]
    drawn_from["coding"] += judges
    mix = draw_mix(month(300), drawn_from, PLAN)
    names = {each.id for each in judges}
    assert {each.id for each in mix.replay_test if each.group == "coding"} == names
    assert not names & {each.id for each in mix.train + mix.valid}
    assert mix.manifest.groups["coding"].available == 90
    assert mix.manifest.groups["general"].held_out >= 30  # a third, as nothing was made for it


def test_what_asks_the_same_as_a_judge_is_not_drawn() -> None:
    judge = replace(single(900, "How do I sort a list?", "coding"), judges=True)
    same = single(901, "how do i sort a list", "coding")
    mix = draw_mix(month(60), {"coding": [judge, same, *buffers({"coding": 60})["coding"]]}, PLAN)
    assert same.id not in {each.id for each in mix.train + mix.valid + mix.replay_test}


def test_what_an_adapter_learned_judges_none_even_where_it_would_fit_by_now() -> None:
    grown = month(200)
    first = draw_mix(grown, buffers({"coding": 900}), PLAN)
    judged = {each.id for each in (*first.test, *first.valid) if each.group == "new"}
    taught = [replace(each, learned=each.id in judged) for each in grown]
    mix = draw_mix(taught, buffers({"coding": 900}), PLAN)
    assert not judged & {each.id for each in (*mix.test, *mix.valid)}
    assert judged <= {each.id for each in mix.train}
    assert len(mix.test) >= 8


def test_what_asks_the_same_as_something_learned_does_not_judge() -> None:
    grown = month(200)
    same = draw_mix(grown, buffers({"coding": 900}), PLAN).test[0]
    said = replace(single(999, same.messages[0].content.upper(), "coding"), learned=True)
    replay = buffers({"coding": 900})
    mix = draw_mix(grown, {"coding": [*replay["coding"], said]}, PLAN)
    assert mix.test
    assert same.id in {each.id for each in mix.train}
