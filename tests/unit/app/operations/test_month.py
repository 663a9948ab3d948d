"""The counter must say what the mix will find."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.home import Home
from app.operations import rating
from app.operations.month import MonthProgress, month_contents, month_progress, trainings
from app.store import Persona, Store, open_store


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("B", "gguf", "b.gguf", "d")
    return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


def _talk(store: Store, persona: Persona, replies: int) -> list[int]:
    talk = store.conversations.add(persona.id, "Be sunny.")
    ids: list[int] = []
    parent: int | None = None
    for number in range(replies):
        parent = store.messages.add(talk.id, parent, "user", f"Question {number}?").id
        parent = store.messages.add(talk.id, parent, "assistant", f"Answer {number}.").id
        ids.append(parent)
    return ids


def test_only_approved_replies_count_and_a_rejected_one_ends_the_conversation(
    store: Store, sunny: Persona
) -> None:
    first, _unrated, third, rejected, after = _talk(store, sunny, 5)
    rating.thumb_up(store, first)
    rating.correct(store, third, "A better answer.")
    rating.thumb_down(store, rejected)
    rating.thumb_up(store, after)
    contents = month_contents(store, sunny.id)
    assert contents.progress == MonthProgress(usable=2)
    assert (contents.conversations, contents.corrected, contents.rejected) == (1, 1, 1)


def test_what_a_live_adapter_learned_counts_towards_the_months(
    store: Store, home: Home, sunny: Persona
) -> None:
    for reply in (learned := _talk(store, sunny, 3)):
        rating.thumb_up(store, reply)
    assert sunny.base_id is not None
    store.runs.add("r1", sunny.id, sunny.base_id, None, "starter", 1)
    store.runs.use("r1", learned)
    adapter = store.adapters.add(
        sunny.id, sunny.base_id, "r1", None, home.runs / "r1", home.runs / "r1" / "a", "d"
    )
    store.deployments.put_live(sunny.id, "r1", adapter.id, "runtime", "1", "runtime", {})
    rating.thumb_up(store, _talk(store, sunny, 1)[0])
    progress = month_progress(store, sunny.id)
    assert (progress.usable, progress.learned, progress.total) == (1, 3, 4)
    found = trainings(store, sunny.id)
    assert found.live is not None and found.live.id == adapter.id
    store.deployments.undo_last(sunny.id)
    assert month_progress(store, sunny.id).usable == 4


def test_missing_counts_down_to_the_least() -> None:
    assert MonthProgress(usable=12).missing == 38
    assert MonthProgress(usable=50).missing == 0
    assert MonthProgress(usable=70, learned=200).total == 270
