"""What a month takes of what was approved, and what has to wait."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay import choosing
from replay.choosing import Limits, own_capped
from replay.example import Conversation, Example, Turn, example_of
from replay.meaning import APPROVED_OWN, CORRECTED, MEANINGS, meaning_of
from replay.mix import EARLIER_STAGE, Mix, MixPlan, draw_mix
from replay.quotas import within_shares
from tests.unit.replay.making import buffers, month, single

PLAN = MixPlan(7, "You are Sunny.", ("en",))
FULL = {"coding": 300, "general": 300}


def _own(example: Example) -> Example:
    return replace(example, own_ids=example.message_ids)


def _train(mix: Mix) -> list[Example]:
    return [each for each in mix.train if each.group == "new"]


def test_a_correction_teaches_more_than_any_approval_and_own_words_least() -> None:
    weights = [meaning_of("up", "better", own=True).weight] + [
        meaning_of("up", None, own=own).weight for own in (False, True)
    ]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 3
    assert (
        meaning_of("down", None, own=False).weight == meaning_of(None, None, own=True).weight == 0
    )
    assert all(meaning.why for meaning in MEANINGS)


def test_a_reply_of_the_persona_weighs_less_until_it_is_corrected() -> None:
    def weight(turn: Turn) -> float:
        example = example_of(Conversation(1, "", [Turn(1, "user", "q"), turn]))
        assert example is not None
        return example.messages[-1].weight

    assert weight(Turn(2, "assistant", "a", "up", own=True)) == APPROVED_OWN.weight
    assert weight(Turn(2, "assistant", "a", "up", "b", own=True)) == CORRECTED.weight


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=60), st.integers(0, 5))
def test_own_words_are_never_more_than_half(rows: list[tuple[int, bool]], seed: int) -> None:
    examples = [
        _own(single(number, replies=replies)) if own else single(number, replies=replies)
        for number, (replies, own) in enumerate(rows)
    ]
    kept, over = own_capped(examples, seed)
    own = sum(len(each.own_ids) for each in kept)
    others = sum(each.replies for each in kept) - own
    assert own <= others
    assert own + over == sum(len(each.own_ids) for each in examples)
    assert others == sum(each.replies for each in examples if not each.own_ids)


def test_the_mix_keeps_own_words_to_half_and_says_how_many_wait() -> None:
    new = [_own(each) if number >= 60 else each for number, each in enumerate(month(200))]
    mix = draw_mix(new, buffers(FULL), PLAN)
    train = _train(mix)
    own = sum(len(each.own_ids) for each in train)
    assert 0 < own <= sum(each.replies for each in train) / 2
    assert mix.manifest.own.replies == own
    assert mix.manifest.own.share is not None and mix.manifest.own.share <= 0.5
    assert mix.manifest.waiting[choosing.OVER_OWN] >= 60
    assert any("own words wait" in said for said in mix.manifest.shortfalls)


def test_a_persona_that_heard_only_itself_learns_nothing_and_is_told_why() -> None:
    mix = draw_mix([_own(each) for each in month(80)], buffers(FULL), PLAN)
    assert _train(mix) == []
    waiting = 80 - len(mix.test)
    assert mix.manifest.waiting[choosing.OVER_OWN] == waiting
    assert mix.manifest.kept_for_later.replies == waiting


def test_reasons_to_wait_add_up_to_what_waits() -> None:
    new = [_own(each) if number % 3 else each for number, each in enumerate(month(150, replies=3))]
    limits = Limits(conversation=2, replies=200)
    manifest = draw_mix(new, buffers({"coding": 90}), replace(PLAN, limits=limits)).manifest
    assert sum(manifest.waiting.values()) == manifest.kept_for_later.replies > 0
    sides = (manifest.train.new, manifest.valid.new, manifest.test, manifest.kept_for_later)
    assert sum(part.replies for part in sides) == manifest.usable.replies


def test_a_long_conversation_gives_no_more_than_its_cap_and_a_day_neither() -> None:
    talk = [replace(each, day=f"2026-11-{number % 3:02}") for number, each in
            enumerate(month(60, replies=4))]  # fmt: skip
    kept, waiting = choosing.chosen(talk, Limits(conversation=1), 1)
    assert {each.replies for each in kept} == {1}
    assert all(each.messages[-1].weight > 0 for each in kept)
    assert waiting == {choosing.OVER_CONVERSATION.format(limit=1): 180}
    kept, _ = choosing.chosen(talk, Limits(day=20), 1)
    assert set(Counter(each.day for each in kept).values()) == {5}


def test_topics_stay_within_their_shares() -> None:
    topics = ["coding"] * 150 + ["general"] * 30 + ["korean"] * 20
    talk = [replace(each, topic=topic) for each, topic in zip(month(200), topics, strict=True)]
    kept, waiting = choosing.chosen(talk, Limits(topic_shares={"coding": 0.5}), 1)
    counted = Counter(each.topic for each in kept)
    assert counted == {"coding": 50, "general": 30, "korean": 20}
    assert waiting == {choosing.OVER_TOPIC: 100}


def test_shares_that_cannot_all_be_kept_end() -> None:
    assert within_shares({"a": 10, "b": 0}, {"a": 0.5, "b": 0.5}) == {"a": 0, "b": 0}
    assert within_shares({}, {"a": 0.5}) == {}


def test_a_task_teaches_as_much_as_its_weight_says() -> None:
    talk = [replace(single(1), topic="coding"), replace(single(2), topic="persona")]
    kept, _ = choosing.chosen(talk, Limits(task_weights={"code": 2.0}), 1)
    assert [each.messages[-1].weight for each in kept] == [2.0, 1.0]
    for wrong in ({"cooking": 1.0}, {"code": 0.0}):
        with pytest.raises(ValueError, match="no task"):
            Limits(task_weights=wrong)


def test_each_month_draws_other_replay_until_all_was_used() -> None:
    replay = buffers({"coding": 300})
    used: Counter[str] = Counter()
    for seed in range(6):
        items = [replace(each, uses=used[each.id]) for each in replay["coding"]]
        mix = draw_mix(month(100), {"coding": items}, replace(PLAN, seed=seed))
        used.update(each.id for each in mix.train + mix.valid if each.group == "coding")
    assert max(used.values()) - min(used.values()) <= 1
    assert len(used) >= 190


def test_an_earlier_stage_has_its_share_inside_the_replay() -> None:
    earlier = [replace(each, id=f"e{each.id}", group=EARLIER_STAGE, message_ids=())
               for each in month(200)]  # fmt: skip
    talk = [single(number) for number in range(1000, 1150)]
    plan = replace(PLAN, earlier_share=0.1)
    mix = draw_mix(talk, {**buffers(FULL), EARLIER_STAGE: earlier}, plan)
    drawn = Counter(each.group for each in mix.train + mix.valid)
    whole = drawn.total()
    assert abs(drawn[EARLIER_STAGE] / whole - 0.1) < 0.02
    assert abs(drawn["new"] / whole - 0.7) < 0.02
    assert all(each.messages[0].role == "system" for each in mix.train
               if each.group == EARLIER_STAGE)  # fmt: skip


def test_a_conversation_larger_than_a_day_s_cap_teaches_as_much_as_the_cap() -> None:
    long_days = [replace(single(number, replies=12), day=f"d{number % 2}") for number in range(6)]
    mix = draw_mix(long_days, buffers(FULL), replace(PLAN, limits=Limits(day=5)))
    sides = (*_train(mix), *mix.test, *[each for each in mix.valid if each.group == "new"])
    assert Counter(each.day for each in sides for _ in each.message_ids) == {"d0": 5, "d1": 5}
    assert mix.manifest.waiting == {choosing.OVER_DAY.format(limit=5): 62}
    assert mix.manifest.kept_for_later.replies == 62
