"""What was said is found again, also inside Korean words."""

from __future__ import annotations

import sqlite3
import time
import unicodedata
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.home import Home
from app.store import curation, migrations, open_store, opening
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


@pytest.fixture
def crowded(month: Month) -> Month:
    """More messages with a word than search compares, the newest ones in a chat of their own."""
    with month.store.transaction():
        month.talk("the internal lake, 호수에서")
        month.talk(*(f"interval {number} 호텔에서" for number in range(700)))
    return month


def found(month: Month, query: str, persona_id: int | None = None, limit: int = 50) -> list[str]:
    hits = month.store.search.find(query, persona_id, limit)
    return [month.store.messages.get(hit.message_id).content for hit in hits]


def test_whole_words_come_first_then_the_tighter_text_then_the_newer(month: Month) -> None:
    texts = ["rain", "rain", "a long walk in the rain " + "and more " * 30, "raining", "train"]
    said = [month.talk(text)[0].id for text in texts]
    hits = [hit.message_id for hit in month.store.search.find("rain")]
    assert hits == [said[1], said[0], said[2], said[3]]


@pytest.mark.parametrize("query", ["internal", "intern", "lake", "l", "호수", "호수에", "수"])
def test_old_message_is_found_behind_hundreds_of_newer_ones_that_begin_alike(
    crowded: Month, query: str
) -> None:
    assert found(crowded, query) == ["the internal lake, 호수에서"]
    assert found(crowded, query, crowded.persona.id) == ["the internal lake, 호수에서"]


@pytest.mark.parametrize(
    ("query", "count"),
    [("in", 701), ("interv", 700), ("interval", 700), ("호", 701), ("에서", 701)],
)
def test_every_match_of_a_common_word_can_be_had(crowded: Month, query: str, count: int) -> None:
    assert len({hit.message_id for hit in crowded.store.search.find(query, limit=5000)}) == count
    assert len(crowded.store.search.find(query)) == 50


def test_words_of_other_personas_never_crowd_out_the_own_ones(crowded: Month) -> None:
    early = crowded.persona
    crowded.persona = crowded.store.personas.add("Later")
    with crowded.store.transaction():
        crowded.talk(*(f"interval {number} 호수" for number in range(400)))
    assert found(crowded, "호수", early.id) == ["the internal lake, 호수에서"]
    assert len(found(crowded, "호수", crowded.persona.id)) == 50
    assert found(crowded, "lake", crowded.persona.id) == []
    assert found(crowded, "호수", crowded.store.personas.add("Silent").id) == []


def test_deleted_conversation_is_out_of_search_until_that_is_undone(crowded: Month) -> None:
    (hit,) = crowded.store.search.find("interval", limit=1)
    action = crowded.store.actions.begin(crowded.persona.id, "delete")
    crowded.store.actions.delete_conversation(hit.conversation_id, action.id)
    for persona_id in (None, crowded.persona.id):
        assert found(crowded, "interval", persona_id) == []
        assert found(crowded, "inter", persona_id) == ["the internal lake, 호수에서"]
        assert found(crowded, "에서", persona_id) == ["the internal lake, 호수에서"]
    crowded.store.actions.undo(crowded.persona.id)
    assert len(found(crowded, "interval", crowded.persona.id)) == 50


def test_removed_conversation_leaves_nothing_in_the_index(crowded: Month, home: Home) -> None:
    for hit in crowded.store.search.find("inter", limit=5000):
        crowded.store.conversations.delete(hit.conversation_id)
    with closing(sqlite3.connect(home.database)) as connection:
        for table in ("message_index", "persona_messages"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_store_of_before_keeps_what_can_be_searched(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = migrations.MIGRATIONS.index(curation.search_of_many)
    with monkeypatch.context() as older:
        older.setattr(opening, "MIGRATIONS", migrations.MIGRATIONS[:before])
        older.setattr(opening, "_refuse_newer", lambda *_: None)
        with closing(opening.connect(home, 1.0)) as connection:
            _say_as_before(connection)
    with open_store(home) as store:
        for query in ("학", "학교", "scho", "s"):
            for persona_id in (None, 1):
                assert [hit.message_id for hit in store.search.find(query, persona_id)] == [1]
            assert store.search.find(query, 2) == []
        store.conversations.delete(1)
        assert store.search.find("학교") == store.search.find("school", 1) == []
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("INSERT INTO message_index(message_index) VALUES ('integrity-check')")


def _say_as_before(connection: sqlite3.Connection) -> None:
    for number in (1, 2):
        connection.execute(
            "INSERT INTO personas (slug, name, colour, languages, system_prompt, traits, created)"
            " VALUES (?, 'Old', '#000000', '[]', '', '{}', '2026')",
            (f"old-{number}",),
        )
        connection.execute(
            "INSERT INTO conversations (persona_id, title, system_prompt, never_train, source,"
            " created, updated) VALUES (?, '', '', 0, 'chat', '2026', '2026')",
            (number,),
        )
        text = "학교에서 in school" if number == 1 else "집에서"
        connection.execute(
            "INSERT INTO messages (conversation_id, role, content, created, system_prompt,"
            " sampling, finish) VALUES (?, 'user', ?, '2026', '', '{}', '')",
            (number, text),
        )
        connection.execute(
            "INSERT INTO message_index (rowid, terms) VALUES (?, ?)", (number, index_terms(text))
        )


def test_alternatives_of_a_first_message_cost_the_same_however_many_conversations(
    month: Month,
) -> None:
    with month.store.transaction():
        said = [month.talk("hello")[0] for _ in range(1500)]
    steps: list[None] = []
    connection = month.store._database._connection
    connection.set_progress_handler(lambda: steps.append(None), 10)
    assert month.store.messages.siblings(said[7].id) == [said[7]]
    assert len(steps) < 50


@pytest.mark.parametrize("query", ["뷁 " * 3000, "a" * 100_000, " ".join(map(str, range(2000)))])
def test_pasted_page_is_a_query_like_any_other(talked: Month, query: str) -> None:
    began = time.process_time()
    assert talked.store.search.find(query) == []
    assert time.process_time() - began < 1
