"""A persona's next round must fit what was curated, and a rebuild must always be possible."""

from __future__ import annotations

import pytest

from replay.buffer import reservoir
from replay.rounds import History, propose


@pytest.mark.parametrize(
    ("history", "name", "start"),
    [
        (History(60, 0), "first", "base"),
        (History(900, 0), "first", "base"),
        (History(400, 1800, True), "second", "base"),
        (History(500, 2900, True), "third", "base"),
        (History(700, 4900, True), "upkeep", "parent"),
        (History(20_000, 0), "third", "base"),
        (History(700, 9000, False), "third", "base"),
    ],
)
def test_the_round_follows_from_what_was_curated(history: History, name: str, start: str) -> None:
    proposal = propose(history)
    assert (proposal.round.name, proposal.round.start) == (name, start)
    row = proposal.row(history)
    assert row["curated"] == history.never_learned + history.learned
    assert row["why"]


def test_a_rebuild_starts_from_the_base_whatever_the_history_says() -> None:
    history = History(700, 9000, True)
    assert propose(history).from_parent
    rebuilt = propose(history, rebuild=True)
    assert not rebuilt.from_parent
    assert rebuilt.rebuild
    assert rebuilt.limit == 5000


def test_an_early_round_leaves_nothing_curated_out() -> None:
    for curated in (60, 999, 1500, 1999, 2500, 4999):
        assert propose(History(curated, 0)).limit >= min(curated, 5000)


def test_old_months_keep_their_part_of_a_full_buffer() -> None:
    ids = [f"item-{number}" for number in range(2000)]
    first, later = set(ids[:1000]), set(ids)
    small, large = reservoir(first, 300), reservoir(later, 300)
    assert len(small) == len(large) == 300
    assert 110 <= len(large & first) <= 190  # half of them, by chance
    assert large & first <= small  # what was dropped never comes back
    assert reservoir(["a", "a", "b"], 5) == {"a", "b"}
