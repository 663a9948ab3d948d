"""Old months would fade from a persona, or come back after a rejection, if these failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.cycle.deploying import finish
from app.home import Home
from app.operations import rating
from app.operations.buffers import buffers_of, replay_examples
from app.operations.mixing import draw_month
from app.operations.past_replies import CONTEXT_CHARACTERS, Filled, fill_from_conversations
from app.store import ReplayItem, Store, open_store
from replay.mix import EARLIER_STAGE
from tests.unit.app.operations.replay_home import Past, add_starter, without_starter_sets


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def past(store: Store, monkeypatch: pytest.MonkeyPatch) -> Past:
    without_starter_sets(monkeypatch)
    return Past(store, ("en", "ko"))


def _said(past: Past) -> dict[str, ReplayItem]:
    return {item.external_id: item for item in past.store.replay.learned_by(past.persona.id)}


def test_what_was_learned_goes_into_the_group_of_its_topic_with_its_words_before(
    past: Past,
) -> None:
    first, second = past.talk(
        "How are you today?", "Bright.", "And a Python loop, please?", "`for x in y:`"
    )
    (korean,) = past.talk("오늘 뭐 먹을까요?", "비가 오니 따뜻한 칼국수가 좋겠어요.")
    past.learn("r1", [first, second, korean])
    assert fill_from_conversations(past.store, past.persona) == Filled(3, 0, 0, 3)
    found = _said(past)
    groups = {name: item.group for name, item in found.items()}
    assert groups == {
        f"said:{first}": "persona", f"said:{second}": "coding", f"said:{korean}": "korean",
    }  # fmt: skip
    coding = found[f"said:{second}"]
    assert [each["content"] for each in coding.messages] == [
        "How are you today?", "Bright.", "And a Python loop, please?", "`for x in y:`",
    ]  # fmt: skip
    assert [each["weight"] for each in coding.messages] == [0, 0, 0, 1.0]
    assert found[f"said:{korean}"].language == "ko"
    assert coding.title == "How are you today?" and coding.said is not None


def test_filling_twice_changes_nothing(past: Past) -> None:
    past.learn("r1", past.talk("Hi there", "Hello!"))
    fill_from_conversations(past.store, past.persona)
    before = past.store.replay.all()
    assert fill_from_conversations(past.store, past.persona) == Filled(0, 0, 0, 1)
    assert past.store.replay.all() == before


def test_a_month_that_went_live_fills_the_groups_by_itself(past: Past, tmp_path: Path) -> None:
    past.learn("r1", past.talk("Hi there", "Hello!"))
    context = SimpleNamespace(
        store=past.store,
        persona=past.persona,
        started_from_base=False,
        folder=SimpleNamespace(checkpoints=tmp_path / "none"),
    )
    finish(context)  # type: ignore[arg-type]
    assert len(_said(past)) == 1


def test_what_nobody_learned_or_approved_stays_out(past: Past) -> None:
    (unlearned,) = past.talk("Hi", "Hello!")
    (unrated,) = past.talk("Hey", "Yes?", rating=None)
    past.learn("r1", [unrated])
    assert fill_from_conversations(past.store, past.persona).whole == 0
    past.learn("r2", [unlearned])
    assert fill_from_conversations(past.store, past.persona).whole == 1
    past.store.deployments.undo_last(past.persona.id)
    assert fill_from_conversations(past.store, past.persona) == Filled(0, 0, 1, 0)


def test_a_later_word_on_a_reply_counts_at_once_and_stays_the_users(past: Past) -> None:
    kept, better, worse = (past.talk(f"Hello, {n}?", f"Hi {n}!")[0] for n in range(3))
    past.learn("r1", [kept, better, worse])
    fill_from_conversations(past.store, past.persona)
    past.store.replay.set_left_out(_said(past)[f"said:{kept}"].id, True)
    rating.correct(past.store, better, "A warmer hello!")
    rating.thumb_down(past.store, worse)
    drawn = buffers_of(past.store, past.persona, said_is_new=False)["persona"]
    assert [item.message_id for item, _ in drawn] == [better]  # before anything was filled
    assert fill_from_conversations(past.store, past.persona) == Filled(0, 1, 1, 2)
    found = _said(past)
    assert found[f"said:{kept}"].left_out
    assert found[f"said:{better}"].messages[-1] == {
        "role": "assistant", "content": "A warmer hello!", "weight": 1.5,
    }  # fmt: skip


def test_a_forgotten_message_is_gone_from_replay_too(past: Past) -> None:
    (reply,) = past.talk("My secret is plum", "I will keep it.")
    past.learn("r1", [reply])
    fill_from_conversations(past.store, past.persona)
    past.store.conversations.delete(past.store.messages.get(reply).conversation_id)
    assert past.store.replay.all() == []


def test_nobody_draws_another_personas_words(past: Past) -> None:
    past.learn("r1", past.talk("Hi there", "Hello!"))
    fill_from_conversations(past.store, past.persona)
    other = past.store.personas.add("Other", "", ("en", "ko"), base_id=past.base.id)
    assert buffers_of(past.store, other, said_is_new=False) == {}


def test_a_long_talk_keeps_the_end_of_what_was_said_before(past: Past) -> None:
    words = [f"{number} " + "word " * 150 for number in range(40)]
    replies = past.talk(*words)
    past.learn("r1", replies[-1:])
    fill_from_conversations(past.store, past.persona)
    (found,) = _said(past).values()
    context = found.messages[:-1]
    assert context[0]["role"] == "user" and context[-1]["content"] == words[-2]
    assert sum(len(each["content"]) for each in context) <= CONTEXT_CHARACTERS


def test_what_a_rebuild_learns_anew_takes_no_place_in_a_buffer(past: Past) -> None:
    add_starter(past.store, "coding", 40)
    past.store.replay.set_group("coding", 30)
    replies = [past.talk(f"Python matter {n}?", f"Python answer {n}.")[0] for n in range(60)]
    past.learn("r1", replies)
    drawn = draw_month(past.store, past.persona, seed=1)
    assert not drawn.proposal.from_parent
    assert drawn.mix.manifest.groups["coding"].found == 30
    assert drawn.mix.manifest.groups["coding"].left_out == {}


def test_an_upkeep_draws_a_past_reply_from_one_place_alone(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("replay.rounds.EARLY_UP_TO", 40)
    add_starter(past.store, "general", 90)
    for group, target in (("persona", 20), ("coding", 20), ("general", 20)):
        past.store.replay.set_group(group, target)
    old = [past.talk(f"Python matter {n}?", f"Python answer {n}.")[0] for n in range(60)]
    past.learn("r1", old)
    for number in range(100):
        past.talk(f"How is day {number}?", f"Day {number} is fine.")
    drawn = draw_month(past.store, past.persona, seed=1)
    assert drawn.proposal.from_parent
    mix = drawn.mix
    said = [each for each in (*mix.train, *mix.valid) if each.id.startswith("said:")]
    earlier = [each for each in (*mix.train, *mix.valid) if each.group == EARLIER_STAGE]
    assert len(said) >= 10 and earlier
    words = [each.messages[-1].content for each in (*said, *earlier)]
    assert len(words) == len(set(words)), "one reply was taken twice"
    assert all(each.messages[0].content == "Be sunny." for each in said)
    assert not any(each.learned for each in mix.replay_test)


def test_old_months_keep_their_part_of_a_full_buffer(past: Past) -> None:
    past.store.replay.set_group("coding", 60)
    for month in range(6):
        replies = [past.talk(f"Python {month} {n}?", f"Answer {month} {n}.")[0] for n in range(40)]
        past.learn(f"r{month}", replies)
        fill_from_conversations(past.store, past.persona)
    groups = replay_examples(past.store, past.persona, said_is_new=False)["coding"]
    by_month = [
        sum(each.messages[0].content.startswith(f"Python {month} ") for each in groups)
        for month in range(6)
    ]
    assert sum(by_month) == 60 and min(by_month) >= 3


def test_years_of_past_replies_do_not_crowd_out_what_the_base_could_do(past: Past) -> None:
    add_starter(past.store, "coding", 40)
    past.store.replay.set_group("coding", 40)
    replies = [past.talk(f"Python matter {n}?", f"Python answer {n}.")[0] for n in range(200)]
    past.learn("r1", replies)
    fill_from_conversations(past.store, past.persona)
    drawn = replay_examples(past.store, past.persona, said_is_new=False)["coding"]
    assert len(drawn) == 40
    assert sum(each.learned for each in drawn) == 20


def test_what_was_forgotten_while_the_talks_were_read_is_not_taken_in(past: Past) -> None:
    (first,) = past.talk("How are you today?", "Bright.")
    (second,) = past.talk("And you?", "Fine.")
    past.learn("r1", [first, second])
    talks = list(past.store.learnable(past.persona.id))
    scope = past.store.forgetting.conversations([past.store.messages.get(first).conversation_id])
    past.store.removal.remove(scope, lambda _text: False)
    fill_from_conversations(past.store, past.persona, talks)
    assert set(_said(past)) == {f"said:{second}"}
