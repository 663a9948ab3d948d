"""Help must be there before the reply is: in a store of years as in a new one."""

from __future__ import annotations

import pytest

from app.store import Store, helping
from tests.unit.app.store.conftest import Month


def plan(store: Store, sql: str, *parameters: object) -> str:
    rows = store._database.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)
    return "\n".join(row["detail"] for row in rows)


def test_common_words_cost_no_more_than_rare_ones(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word that stands in every message would otherwise be read through for each reply."""
    monkeypatch.setattr(helping, "NEWEST", 10)
    with month.store.transaction():
        replies = [month.talk(f"common word {number}", "Reply.")[1].id for number in range(30)]
        for reply in replies:
            month.store.ratings.rate(reply, "up")
    found = month.store.helping
    assert found.met("common") == 10 and found.met("7") == 1 and found.met("absent") == 0
    newest = found.approved_below("common", month.persona.id, 0)
    assert newest == replies[:-11:-1]
    assert found.approved_below("7", month.persona.id, 0) == [replies[7]]


def test_every_step_of_the_search_goes_by_an_index(month: Month) -> None:
    below = plan(month.store, helping._APPROVED_BELOW, '"a"', 10, 1, 1)
    exchanges = plan(month.store, helping._EXCHANGES, "[1]", 1)
    given = plan(month.store, helping._GIVEN, "[1]", 200)
    assert "messages_of_parent" in below
    for steps in (below, exchanges, given):
        scans = [step for step in steps.splitlines() if step.startswith("SCAN")]
        assert all("VIRTUAL TABLE" in step or step == "SCAN found" for step in scans), scans


@pytest.mark.parametrize("term", ["and", "or", "not", "near", "ᄀᄀ", "²", "٣"])
def test_a_term_is_never_read_as_an_operator(month: Month, term: str) -> None:
    month.talk(f"this {term} that")
    assert month.store.helping.met(term) in (0, 1)
    assert month.store.helping.approved_below(term, month.persona.id, 0) == []


def test_what_was_given_comes_back_in_its_order(month: Month) -> None:
    first, second = (month.talk(f"question {name}", "Reply.")[1].id for name in "ab")
    helped = month.talk("another", "Reply.")[1].id
    month.store.helping.record(helped, [second, first, 999], with_note=True)
    given = month.store.helping.given([helped, first])
    assert {key: [each.words for each in value] for key, value in given.items()} == {
        helped: ["question b", "question a"]
    }
    assert month.store.messages.get(helped).with_note
    assert not month.store.messages.get(first).with_note
