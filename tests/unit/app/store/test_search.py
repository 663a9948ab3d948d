"""What was said is found again, also inside Korean words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.store.terms import index_terms, match_expression
from tests.unit.app.store.conftest import Month

SAID = {
    "school": "오늘 학교에서 친구를 만났어요.",
    "python": "파이썬을 배우고 싶은데 FastAPI도 괜찮을까요?",
    "english": "How do I reverse a list in Python? It's for learning my_function().",
    "rain": "비가 와요 ㅋㅋ",
    "japanese": "東京タワーに行きました",
    "cafe": "Le café était fermé.",
}


@pytest.fixture
def talked(month: Month) -> Month:
    with month.store.transaction():
        for text in SAID.values():
            month.talk(text)
    return month


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("학교", ["school"]),
        ("학교에", ["school"]),
        ("교에서", ["school"]),
        ("학", ["school"]),
        ("서", ["school"]),
        ("비", ["rain"]),
        ("요", ["school", "python", "rain"]),
        ("ㅋㅋ", ["rain"]),
        ("파이썬", ["python"]),
        ("파이썬 fastapi", ["python"]),
        ("FastAPI도", ["python"]),
        ("학교 파이썬", []),
        ("교학", []),
        ("python", ["english"]),
        ("PYTH", ["english"]),
        ("learn", ["english"]),
        ("my_function", ["english"]),
        ("reverse list", ["english"]),
        ("タワー", ["japanese"]),
        ("ﾀﾜｰ", ["japanese"]),
        ("京", ["japanese"]),
        ("cafe", ["cafe"]),
        ("", []),
        ('"*^', []),
    ],
)
def test_finds(talked: Month, query: str, found: list[str]) -> None:
    hits = talked.store.search.find(query)
    texts = {talked.store.messages.get(hit.message_id).content for hit in hits}
    assert texts == {SAID[name] for name in found}


def test_decomposed_hangul_of_a_mac_finds_the_same(talked: Month) -> None:
    assert talked.store.search.find(unicodedata.normalize("NFD", "학교"))


@pytest.mark.parametrize(
    "query",
    ['"', "AND", "list NOT python", "a OR", "NEAR(list python)", "terms:list", "list*", "(", "-x",
     "학교\"; DROP TABLE messages", "{terms} : list", "^list + python", "\x00list"],
)  # fmt: skip
def test_operators_of_the_index_are_only_words(talked: Month, query: str) -> None:
    talked.store.search.find(query)
    assert talked.store.search.find("학교")


def test_searches_one_persona_when_asked(talked: Month) -> None:
    other = talked.store.personas.add("Other")
    conversation = talked.store.conversations.add(other.id, "")
    said = talked.store.messages.add(conversation.id, None, "user", "학교 앞")
    hits = talked.store.search.find("학교", other.id)
    assert [(hit.message_id, hit.conversation_id) for hit in hits] == [(said.id, conversation.id)]
    assert len(talked.store.search.find("학교")) == 2
    assert len(talked.store.search.find("학교", limit=1)) == 1


def test_edited_text_is_found_by_its_new_words_alone(talked: Month) -> None:
    (said,) = talked.talk("제주도에 갔어요")
    talked.store.messages.set_content(said.id, "부산에 갔어요", "")
    assert talked.store.search.find("제주") == []
    assert len(talked.store.search.find("부산")) == 1


def test_snippet_shows_the_words_around(talked: Month) -> None:
    talked.talk("x " * 200 + "the needle lies here " + "y " * 200)
    (hit,) = talked.store.search.find("Needle")
    assert "the needle lies here" in hit.snippet
    assert hit.snippet.startswith("…") and hit.snippet.endswith("…")
    assert len(hit.snippet) < 200


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(max_size=30))
def test_no_query_breaks_search(talked: Month, query: str) -> None:
    talked.store.search.find(query)


@given(st.text(alphabet="가나다라", min_size=2, max_size=12), st.data())
def test_any_part_of_a_korean_word_is_a_phrase_of_its_terms(word: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(word) - 2))
    part = word[start : data.draw(st.integers(start + 2, len(word)))]
    assert match_expression(part).strip('"') in index_terms(word)
