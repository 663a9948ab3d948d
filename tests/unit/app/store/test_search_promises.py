"""What search promises of any text and any query, against a plain reading of every message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.store.terms import match_expression
from tests.unit.app.store.conftest import Month

KOREAN, LATIN = "가나다라학교", "abcst"
WORDS = st.one_of(
    st.text(alphabet=KOREAN, min_size=1, max_size=5),
    st.text(alphabet=LATIN, min_size=1, max_size=6),
)
BETWEEN = st.sampled_from([" ", ", ", '"', "*", "-", "_", ":", "(", ")", "\n", "\x00", ""])
TEXTS = st.lists(st.tuples(WORDS, BETWEEN), min_size=1, max_size=8).map(
    lambda pairs: "".join(word + between for word, between in pairs)
)


def runs(text: str) -> Iterator[tuple[bool, str]]:
    """The runs of one script in a text, and whether they are Korean."""
    for match in re.finditer(f"([{KOREAN}]+)|[{LATIN}]+", text):
        yield match[1] is not None, match[0]


def stands_in(query: str, text: str) -> bool:
    """What search promises: each part inside a Korean run, or beginning a word."""
    return all(
        any(
            is_korean == in_korean and (part in run if is_korean else run.startswith(part))
            for in_korean, run in runs(text)
        )
        for is_korean, part in runs(query)
    )


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=TEXTS, query=TEXTS, data=st.data())
def test_whatever_stands_in_a_message_is_found_and_nothing_else(
    month: Month, text: str, query: str, data: st.DataObject
) -> None:
    """The store grows from example to example, and every message of it is judged each time."""
    said = month.talk(text.replace("\x00", " "))[0]
    is_korean, run = data.draw(st.sampled_from(list(runs(text))))
    start = data.draw(st.integers(0, len(run) - 1)) if is_korean else 0
    part = run[start : data.draw(st.integers(start + 1, len(run)))]
    everything = {
        row["id"]: row["content"]
        for row in month.store._database.rows("SELECT id, content FROM messages")
    }
    for asked in (part, query):
        hits = {hit.message_id for hit in month.store.search.find(asked, month.persona.id, 9999)}
        assert hits == {key for key, content in everything.items() if stands_in(asked, content)}
        page = [hit.message_id for hit in month.store.search.find(asked, limit=5)]
        assert set(page) <= hits and len(page) == min(5, len(hits))
    assert stands_in(part, everything[said.id])


@given(query=TEXTS, operator=st.sampled_from(["AND", "OR", "NOT", "NEAR", "NEAR/2"]))
def test_operators_between_words_are_words_too(query: str, operator: str) -> None:
    assert f'"{operator[:3].lower()}' in match_expression(f"{query} {operator} {query}")
