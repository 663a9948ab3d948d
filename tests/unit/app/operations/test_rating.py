"""A rating that is lost or changed on the way teaches the wrong thing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.errors import StoreError
from app.home import Home
from app.operations import rating
from app.store import Store, open_store


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def reply(store: Store) -> int:
    sunny = store.personas.add("Sunny")
    talk = store.conversations.add(sunny.id, "")
    asked = store.messages.add(talk.id, None, "user", "Hi")
    return store.messages.add(talk.id, asked.id, "assistant", "Hello.").id


def test_a_thumb_pressed_again_is_taken_back(store: Store, reply: int) -> None:
    assert rating.thumb_up(store, reply).value == "up"
    assert rating.thumb_up(store, reply).value is None
    assert rating.thumb_down(store, reply).value == "down"


def test_reasons_belong_to_a_thumb_down(store: Store, reply: int) -> None:
    said = rating.give_reasons(store, reply, ["bad_code", "too_long"], "and wrong")
    assert (said.value, said.reasons, said.comment) == (
        "down", ("too_long", "bad_code"), "and wrong",
    )  # fmt: skip
    assert rating.thumb_up(store, reply).reasons == ()
    with pytest.raises(ValueError, match="weather"):
        rating.give_reasons(store, reply, ["weather"])


def test_a_correction_outlives_a_change_of_thumb(store: Store, reply: int) -> None:
    rating.thumb_down(store, reply)
    rating.correct(store, reply, " Hello, friend. ")
    assert rating.thumb_up(store, reply).correction == "Hello, friend."
    assert rating.correct(store, reply, "Hello.").correction is None


def test_undo_takes_back_one_verb_at_a_time(store: Store, reply: int) -> None:
    rating.thumb_down(store, reply)
    rating.give_reasons(store, reply, ["too_long"])
    rating.correct(store, reply, "Hi.")
    said = rating.undo(store, reply)
    assert said is not None and (said.correction, said.reasons) == (None, ("too_long",))
    said = rating.undo(store, reply)
    assert said is not None and (said.value, said.reasons) == ("down", ())
    assert rating.undo(store, reply) is None
    assert rating.undo(store, reply) is None


def test_an_imported_word_becomes_the_users_with_its_reasons_and_correction(
    store: Store, reply: int
) -> None:
    store.ratings.rate(reply, "down", ["too_long"], "there", "Hi.", origin="import")
    said = rating.thumb_down(store, reply)
    assert (said.origin, said.value, said.reasons, said.comment, said.correction) == (
        "user", "down", ("too_long",), "there", "Hi.",
    )  # fmt: skip
    back = rating.undo(store, reply)
    assert back is not None and back.origin == "import"
    assert (rating.undo(store, reply) or said).origin == "import", "an undo lost the import's word"
    accepted = rating.accept(store, reply)
    assert accepted is not None and accepted.origin == "user"
    assert rating.accept(store, reply) == accepted, "accepting twice wrote another word"


def test_one_word_is_taken_back_whatever_was_said_since(store: Store, reply: int) -> None:
    first = rating.thumb_up(store, reply)
    last = rating.thumb_down(store, reply)
    assert rating.take_back(store, first)
    assert store.ratings.of([reply])[reply] == last
    assert not rating.take_back(store, first)


def test_a_word_that_is_taken_back_twice_takes_nobody_elses(store: Store, reply: int) -> None:
    """Its number is free again, and the next word, on whichever reply, gets it."""
    first = rating.thumb_up(store, reply)
    rating.undo(store, reply)
    talk = store.conversations.add(1, "")
    asked = store.messages.add(talk.id, None, "user", "And you?")
    other = store.messages.add(talk.id, asked.id, "assistant", "Fine.").id
    last = rating.thumb_up(store, other)
    assert last.id == first.id
    assert not rating.take_back(store, first)
    assert store.ratings.of([other]) == {other: last}


def test_a_reply_that_another_process_forgot_is_told_as_missing(store: Store, reply: int) -> None:
    store.conversations.delete(store.messages.get(reply).conversation_id)
    for verb in (rating.thumb_up, rating.thumb_down, rating.accept):
        with pytest.raises(StoreError, match="no message"):
            verb(store, reply)
    with pytest.raises(StoreError, match="no message"):
        rating.give_reasons(store, reply, ["too_long"])
    assert rating.undo(store, reply) is None
