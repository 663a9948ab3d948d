"""Whatever was said to whomever is found again, with its place; what is private is not."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.home import Home
from app.operations import chat, conversations, searching
from app.store import Persona, Store, open_store


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    return store.personas.add("Sunny", "Be sunny.")


def _said(store: Store, persona: Persona, text: str) -> int:
    return chat.ask(store, persona, None, text).id


def test_every_persona_and_every_branch_is_searched(store: Store, sunny: Persona) -> None:
    other = store.personas.add("Technical", "Be exact.")
    asked = _said(store, sunny, "Tell me something")
    talk = store.messages.get(asked).conversation_id
    left = store.messages.add(talk, asked, "assistant", "오늘 학교에서 만났어요.", finish="stop")
    store.messages.add(talk, asked, "assistant", "Something else.", finish="stop")
    elsewhere = _said(store, other, "학교 앞에서 기다려요")
    page = searching.search(store, "학교")
    assert {each.message_id for each in page.found} == {left.id, elsewhere}
    by_id = {each.message_id: each for each in page.found}
    assert (by_id[left.id].persona, by_id[left.id].title) == ("Sunny", "Tell me something")
    assert (by_id[elsewhere].persona_id, by_id[elsewhere].role) == (other.id, "user")
    assert not page.more


def test_a_jump_goes_to_the_branch_of_the_message(store: Store, sunny: Persona) -> None:
    asked = _said(store, sunny, "Tell me something")
    talk = store.messages.get(asked).conversation_id
    left = store.messages.add(talk, asked, "assistant", "The first.", finish="stop")
    right = store.messages.add(talk, asked, "assistant", "The second.", finish="stop")
    updated = store.conversations.get(talk).updated
    shown = searching.open_at(store, right.id)
    assert shown.lines[-1].message.id == right.id
    assert store.conversations.get(talk).updated == updated, "what is looked at stays where it is"
    assert searching.open_at(store, left.id).lines[-1].message.id == left.id


def test_what_is_deleted_is_not_found(store: Store, sunny: Persona) -> None:
    asked = _said(store, sunny, "a secret wish")
    conversations.delete(store, store.messages.get(asked).conversation_id)
    assert searching.search(store, "secret").found == ()


def test_pages_follow_one_another_to_an_end(store: Store, sunny: Persona) -> None:
    with store.transaction():
        for number in range(searching.MOST_ROWS + 30):
            _said(store, sunny, f"Apple {number}")
    seen: list[int] = []
    more = True
    while more:
        page = searching.search(store, "apple", len(seen))
        assert len(page.found) == searching.PAGE_ROWS
        seen += [each.message_id for each in page.found]
        more = page.more
    assert len(set(seen)) == len(seen) == searching.MOST_ROWS
    assert searching.search(store, "banana").found == ()


@pytest.mark.parametrize(
    ("passage", "query", "marked"),
    [
        ("오늘 학교에서 친구를", "교에 친구", ["교에", "친구"]),
        (unicodedata.normalize("NFD", "오늘 학교에서"), "학교", ["학교"]),
        ("Straße und strasse", "strasse", ["Straße", "strasse"]),
        ("😀 Hello, hello", "hel", ["Hel", "hel"]),
        ("Le café", "cafe\u0301", ["café"]),
        ("nothing here", "apple", []),
        ("a.*b", ".*", []),
    ],
)
def test_the_match_is_marked_in_the_words_as_they_were_written(
    passage: str, query: str, marked: list[str]
) -> None:
    found = [passage[start:end] for start, end in searching.matches(passage, query)]
    assert [unicodedata.normalize("NFC", each) for each in found] == marked


@given(st.text(max_size=60), st.text(max_size=12))
def test_marks_lie_in_the_passage_and_not_over_one_another(passage: str, query: str) -> None:
    before = 0
    for start, end in searching.matches(passage, query):
        assert before <= start < end <= len(passage)
        before = end


def test_of_several_words_the_longest_is_offered_first() -> None:
    assert searching.single_words("of reverse lists of") == ["reverse", "lists", "of"]
    assert searching.single_words("apple") == []
