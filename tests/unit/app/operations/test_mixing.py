"""A month must take what its round says, from the store as it is, and nothing that judges it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

import pytest

from app.home import Home
from app.operations import mixing, rating, reviewing
from app.operations.mix_settings import MixSettings, mix_settings, save_mix_settings
from app.operations.mixing import draw_month
from app.operations.month import month_progress
from app.operations.preferring import prefer, preference_rows, preferred
from app.store import Persona, Store, open_store
from replay.mix import EARLIER_STAGE


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("B", "gguf", "b.gguf", "d", languages=("en",))
    return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


def _words(*seeds: int) -> str:
    """Words of their own: what is nearly the same stays together in a mix."""
    return " ".join(sha256(f"{seeds}{place}".encode()).hexdigest()[:7] for place in range(9))


def _talk(store: Store, persona: Persona, replies: int, *, own: bool = False) -> list[int]:
    talk = store.conversations.add(persona.id, "Be sunny.")
    base_id = persona.base_id if own else None
    ids: list[int] = []
    parent: int | None = None
    for number in range(replies):
        said = f"{_words(talk.id, number)}?"
        parent = store.messages.add(talk.id, parent, "user", said).id
        parent = store.messages.add(
            talk.id, parent, "assistant", f"{_words(number, talk.id)}.", base_id=base_id
        ).id
        ids.append(parent)
    return ids


def _approved(store: Store, persona: Persona, talks: int, replies: int = 1) -> list[int]:
    with store.transaction():
        ids = [each for _ in range(talks) for each in _talk(store, persona, replies)]
        for each in ids:
            store.ratings.rate(each, "up")
    return ids


def _live(store: Store, home: Home, persona: Persona, learned: list[int]) -> Persona:
    assert persona.base_id is not None
    store.runs.add("r1", persona.id, persona.base_id, None, "starter", 1)
    store.runs.use("r1", learned)
    adapter = store.adapters.add(
        persona.id, persona.base_id, "r1", None, home.runs / "r1", home.runs / "r1" / "a", "d"
    )
    store.deployments.put_live(persona.id, "r1", adapter.id, "runtime", "1", "runtime", {})
    return store.personas.get(persona.id)


def test_own_words_count_only_as_far_as_others_stand_beside_them(
    store: Store, sunny: Persona
) -> None:
    for reply in _talk(store, sunny, 5, own=True):
        rating.thumb_up(store, reply)
    assert (
        month_progress(store, sunny.id).usable,
        month_progress(store, sunny.id).own_waiting,
    ) == (
        0,
        5,
    )
    first, second = _talk(store, sunny, 2, own=True)
    rating.correct(store, first, "Better so.")
    rating.correct(store, second, "And so.")
    progress = month_progress(store, sunny.id)
    assert (progress.usable, progress.own_waiting) == (4, 3)


def test_an_early_round_draws_everything_curated_again_from_the_base(
    store: Store, home: Home, sunny: Persona
) -> None:
    learned = _approved(store, sunny, 60)
    persona = _live(store, home, sunny, learned)
    new = _approved(store, persona, 20)
    drawn = draw_month(store, persona, seed=1)
    assert drawn.proposal.round.name == "first"
    assert not drawn.proposal.from_parent
    assert set(drawn.mix.learned_message_ids) & set(learned)
    assert set(drawn.mix.learned_message_ids) & set(new)
    assert drawn.round()["learned_before"] == 60


def test_upkeep_goes_on_with_what_is_new_and_a_part_of_what_was(
    store: Store, home: Home, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("replay.rounds.EARLY_UP_TO", 150)
    learned = _approved(store, sunny, 20, replies=10)
    persona = _live(store, home, sunny, learned)
    new = _approved(store, persona, 150)
    drawn = draw_month(store, persona, seed=1)
    assert drawn.proposal.from_parent
    assert set(drawn.mix.learned_message_ids) <= set(new)
    drawn_from = Counter(each.group for each in drawn.mix.train)
    assert drawn_from[EARLIER_STAGE] > 0
    assert drawn.manifest()["groups"][EARLIER_STAGE]["train"] > 0
    rebuilt = draw_month(store, persona, seed=1, rebuild=True)
    assert not rebuilt.proposal.from_parent
    assert set(rebuilt.mix.learned_message_ids) & set(learned)
    mixing.want_rebuild(store, persona, True)
    assert not draw_month(store, persona, seed=1).proposal.from_parent


def test_the_same_seed_draws_the_same_mix(store: Store, sunny: Persona) -> None:
    _approved(store, sunny, 60)
    assert draw_month(store, sunny, seed=3).mix == draw_month(store, sunny, seed=3).mix
    assert draw_month(store, sunny, seed=3).mix != draw_month(store, sunny, seed=4).mix


def test_a_base_without_korean_draws_none_for_a_persona_that_speaks_it(
    store: Store, sunny: Persona
) -> None:
    _approved(store, sunny, 60)
    both = store.personas.update(sunny.id, languages=("en", "ko"))
    drawn = draw_month(store, both, seed=1)
    groups = {each.group for each in (*drawn.mix.train, *drawn.mix.replay_test)}
    assert groups == {"new", "coding", "general"}
    assert len(drawn.mix.replay_test) == 120


def test_settings_are_kept_and_change_the_mix(store: Store, sunny: Persona) -> None:
    _approved(store, sunny, 100)
    settings = MixSettings(ratio_new=0.5, conversation_cap=1)
    save_mix_settings(store, sunny, settings)
    assert mix_settings(store, sunny) == settings
    manifest = draw_month(store, sunny, seed=1).manifest()
    assert manifest["ratio_new_got"]["train"] == pytest.approx(0.5, abs=0.02)


def test_an_imported_rating_teaches_nothing_until_the_user_says_so(
    store: Store, sunny: Persona
) -> None:
    reply = _talk(store, sunny, 1)[0]
    store.ratings.rate(reply, "up", origin="import")
    assert month_progress(store, sunny.id).usable == 0
    assert preferred(store, sunny).thumbs == ()
    rating.thumb_up(store, reply)
    assert month_progress(store, sunny.id).usable == 1


def test_what_was_masked_is_learned_masked(store: Store, sunny: Persona) -> None:
    reply = _talk(store, sunny, 1)[0]
    rating.thumb_up(store, reply)
    question = store.messages.get(reply).parent_id
    assert question is not None
    store.actions.edit(question, "Write to [email].")
    (found,) = store.learnable(sunny.id)
    assert found.turns[0].content == "Write to [email]."
    assert preferred(store, sunny).prompt(question)[-1]["content"] == "Write to [email]."


def test_preferences_come_from_corrections_choices_and_thumbs(store: Store, sunny: Persona) -> None:
    first = _talk(store, sunny, 1)[0]
    rating.correct(store, first, "Better so.")
    second = _talk(store, sunny, 1)[0]
    asked = store.messages.get(second).parent_id
    talk_id = store.messages.get(second).conversation_id
    other = store.messages.add(talk_id, asked, "assistant", "Another answer.").id
    prefer(store, second)
    rows = {row["reason"]: row for row in map(preferred(store, sunny).pair_row,
                                              preferred(store, sunny).pairs)}  # fmt: skip
    assert rows["correction"]["chosen"] == "Better so."
    assert rows["choice"]["rejected"] == "Another answer."
    assert rows["choice"]["prompt"][0] == {"role": "system", "content": "Be sunny."}
    assert store.messages.path(talk_id)[-1].id == second
    prefer(store, other)
    choice = next(each for each in preferred(store, sunny).pairs if each.reason == "choice")
    assert choice.chosen == "Another answer."
    store.actions.undo(sunny.id)
    store.actions.undo(sunny.id)
    assert [each.reason for each in preferred(store, sunny).pairs] == ["correction"]


def test_no_preference_comes_from_what_judges_the_run(store: Store, sunny: Persona) -> None:
    with store.transaction():
        for _ in range(80):
            reply = _talk(store, sunny, 1)[0]
            rating.correct(store, reply, f"Better so: {_words(reply)}")
    drawn = draw_month(store, sunny, seed=1)
    found = preferred(store, sunny)
    rows = [row for row in preference_rows(found, drawn.mix) if row["reason"] != "thumb"]
    judging = {each.conversation for each in (*drawn.mix.test, *drawn.mix.valid)}
    of_rows = {f"c{found.questions[pair.question_id].conversation_id}"
               for pair in found.pairs if found.pair_row(pair) in rows}  # fmt: skip
    assert judging and of_rows
    assert not judging & of_rows
    assert len(rows) == 80 - len(judging - {each.conversation for each in drawn.mix.valid
                                            if each.group != "new"})  # fmt: skip


def test_thumbs_teach_and_none_of_what_judges_the_run(store: Store, sunny: Persona) -> None:
    """A rating of a reply that judges would have the adapter examined on what it was taught."""
    replies = _approved(store, sunny, 80)
    for reply in replies[:10]:
        rating.thumb_down(store, reply)
    drawn = draw_month(store, sunny, seed=1)
    found = preferred(store, sunny)
    rows = preference_rows(found, drawn.mix)
    judging = {each for side in (drawn.mix.test, drawn.mix.valid) for e in side
               for each in e.message_ids}  # fmt: skip
    told = {int(row["id"].removeprefix("m")): row for row in rows}
    assert judging and not judging & set(told) and set(told) < set(replies)
    assert {reply for reply in told if not told[reply]["label"]} == set(replies[:10])
    for reply, row in told.items():
        assert row["reason"] == "thumb" and row["prompt"][-1]["role"] == "user"
        (said,) = row["completion"]
        assert said == {"role": "assistant", "content": store.messages.get(reply).content}


def test_what_an_adapter_learned_judges_no_later_month(
    store: Store, home: Home, sunny: Persona
) -> None:
    learned = _approved(store, sunny, 60)
    persona = _live(store, home, sunny, learned)
    _approved(store, persona, 40)
    mix = draw_month(store, persona, seed=1).mix
    judging = {each for side in (mix.test, mix.valid) for e in side for each in e.message_ids}
    assert mix.test and not judging & set(learned)


def test_a_topic_is_known_before_the_review_has_looked(store: Store, sunny: Persona) -> None:
    for number in range(60):
        talk = store.conversations.add(sunny.id, "Be sunny.")
        asked = store.messages.add(talk.id, None, "user", f"A Python loop, {_words(number)}?").id
        reply = store.messages.add(talk.id, asked, "assistant", _words(1, number)).id
        store.ratings.rate(reply, "up")
    _approved(store, sunny, 60)
    settings = MixSettings(topic_shares={"coding": 0.25})
    manifest = draw_month(store, sunny, seed=1, settings=settings).manifest()
    assert manifest["waiting"] == {"more of one topic than its share": 40}


def test_a_greeting_that_was_kept_leaves_the_rest_of_its_talk_usable(
    store: Store, sunny: Persona
) -> None:
    talk = store.conversations.add(sunny.id, "Be sunny.")
    parent = None
    for place, role in enumerate(("assistant", "user", "assistant")):
        parent = store.messages.add(talk.id, parent, role, _words(place)).id  # type: ignore[arg-type]
        if role == "assistant":
            store.ratings.rate(parent, "kept")
    assert month_progress(store, sunny.id).usable == 1


def test_what_was_rejected_after_it_was_chosen_is_preferred_no_more(
    store: Store, sunny: Persona
) -> None:
    first = _talk(store, sunny, 1)[0]
    found = store.messages.get(first)
    other = store.messages.add(found.conversation_id, found.parent_id, "assistant", "Or so.").id
    rating.thumb_down(store, first)
    prefer(store, first)
    (pair,) = preferred(store, sunny).pairs
    assert (pair.chosen_id, pair.rejected_id) == (first, other)
    reviewing.drop(store, sunny.id, [first])
    assert preferred(store, sunny).pairs == ()
