"""A rating that is lost or changed on the way teaches the wrong thing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
