"""Alternatives and edits are branches, and none of them is ever lost."""

from __future__ import annotations

import pytest

from app.store import Store
from tests.unit.app.store.conftest import Month


def contents(store: Store, conversation_id: int) -> list[str]:
    return [message.content for message in store.messages.path(conversation_id)]


def test_message_remembers_what_made_it(month: Month) -> None:
    (question,) = month.talk("hello")
    adapter = month.train("r1")
    reply = month.store.messages.add(
        question.conversation_id,
        question.id,
        "assistant",
        "",
        base_id=month.base.id,
        adapter_id=adapter.id,
        system_prompt="Be sunny.",
        sampling={"temperature": 0.7},
    )
    assert month.store.messages.get(reply.id) == reply
    done = month.store.messages.set_content(reply.id, "half a rep", "stopped")
    assert (done.content, done.finish, done.sampling) == (
        "half a rep",
        "stopped",
        {"temperature": 0.7},
    )
    assert [hit.message_id for hit in month.store.search.find("half")] == [reply.id]


def test_alternative_becomes_active_and_the_first_stays(month: Month) -> None:
    question, first, more, last = month.talk("q", "first", "more", "last")
    messages, conversation_id = month.store.messages, question.conversation_id
    other = messages.add(conversation_id, question.id, "assistant", "other")
    assert contents(month.store, conversation_id) == ["q", "other"]
    assert [message.id for message in messages.siblings(first.id)] == [first.id, other.id]
    messages.choose(first.id)
    assert contents(month.store, conversation_id) == ["q", "first", "more", "last"]
    messages.choose(other.id)
    assert contents(month.store, conversation_id) == ["q", "other"]
    assert messages.get(last.id) == last
    assert messages.get(more.id).parent_id == first.id


def test_places_and_messages_are_read_in_one_go(month: Month) -> None:
    """What a search and a long talk are read by says the same as one message after the other."""
    question, first, more, last = month.talk("q", "first", "more", "last")
    elsewhere = month.talk("another", "talk")
    messages, conversation_id = month.store.messages, question.conversation_id
    other = messages.add(conversation_id, question.id, "assistant", "other")
    opening = messages.add(conversation_id, None, "user", "q, asked otherwise")
    assert messages.places(conversation_id) == {
        question.id: (1, 2), opening.id: (2, 2), first.id: (1, 2), other.id: (2, 2),
        more.id: (1, 1), last.id: (1, 1),
    }  # fmt: skip
    for message_id, (place, number) in messages.places(conversation_id).items():
        beside = [each.id for each in messages.siblings(message_id)]
        assert (beside.index(message_id) + 1, len(beside)) == (place, number)
    nobody = other.id + 1_000
    assert messages.several([last.id, elsewhere[0].id, nobody]) == {
        last.id: last, elsewhere[0].id: elsewhere[0],
    }  # fmt: skip
    conversations = month.store.conversations
    assert conversations.several([conversation_id, nobody]) == {
        conversation_id: conversations.get(conversation_id)
    }


def test_choosing_goes_down_to_the_newest_end(month: Month) -> None:
    question, reply = month.talk("q", "a")
    messages, conversation_id = month.store.messages, question.conversation_id
    messages.add(conversation_id, reply.id, "user", "old end")
    newest = messages.add(conversation_id, reply.id, "user", "new end")
    messages.add(conversation_id, question.id, "assistant", "b")
    messages.choose(question.id)
    assert contents(month.store, conversation_id) == ["q", "b"]
    messages.choose(reply.id)
    assert month.store.conversations.get(conversation_id).leaf_id == newest.id


def test_edited_first_message_is_a_second_root(month: Month) -> None:
    question, _ = month.talk("q", "a")
    edited = month.store.messages.add(question.conversation_id, None, "user", "q, edited")
    roots = month.store.messages.siblings(question.id)
    assert [root.id for root in roots] == [question.id, edited.id]
    assert contents(month.store, question.conversation_id) == ["q, edited"]


def test_reply_cannot_hang_on_another_conversation(month: Month) -> None:
    (here,), (there,) = month.talk("here"), month.talk("there")
    with pytest.raises(ValueError, match="another conversation"):
        month.store.messages.add(here.conversation_id, there.id, "assistant", "lost")
    assert contents(month.store, here.conversation_id) == ["here"]


def test_last_rating_counts_and_undo_brings_back_the_one_before(month: Month) -> None:
    _, reply, _, other = month.talk("q", "a", "q", "b")
    ratings = month.store.ratings
    up = ratings.rate(reply.id, "up")
    down = ratings.rate(reply.id, "down", ("too long",), "너무 길어요")
    corrected = ratings.rate(reply.id, None, correction="better")
    assert ratings.of([reply.id, other.id]) == {reply.id: corrected}
    assert ratings.undo(reply.id) == down
    assert ratings.of([reply.id]) == {reply.id: down}
    assert ratings.undo(reply.id) == up
    assert ratings.undo(reply.id) is None
    assert ratings.undo(reply.id) is None
    assert ratings.of([reply.id]) == {}
