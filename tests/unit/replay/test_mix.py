"""The mix: nobody is judged by what was learned, and every number can be explained."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay import filters
from replay.example import Example, Message
from replay.files import write_mix
from replay.mix import Mix, MixPlan, draw_mix
from replay.splits import STOCK_PHRASE, normalised
from tests.unit.replay.making import buffers, month, single

PLAN = MixPlan(7, "You are Sunny.", ("en",))
FULL = {"coding": 120, "general": 120}


def _replies(examples: Iterable[Example], *, new: bool) -> int:
    return sum(each.replies for each in examples if (each.group == "new") is new)


def _sides(mix: Mix) -> list[tuple[Example, ...]]:
    return [mix.train, mix.valid, mix.test, mix.replay_test]


def _opening(example: Example) -> str:
    return normalised(next(m.content for m in example.messages if m.role == "user"))


QUESTIONS = st.sampled_from(["Hello?", "hello", "What is a list?", "WHAT is a list", "why", "Why!"])
MONTHS = st.lists(st.tuples(st.none() | QUESTIONS, st.integers(1, 4)), max_size=90)


@settings(max_examples=60, deadline=None)
@given(MONTHS, MONTHS, MONTHS, st.integers(0, 9))
def test_no_conversation_and_no_question_is_on_two_sides(
    new: list[tuple[str | None, int]],
    coding: list[tuple[str | None, int]],
    general: list[tuple[str | None, int]],
    seed: int,
) -> None:
    def made(rows: list[tuple[str | None, int]], group: str) -> list[Example]:
        return [
            single(number, asked or "", group, replies)
            for number, (asked, replies) in enumerate(rows)
        ]

    replay = {"coding": made(coding, "coding"), "general": made(general, "general")}
    mix = draw_mix(made(new, "new"), replay, replace(PLAN, seed=seed))
    for one, other in combinations(_sides(mix), 2):
        assert not {each.conversation for each in one} & {each.conversation for each in other}
        assert not {_opening(each) for each in one} & {_opening(each) for each in other}
    assert all(each.group == "new" for each in mix.test)
    assert all(each.group != "new" for each in mix.replay_test)


def test_a_follow_up_question_that_opens_another_conversation_does_not_leak() -> None:
    new = month(80)
    for number in range(40):
        told = (*new[number].messages, *new[number + 40].messages)
        new[number] = replace(new[number], messages=told)
    mix = draw_mix(new, buffers(FULL), PLAN)
    asked = [{m.content for e in side for m in e.messages if m.role == "user"} for side in
             (mix.train, mix.valid, mix.test)]  # fmt: skip
    assert mix.test
    assert not any(one & other for one, other in combinations(asked, 2))


def test_a_stock_phrase_does_not_tie_the_history_together() -> None:
    go_on = (Message("user", "go on"), Message("assistant", "And then.", 1.0))
    new = [replace(each, messages=each.messages + go_on) for each in month(STOCK_PHRASE * 20)]
    assert len(draw_mix(new, buffers(FULL), PLAN).test) >= 8


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 5))
def test_the_order_of_what_comes_in_changes_nothing(random: Random, seed: int) -> None:
    new, replay = month(70, replies=2), buffers({"coding": 30, "general": 40})
    plan = replace(PLAN, seed=seed)
    first = draw_mix(new, replay, plan)
    random.shuffle(new)
    shuffled = {group: random.sample(items, len(items)) for group, items in replay.items()}
    mixed = dict(random.sample(list(shuffled.items()), len(shuffled)))
    assert draw_mix(new, mixed, plan) == first


def test_another_seed_draws_another_mix_but_the_same_replay_judges() -> None:
    new, replay = month(100), buffers(FULL)
    one, other = (draw_mix(new, replay, replace(PLAN, seed=seed)) for seed in (1, 2))
    assert {each.id for each in one.train} != {each.id for each in other.train}
    assert {each.id for each in one.test} == {each.id for each in other.test}
    judges = {each.id for each in one.replay_test}
    assert judges == {each.id for each in other.replay_test}


def test_replay_that_judges_today_judges_still_when_the_groups_have_grown() -> None:
    small = draw_mix([], buffers({"coding": 60}), PLAN)
    grown = draw_mix([], buffers({"coding": 300}), PLAN)
    taught = {each.id for each in grown.train + grown.valid}
    assert not taught & {each.id for each in small.replay_test}


@pytest.mark.parametrize("count", [60, 150, 600, 1200])
def test_the_ratio_is_seventy_to_thirty_in_approved_replies(count: int) -> None:
    mix = draw_mix(month(count), buffers({"coding": 900, "general": 600}), PLAN)
    for side in (mix.train, mix.valid):
        new, replay = _replies(side, new=True), _replies(side, new=False)
        assert abs(replay - new * 3 / 7) <= 1
    assert mix.manifest.shortfalls == ("Nothing shows whether these are forgotten: persona.",)


@pytest.mark.parametrize(
    ("count", "least", "most"), [(50, 8, 8), (20, 2, 4), (150, 9, 22), (900, 50, 50), (3, 0, 0)]
)
def test_about_a_tenth_is_held_out_twice_within_bounds(count: int, least: int, most: int) -> None:
    mix = draw_mix(month(count), buffers({"coding": 900, "general": 600}), PLAN)
    assert least <= len(mix.test) <= most
    assert least <= len([each for each in mix.valid if each.group == "new"]) <= most


def test_groups_are_drawn_in_the_proportion_of_their_targets() -> None:
    sizes = {"persona": 900, "korean": 900, "coding": 900, "general": 900}
    mix = draw_mix(month(1000), buffers(sizes), replace(PLAN, languages=("en", "ko-KR")))
    drawn = Counter(each.group for each in mix.train + mix.valid)
    total = sum(drawn[group] for group in sizes)
    for group, tenths in {"persona": 2, "korean": 3, "coding": 3, "general": 2}.items():
        assert abs(drawn[group] - total * tenths / 10) <= 1


def test_a_persona_that_speaks_no_korean_draws_none() -> None:
    replay = buffers({"korean": 60, "coding": 60})
    replay["coding"] += [replace(single(99, group="coding"), language="ko")]
    mix = draw_mix(month(60), replay, PLAN)
    assert {each.group for each in mix.train + mix.replay_test} == {"new", "coding"}
    assert mix.manifest.groups["korean"].left_out == {filters.OTHER_LANGUAGE: 60}
    assert mix.manifest.groups["coding"].left_out == {filters.OTHER_LANGUAGE: 1}


def test_short_replay_shrinks_what_is_new_and_says_so() -> None:
    mix = draw_mix(month(300), buffers({"coding": 45}), PLAN)
    new, replay = _replies(mix.train, new=True), _replies(mix.train, new=False)
    assert 0 < new < 240
    assert abs(new - replay * 7 / 3) <= 7 / 3
    later = mix.manifest.kept_for_later.replies
    assert later == 300 - sum(_replies(side, new=True) for side in _sides(mix))
    assert f"{later} approved replies wait" in mix.manifest.shortfalls[0]
    assert set(mix.learned_message_ids) == {
        message_id for each in mix.train if each.group == "new" for message_id in each.message_ids
    }


def test_keep_all_takes_everything_new_and_says_so() -> None:
    mix = draw_mix(month(300), buffers({"coding": 45}), replace(PLAN, short="keep_all"))
    assert sum(_replies(side, new=True) for side in _sides(mix)) == 300
    assert "taken as asked" in mix.manifest.shortfalls[0]


def test_without_replay_nothing_of_it_is_learned_but_forgetting_is_still_seen() -> None:
    with_replay = draw_mix(month(100), buffers(FULL), PLAN)
    without = draw_mix(month(100), buffers(FULL), replace(PLAN, replay=False))
    assert _replies(without.train + without.valid, new=False) == 0
    assert _replies(without.train, new=True) == _replies(with_replay.train, new=True)
    assert without.test == with_replay.test
    assert without.replay_test == with_replay.replay_test
    assert without.manifest.replay is False
    assert "No replay was asked for" in without.manifest.shortfalls[0]


def test_a_third_of_each_group_judges_and_ten_of_thirty_at_least() -> None:
    mix = draw_mix(month(100), buffers({"coding": 30, "general": 60}), PLAN)
    held = Counter(each.group for each in mix.replay_test)
    assert held["coding"] >= 10
    assert held["general"] >= 20
    assert held["general"] <= 35


def test_a_group_too_small_to_judge_by_does_not_leave_every_training_undecided() -> None:
    plan = replace(PLAN, group_targets={"coding": 300, "recipes": 20})
    mix = draw_mix(month(100), buffers({"coding": 60, "recipes": 9}), plan)
    assert {each.group for each in mix.replay_test} == {"coding"}
    assert mix.manifest.groups["recipes"].available == 9
    assert any("recipes" in said for said in mix.manifest.shortfalls)


def test_what_the_persona_said_and_learned_never_judges_and_stays_under_its_prompt() -> None:
    replay = buffers({"coding": 90})
    replay["coding"] += [replace(single(n, group="coding"), learned=True) for n in range(100, 190)]
    mix = draw_mix(month(300), replay, PLAN)
    assert not any(each.learned for each in mix.replay_test)
    drawn = [each for each in mix.train if each.learned]
    assert len(drawn) >= 20
    assert {each.messages[0].content for each in drawn} == {"You are Sunny."}


def test_half_of_the_replay_is_learned_under_the_persona_s_prompt() -> None:
    replay = buffers(FULL | {"persona": 60})
    own = Message("system", "You are somebody else.")
    replay["coding"] = [replace(e, messages=(own, *e.messages)) for e in replay["coding"]]
    mix = draw_mix(month(200), replay, PLAN)

    def prompts(group: str, examples: Iterable[Example]) -> Counter[str]:
        return Counter(
            each.messages[0].content if each.messages[0].role == "system" else ""
            for each in examples
            if each.group == group
        )

    for group in ("coding", "general"):
        under = prompts(group, mix.train)
        assert set(under) == {"You are Sunny.", ""}
        assert abs(under["You are Sunny."] - under[""]) <= 1
    assert set(prompts("persona", mix.train)) == {"You are Sunny."}
    assert all(each.messages[0].content == "You are Sunny." for each in mix.replay_test)
    bare = draw_mix(month(200), replay, replace(PLAN, system_prompt=""))
    assert all(e.messages[0].role == "user" for side in _sides(bare) for e in side)


def test_what_cannot_be_learned_from_is_left_out_with_its_reason() -> None:
    said = Message("assistant", "yes", 1.0)
    faulty = {
        filters.NO_QUESTION: (said, Message("user", "thanks")),
        filters.NO_ANSWER: (Message("user", "well?"), Message("assistant", " \n", 1.0)),
        filters.REPLY_TOO_LONG.format(limit=8000): (
            Message("user", "well?"),
            Message("assistant", "x" * 8001, 1.0),
        ),
        filters.EXAMPLE_TOO_LONG.format(limit=24000): (Message("user", "x" * 24000), said),
    }
    new = month(20) + [
        Example(f"faulty-{number}", "new", messages)
        for number, messages in enumerate(faulty.values())
    ]
    manifest = draw_mix(new, buffers(FULL), PLAN).manifest
    assert manifest.left_out == dict.fromkeys(sorted(faulty), 1)
    assert manifest.found.examples - manifest.usable.examples == 4


def test_the_manifest_adds_up() -> None:
    manifest = draw_mix(month(130), buffers(FULL), PLAN).manifest
    new = (manifest.train.new, manifest.valid.new, manifest.test, manifest.kept_for_later)
    assert sum(part.replies for part in new) == manifest.usable.replies
    for group in manifest.groups.values():
        left_out = sum(group.left_out.values())
        assert group.held_out + group.available + left_out == group.found
        assert group.train + group.valid == group.quota
    assert sum(group.train for group in manifest.groups.values()) == manifest.train.replay.replies
    told = json.loads(manifest.to_json())
    assert told["train"]["new"]["why"]
    assert told["ratio_new_got"]["train"] == pytest.approx(0.7, abs=0.01)


def test_the_files_are_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        manifest = write_mix(draw_mix(month(60), buffers(FULL), PLAN), tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["manifest.json", *sorted(manifest.sha256)]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    for name, digest in manifest.sha256.items():
        assert sha256((tmp_path / "one" / name).read_bytes()).hexdigest() == digest


def test_nothing_at_all_makes_an_empty_mix_that_says_so() -> None:
    mix = draw_mix([], {}, PLAN)
    assert _sides(mix) == [(), (), (), ()]
    assert mix.manifest.train.new_share is None
    without_replay = draw_mix(month(60), {}, PLAN)
    assert without_replay.train == ()
    assert "Replay is short" in without_replay.manifest.shortfalls[0]


def test_two_examples_of_one_name_are_a_bug() -> None:
    with pytest.raises(ValueError, match="new-1"):
        draw_mix([single(1), single(1)], {}, PLAN)


def test_a_reply_that_cannot_be_learned_from_does_not_cost_its_conversation() -> None:
    greeting, question = Message("assistant", "Hi, I am Sunny!", 1.0), Message("user", "well?")
    messages = (
        greeting, question, Message("assistant", "first", 1.0), question,
        Message("assistant", " ", 1.0), question, Message("assistant", "second", 1.0), question,
        Message("assistant", "x" * 8001, 1.0), Message("user", "y" * 16000),
        Message("assistant", "too late", 1.0),
    )  # fmt: skip
    example = Example("c1:m9", "new", messages, "c1", message_ids=(1, 2, 3, 4, 5, 6))
    mix = draw_mix([example, *month(2)], buffers(FULL), PLAN)
    (kept,) = [each for each in mix.train if each.id == "c1:m9"]
    assert kept.message_ids == (2, 4)
    assert [m.content for m in kept.messages if m.weight] == ["first", "second"]
    assert kept.messages[0].content == greeting.content
    assert mix.manifest.left_out == {
        filters.NO_QUESTION: 1,
        filters.NO_ANSWER: 1,
        filters.REPLY_TOO_LONG.format(limit=8000): 1,
        filters.EXAMPLE_TOO_LONG.format(limit=24000): 1,
    }
