"""How quick a store of 1,000,000 messages is: `python -m tests.bench.bench_store [FOLDER]`.

The store is built once (some minutes, 1.7 GB) into the folder, or into a temporary one. Every
call is another one: other words, other pages, other replies. Beside the time on the clock stands
what of it the processor took, which is what a free core would need.
"""

from __future__ import annotations

import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from app.home import open_home
from app.operations import chat, rating
from app.store import Store, open_store
from tests.bench.large_store import (
    CONVERSATIONS,
    build,
    english_words,
    korean_stems,
    named_folder,
)

CALLS = 200
WARM_UP = 20
SEARCH_MS, PAGE_MS, RATING_MS = 50.0, 20.0, 5.0

Call = Callable[[], object]


@dataclass(frozen=True)
class Measure:
    """Something that a user waits for, and how long they may."""

    name: str
    limit_ms: float
    calls: Iterator[Call]


def main() -> int:
    """Print the table; 1 when a 95th percentile is over its limit."""
    with tempfile.TemporaryDirectory() as temporary:
        home = open_home(named_folder(str(__doc__), otherwise=temporary))
        with open_store(home) as store:
            if not store.personas.all():
                began = time.perf_counter()
                build(store)
                print(f"built in {time.perf_counter() - began:.0f} s")
            print(f"{CONVERSATIONS} conversations, {home.database.stat().st_size / 1e6:.0f} MB")
            print(f"{'':46}  median     p95 p95 cpu   worst   limit  (ms)")
            kept = [_kept(measure) for measure in measures(store, home.root)]
    return int(not all(kept))


def measures(store: Store, folder: Path) -> Iterator[Measure]:
    for name, queries in _queries().items():
        for persona_id in (None, 1, 2, 3):
            whose = f" of persona {persona_id}" if persona_id else ""
            yield Measure(
                f"search: {name}{whose}", SEARCH_MS, _searches(store, queries(), persona_id)
            )
    yield Measure("first page of the conversations", PAGE_MS, _pages(store, deep=False))
    yield Measure("deep page of the conversations", PAGE_MS, _pages(store, deep=True))
    yield Measure("reading a conversation", PAGE_MS, _readings(store))
    yield Measure("(for comparison: a page written to the disk)", math.inf, _synced_pages(folder))
    yield Measure("a rating", RATING_MS, _ratings(store, rating.thumb_up))
    yield Measure("a rating taken back", RATING_MS, _ratings(store, rating.undo))
    yield Measure("undo of an action", RATING_MS, _undos(store))


def _queries() -> dict[str, Callable[[], Iterator[str]]]:
    random = Random(3)
    english, korean = english_words(), korean_stems()

    def common() -> str:
        return random.choice(random.choice((english[:100], korean[:100])))

    def beginning() -> str:
        word = random.choice(random.choice((english[:100], english)))
        return word[: random.randint(1, max(1, len(word) - 1))]

    def part_of_inflected() -> str:
        return random.choice([stem for stem in korean[:800] if len(stem) > 1])

    def syllable() -> str:
        return random.choice(random.choice(korean))

    return {
        "rare word": lambda: _many(lambda: random.choice(english[2000:] + korean[2000:])),
        "common word": lambda: _many(common),
        "two common words": lambda: _many(lambda: f"{common()} {common()}"),
        "common and rare word": lambda: _many(lambda: f"{common()} {random.choice(korean)}"),
        "beginning of a word": lambda: _many(beginning),
        "two beginnings": lambda: _many(lambda: f"{beginning()} {beginning()}"),
        "stem in inflected words": lambda: _many(part_of_inflected),
        "one syllable": lambda: _many(syllable),
        "nothing found": lambda: _many(lambda: f"{random.choice(english)}qx {common()}"),
    }


def _many(draw: Callable[[], str]) -> Iterator[str]:
    while True:
        yield draw()


def _searches(store: Store, queries: Iterator[str], persona_id: int | None) -> Iterator[Call]:
    for query in queries:
        yield lambda query=query: store.search.find(query, persona_id)  # type: ignore[misc]


def _pages(store: Store, *, deep: bool) -> Iterator[Call]:
    random = Random(4)
    while True:
        persona_id = random.randint(1, 3)
        before = None
        if deep:
            before = random.randint(1, CONVERSATIONS)
            persona_id = store.conversations.get(before).persona_id
        yield lambda: chat.conversations(store, persona_id, 50, before)  # noqa: B023


def _readings(store: Store) -> Iterator[Call]:
    random = Random(5)
    while True:
        yield lambda: chat.read(store, random.randint(1, CONVERSATIONS))


def _replies(store: Store) -> Iterator[int]:
    random = Random(6)
    while True:
        yield store.messages.path(random.randint(1, CONVERSATIONS))[-1].id


def _ratings(store: Store, verb: Callable[[Store, int], object]) -> Iterator[Call]:
    for message_id in _replies(store):
        yield lambda: verb(store, message_id)  # noqa: B023


def _synced_pages(folder: Path) -> Iterator[Call]:
    """What a rating waits for at least: the disk."""
    with tempfile.TemporaryFile(dir=folder) as file:
        while True:
            yield lambda: (file.write(b"p" * 4096), file.flush(), os.fsync(file.fileno()))


def _undos(store: Store) -> Iterator[Call]:
    replies = _replies(store)
    while True:
        with store.transaction():
            action = store.actions.begin(1, "drop")
            store.ratings.rate(next(replies), "dropped", action_id=action.id)
        yield lambda: store.actions.undo(1)


def _kept(measure: Measure) -> bool:
    for call in islice(measure.calls, WARM_UP):
        call()
    walls, cpus = [], []
    for call in islice(measure.calls, CALLS):
        began, began_cpu = time.perf_counter(), time.process_time()
        call()
        walls.append((time.perf_counter() - began) * 1000)
        cpus.append((time.process_time() - began_cpu) * 1000)
    p95 = _p95(walls)
    kept = p95 <= measure.limit_ms
    print(
        f"{measure.name:46}{statistics.median(walls):8.2f}{p95:8.2f}{_p95(cpus):8.2f}"
        f"{max(walls):8.1f}{measure.limit_ms:8.0f}  {'' if kept else 'OVER'}",
        flush=True,
    )
    return kept


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    raise SystemExit(main())
