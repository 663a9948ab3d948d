"""A conversation that was deleted by mistake, or that came back by itself, costs its user trust."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.home import Home
from app.operations import chat, conversations, preferring, rating
from app.store import Persona, Store, open_store


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    return store.personas.add("Sunny")


def _talk(store: Store, persona: Persona, title: str) -> tuple[int, list[int]]:
    """A question and two replies to it, the second of them on."""
    talk = store.conversations.add(persona.id, "", title)
    asked = store.messages.add(talk.id, None, "user", f"What of {title}?")
    replies = [
        store.messages.add(talk.id, asked.id, "assistant", f"{title}, said {way}.").id
        for way in ("plainly", "kindly")
    ]
    return talk.id, replies


def _listed(store: Store, persona: Persona) -> list[str]:
    return [each.title for each in chat.conversations(store, persona.id, 50, None)]


def test_what_was_deleted_is_out_of_sight_and_comes_back_whole(
    store: Store, sunny: Persona
) -> None:
    (garden, replies), _ = _talk(store, sunny, "garden"), _talk(store, sunny, "kitchen")
    rating.thumb_up(store, replies[1])
    conversations.delete(store, garden)
    assert _listed(store, sunny) == ["kitchen"]
    assert chat.find(store, sunny.id, "garden") == []
    assert list(store.learnable(sunny.id)) == [], "a deleted conversation still teaches"
    assert conversations.bring_back(store, garden)
    assert sorted(_listed(store, sunny)) == ["garden", "kitchen"]
    assert len(list(store.learnable(sunny.id))) == 1
    assert not conversations.bring_back(store, garden)
    assert store.actions.last(sunny.id) is None, "an undo of nothing is left"


def test_deleted_conversations_are_listed_by_pages_last_first(store: Store, sunny: Persona) -> None:
    ids = [_talk(store, sunny, title)[0] for title in ("one", "two", "three")]
    for each in ids:
        conversations.delete(store, each)
    first = conversations.deleted(store, sunny.id, 2, None)
    rest = conversations.deleted(store, sunny.id, 2, first[-1].id)
    assert [each.title for each in (*first, *rest)] == ["three", "two", "one"]
    other = store.personas.add("Technical")
    assert conversations.deleted(store, other.id, 2, None) == []


def test_bringing_one_back_leaves_what_was_deleted_with_it(store: Store, sunny: Persona) -> None:
    (one, _), (two, _) = _talk(store, sunny, "one"), _talk(store, sunny, "two")
    action = store.actions.begin(sunny.id, "delete")
    for each in (one, two):
        store.actions.delete_conversation(each, action.id)
    assert conversations.bring_back(store, one)
    assert _listed(store, sunny) == ["one"]


def test_a_title_is_one_line_and_never_empty(store: Store, sunny: Persona) -> None:
    talk, _ = _talk(store, sunny, "garden")
    assert conversations.rename(store, talk, "  Beans\n and peas ")
    assert store.conversations.get(talk).title == "Beans and peas"
    assert not conversations.rename(store, talk, " \n")
    assert not conversations.rename(store, talk, "Beans and peas")
    assert conversations.rename(store, talk, "x" * 500)
    assert len(store.conversations.get(talk).title) == conversations.TITLE_MOST


def test_a_pick_is_shown_and_taken_back(store: Store, sunny: Persona) -> None:
    talk, (plain, kind) = _talk(store, sunny, "garden")

    def picked() -> dict[int, str | None]:
        found = {}
        for each in (plain, kind):
            store.messages.choose(each)
            found[each] = chat.read(store, talk).lines[-1].picked
        return found

    action = preferring.prefer(store, plain)
    assert picked() == {plain: "user", kind: None}
    preferring.prefer(store, kind)
    assert picked() == {plain: None, kind: "user"}
    preferring.unprefer(store, kind)
    assert picked() == {plain: "user", kind: None}, "the pick before it was lost"
    assert preferring.take_back(store, action)
    assert picked() == {plain: None, kind: None}
    assert not preferring.take_back(store, action)


def test_a_pick_keeps_the_branch_that_is_read(store: Store, sunny: Persona) -> None:
    talk, (_, kind) = _talk(store, sunny, "garden")
    more = store.messages.add(talk, kind, "user", "And then?")
    first = store.messages.add(talk, more.id, "assistant", "Water it.")
    store.messages.add(talk, more.id, "assistant", "Wait.")
    store.messages.choose(first.id)
    preferring.prefer(store, kind)
    assert store.messages.path(talk)[-1] == first
