"""A worse adapter would go on unnoticed, or a good one would be called worse by chance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest

from app.home import Home
from app.operations import rating, watching
from app.store import Adapter, Persona, Store, open_store
from app.store.reception import Received
from tests.unit.app.operations.compared_home import BEFORE, RUN, add_persona, add_run, put_live


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(home: Home, store: Store) -> Persona:
    return add_persona(home, store)


def speak(
    store: Store, persona: Persona, adapter: Adapter | None, good: int, bad: int = 0
) -> list[int]:
    """Replies of an adapter, some of them voted down."""
    ids = []
    with store.transaction():
        for number in range(good + bad):
            talk = store.conversations.add(persona.id, persona.system_prompt)
            asked = store.messages.add(talk.id, None, "user", f"What of {number}?")
            reply = store.messages.add(
                talk.id, asked.id, "assistant", f"It is {number}.", base_id=persona.base_id,
                adapter_id=adapter.id if adapter else None, finish="stop",
            )  # fmt: skip
            if number < bad:
                rating.thumb_down(store, reply.id)
            ids.append(reply.id)
    return ids


def test_every_way_to_say_no_counts_once_a_reply(store: Store, sunny: Persona) -> None:
    down, corrected, again, both, _ = speak(store, sunny, None, 5)
    rating.thumb_down(store, down)
    rating.correct(store, corrected, "Better so.")
    for reply in (again, both):
        message = store.messages.get(reply)
        store.messages.add(
            message.conversation_id, message.parent_id, "assistant", "Anew.",
            base_id=sunny.base_id, finish="stop",
        )  # fmt: skip
    rating.thumb_down(store, both)
    (found,) = store.reception.of_persona(sunny.id)
    assert found == Received(None, sunny.base_id or 0, 7, 2, 1, 2, 4)


def test_only_what_was_written_here_and_whole_counts(store: Store, sunny: Persona) -> None:
    """An import says nothing of an adapter; a crash is nobody's manner."""
    speak(store, sunny, None, 1)
    talk = store.conversations.add(sunny.id, "", source="chatgpt")
    asked = store.messages.add(talk.id, None, "user", "a")
    store.messages.add(talk.id, asked.id, "assistant", "b")
    own = store.conversations.add(sunny.id, "")
    asked = store.messages.add(own.id, None, "user", "a")
    store.messages.add(own.id, asked.id, "assistant", "b", base_id=sunny.base_id, finish="error")
    (deleted,) = speak(store, sunny, None, 1)
    conversation = store.messages.get(deleted).conversation_id
    store.actions.delete_conversation(conversation, store.actions.begin(sunny.id, "delete").id)
    (found,) = store.reception.of_persona(sunny.id)
    assert found.replies == 1


def test_a_worse_adapter_is_noticed_and_a_put_off_word_comes_later(
    home: Home, store: Store, sunny: Persona
) -> None:
    before = add_run(home, store, sunny, BEFORE, state="done")
    put_live(store, before)
    speak(store, sunny, before, 36, 4)
    now = add_run(home, store, sunny, RUN, state="done")
    put_live(store, now)
    speak(store, sunny, now, 10, 9)
    early = watching.watch(store, sunny.id)
    assert early is not None and not early.enough and not early.worse
    speak(store, sunny, now, 15, 6)
    found = watching.suggestion(store, sunny.id)
    assert found is not None
    assert (found.new_version, found.old_version) == (2, 1)
    assert (found.new.replies, found.new.unwelcome, found.old.unwelcome) == (40, 15, 4)
    assert found.chance < 0.01
    watching.not_now(store, sunny.id)
    speak(store, sunny, now, 30, 19)
    assert watching.suggestion(store, sunny.id) is None
    speak(store, sunny, now, 1)
    assert watching.suggestion(store, sunny.id) is not None


def test_going_back_ends_it_and_the_base_may_be_the_old_one(
    home: Home, store: Store, sunny: Persona
) -> None:
    assert watching.suggestion(store, sunny.id) is None
    speak(store, sunny, None, 40)
    now = add_run(home, store, sunny, RUN, state="done")
    put_live(store, now)
    speak(store, sunny, now, 10, 20)
    found = watching.suggestion(store, sunny.id)
    assert found is not None and found.old_version is None and found.old.replies == 40
    store.deployments.undo_last(sunny.id)
    assert watching.suggestion(store, sunny.id) is None


def test_as_many_complaints_as_before_are_no_reason(
    home: Home, store: Store, sunny: Persona
) -> None:
    speak(store, sunny, None, 30, 10)
    now = add_run(home, store, sunny, RUN, state="done")
    put_live(store, now)
    speak(store, sunny, now, 27, 13)
    assert watching.suggestion(store, sunny.id) is None


def received(unwelcome: int, replies: int) -> Received:
    return Received(1, 1, replies, unwelcome=unwelcome)


@pytest.mark.parametrize(("new", "old", "bad"), [(3, 4, 3), (4, 3, 1), (5, 5, 4)])
def test_the_chance_is_that_of_all_ways_to_hand_them_out(new: int, old: int, bad: int) -> None:
    """Counted one by one, as Fisher's test means it."""
    ways = list(combinations(range(new + old), bad))
    for worst in range(bad + 1):
        so_many = sum(sum(each < new for each in way) >= worst for way in ways)
        if bad - worst <= old and worst <= new:
            found = watching.chance_of_worse(received(worst, new), received(bad - worst, old))
            assert found == pytest.approx(so_many / len(ways))


def test_the_chance_is_found_for_years_of_replies() -> None:
    assert watching.chance_of_worse(received(900, 20_000), received(1200, 30_000)) < 0.01
    assert watching.chance_of_worse(received(0, 20), received(0, 20)) == 1.0
