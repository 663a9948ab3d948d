"""A person could not see or steer what keeps old abilities alive if these failed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.errors import ReplayRefused
from app.home import Home
from app.operations import replay_groups, replaying
from app.operations.buffers import buffers_of, provide_starter_replay
from app.operations.past_replies import fill_from_conversations
from app.operations.replaying import ItemPage, Overview
from app.store import Store, open_store
from tests.unit.app.operations.replay_home import Past, add_starter, without_starter_sets


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def past(store: Store, monkeypatch: pytest.MonkeyPatch) -> Past:
    without_starter_sets(monkeypatch)
    return Past(store)


def _overview(past: Past) -> Overview:
    return replaying.overview(past.store, past.persona.id)


def _page(past: Past, group: str, **more: object) -> ItemPage:
    return replaying.page(past.store, _overview(past), group, **more)  # type: ignore[arg-type]


def test_an_overview_says_where_every_item_stands(past: Past) -> None:
    add_starter(past.store, "coding", 12)
    past.store.replay.add_all(
        [{"id": "j", "group": "coding", "messages": [{"role": "user", "content": "?"}]}],
        "retention",
        judges=True,
    )
    past.store.replay.set_group("coding", 5)
    first = _page(past, "coding").items[0]
    replay_groups.leave_out(past.store, first.item.id, True)
    (reply,) = past.talk("Python, please?", "Surely.")
    past.learn("r1", [reply])
    fill_from_conversations(past.store, past.persona)
    coding = _overview(past).group("coding")
    assert coding is not None
    assert coding.states == {"left_out": 1, "buffer": 5, "waiting": 6, "judges": 1, "as_new": 1}
    assert coding.sources == {"starter": 12, "said": 1}
    assert (coding.blocked, coding.own, coding.in_buffer) == ("", False, 5)


def test_a_group_says_why_nothing_is_drawn_from_it(store: Store) -> None:
    past = Past(store, ("en", "ko"))
    groups = {each.name: each for each in _overview(past).groups}
    assert groups["korean"].blocked == "base_language"
    assert groups["korean"].states["foreign"] > 200
    assert groups["korean"].questions_left == 0
    assert (groups["coding"].blocked, groups["persona"].blocked) == ("", "empty")
    assert groups["coding"].in_buffer == 300
    store.personas.update(past.persona.id, languages=("en",))
    replay_groups.set_target(store, "coding", 0)
    groups = {each.name: each for each in _overview(past).groups}
    assert groups["korean"].blocked == "persona_language"
    assert groups["coding"].blocked == "no_target"


def test_pages_hold_every_item_once_and_a_filter_takes_its_signs_as_they_are(past: Past) -> None:
    add_starter(past.store, "general", 23)
    replay_groups.add_item(past.store, past.persona.id, "general", "Is 50% half?", "Yes, 1_2.")
    seen: list[int] = []
    after: int | None = None
    while True:
        page = _page(past, "general", limit=10, after=after)
        seen += [each.item.id for each in page.items]
        after = page.after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 24
    for words, count in (("50%", 1), ("1_2", 1), ("5%h", 0), ("MATTER 7 ", 1), ("content", 0)):
        assert len(_page(past, "general", text=words).items) == count, words


def test_an_item_tells_which_run_drew_it_last(past: Past) -> None:
    add_starter(past.store, "coding", 2)
    first, second = _page(past, "coding").items
    past.learn("2026-10-sunny-1", [])
    past.learn("2026-11-sunny-1", [])
    for run_id in ("2026-10-sunny-1", "2026-11-sunny-1"):
        past.store.replay.mark_used([second.item.id], run_id)
    first, second = _page(past, "coding").items
    assert (first.item.uses, first.item.last_run) == (0, None)
    assert (second.item.uses, second.item.last_run) == (2, "2026-11-sunny-1")


def test_rotation_counts_the_draws_of_this_persona_that_went_live(past: Past) -> None:
    add_starter(past.store, "coding", 2)
    drawn, _ = _page(past, "coding").items
    past.store.runs.add("refused", past.persona.id, past.base.id, None, "starter", 1)
    past.store.replay.mark_used([drawn.item.id], "refused")
    assert past.store.replay.marks(past.persona.id, past.base.id)[0].uses == 0
    past.learn("live", [])
    past.store.replay.mark_used([drawn.item.id], "live")
    assert past.store.replay.marks(past.persona.id, past.base.id)[0].uses == 1
    other = past.store.personas.add("Other", base_id=past.base.id)
    assert past.store.replay.marks(other.id, past.base.id)[0].uses == 0


def test_what_is_left_out_is_drawn_no_more_until_it_is_taken_in_again(past: Past) -> None:
    add_starter(past.store, "coding", 3)
    (first, *_) = _page(past, "coding").items
    replay_groups.leave_out(past.store, first.item.id, True)
    assert len(buffers_of(past.store, past.persona)["coding"]) == 2
    replay_groups.leave_out(past.store, first.item.id, False)
    assert len(buffers_of(past.store, past.persona)["coding"]) == 3


def test_a_group_of_ones_own_is_drawn_from_and_comes_back_whole_when_its_end_is_undone(
    past: Past,
) -> None:
    made = replay_groups.add_group(past.store, "  Recipes  of 할머니 ", 20, "en")
    assert made.name == "Recipes of 할머니"
    item = replay_groups.add_item(
        past.store, past.persona.id, made.name, "How long does rice rest?", "Ten minutes."
    )
    replay_groups.leave_out(past.store, item.id, True)
    removed = replay_groups.remove_group(past.store, made.name)
    assert _overview(past).group(made.name) is None
    assert past.store.replay.all([made.name]) == []
    replay_groups.restore_group(past.store, removed)
    view = _overview(past).group(made.name)
    assert view is not None and view.own and (view.target, view.language) == (20, "en")
    (back,) = _page(past, made.name).items
    assert back.item.messages == item.messages and back.state == "left_out" and back.own


@pytest.mark.parametrize("name", ["", "   ", "coding", "CODING", "new", "a=b", "x" * 41, "a\x07b"])
def test_a_name_that_would_break_something_is_refused(past: Past, name: str) -> None:
    with pytest.raises(ReplayRefused):
        replay_groups.add_group(past.store, name, 10)
    assert len(past.store.replay.groups()) == 4


def test_the_four_groups_stay_and_targets_have_bounds(past: Past) -> None:
    with pytest.raises(ReplayRefused):
        replay_groups.remove_group(past.store, "korean")
    for wrong in (-1, replay_groups.MOST_IN_A_GROUP + 1):
        with pytest.raises(ReplayRefused):
            replay_groups.set_target(past.store, "korean", wrong)
    assert replay_groups.set_target(past.store, "korean", 50) == 300
    assert {each.name: each.target for each in past.store.replay.groups()}["korean"] == 50


def test_only_what_was_written_by_hand_can_be_deleted_and_that_can_be_undone(past: Past) -> None:
    add_starter(past.store, "general", 1)
    starter = _page(past, "general").items[0].item
    with pytest.raises(ReplayRefused):
        replay_groups.delete_item(past.store, starter.id)
    own = replay_groups.add_item(past.store, past.persona.id, "general", " Why? ", "Because.")
    deleted = replay_groups.delete_item(past.store, own.id)
    assert deleted == own and len(_page(past, "general").items) == 1
    replay_groups.restore_items(past.store, [own])
    assert _page(past, "general").items[-1].question == "Why?"
    assert replay_groups.delete_item(past.store, 10_000) is None


def test_an_item_without_words_or_with_too_many_is_refused(past: Past) -> None:
    for asked, answered in (("", "Yes."), ("Why?", "  "), ("Why?", "x" * 8_001)):
        with pytest.raises(ReplayRefused):
            replay_groups.add_item(past.store, past.persona.id, "general", asked, answered)


def test_items_of_the_persona_group_are_that_personas_and_others_everybodys(past: Past) -> None:
    replay_groups.add_item(past.store, past.persona.id, "persona", "Who are you?", "Sunny!")
    replay_groups.add_item(past.store, past.persona.id, "general", "Is it so?", "It is.")
    other = past.store.personas.add("Other", base_id=past.base.id)
    assert set(buffers_of(past.store, other)) == {"general"}
    assert set(buffers_of(past.store, past.persona)) == {"persona", "general"}


def test_an_item_that_the_app_no_longer_brings_goes_from_the_home(store: Store) -> None:
    store.replay.add_all(
        [{"id": "withdrawn", "group": "coding", "messages": [{"role": "user", "content": "?"}]}],
        "starter",
    )
    provide_starter_replay(store)
    assert "withdrawn" not in {item.external_id for item in store.replay.all(["coding"])}
