"""Whatever stands in another program's store, it ends in words, and what is good comes in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.errors import SourceRefused
from app.home import Home
from app.operations import sources
from app.store import Store, open_store
from app.store.sources import SourceKind
from tests.unit.app.importers.hostile import wrong_bytes, wrong_line
from tests.unit.app.operations.program_stores import (
    OpenWebUi,
    tree,
    write_jan,
    write_still,
)

CHATS, THREADS, LINES, DATABASES = 2100, 30, 70, 400
patient = hypothesis_settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
seeds = st.integers(0, 2**64 - 1)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        opened.personas.add("Sunny")
        yield opened


def look(home: Home, store: Store, kind: SourceKind, place: Path) -> sources.Looked:
    source = sources.add_source(home, store, 1, kind, place)
    try:
        return sources.look(home, store, source.id)
    finally:
        sources.remove_source(store, source.id)


def words_here(store: Store) -> set[str]:
    return {row["content"] for row in store._database.rows("SELECT content FROM messages")}


def test_wrong_chats_in_a_database_leave_the_good_ones(
    home: Home, store: Store, tmp_path: Path
) -> None:
    random = Random(7)
    web = OpenWebUi(tmp_path / "webui.db")
    chat = {
        "title": "Bees",
        "params": {"system": "Be brief."},
        "history": {"messages": tree("q", "a", "r", "b"), "currentId": "m3"},
    }
    web.put("0", tree("first", "a"))
    with web.writing() as database:
        database.executemany(
            "INSERT INTO chat (id, user_id, title, archived, created_at, updated_at, chat)"
            " VALUES (?, 'me', ?, 0, ?, ?, ?)",
            (
                (
                    f"c{number}",
                    random.choice(["t", b"\xff", 5]),
                    random.choice([1, "x", 1e300]),
                    random.choice([1, b"\xff", -(2**63)]),
                    wrong_line(chat, random),
                )
                for number in range(CHATS)
            ),
        )
    web.put("z", tree("last", "a"))
    looked = look(home, store, "open-webui", web.path)
    assert {"first", "last"} <= words_here(store)
    assert looked.result.left_out_count > CHATS // 4
    assert all(each.text.isprintable() for each in looked.result.left_out)


@hypothesis_settings(patient, max_examples=DATABASES // 20)
@given(seed=seeds)
def test_a_database_with_wrong_bytes_is_read_as_far_as_it_goes_or_refused(
    home: Home, store: Store, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    whole = tmp_path / "whole.db"
    if not whole.exists():
        web = OpenWebUi(whole)
        for number in range(30):
            web.put(f"c{number}", tree("q" * 900, "a" * 900))
        web.thumb("c1", "m1", 1)
    content = whole.read_bytes()
    for _ in range(20):
        broken = tmp_path / "webui.db"
        broken.write_bytes(wrong_bytes(content, random))
        try:
            look(home, store, "open-webui", broken)
        except SourceRefused as refused:
            assert refused.next_step and str(broken) in refused.text


@hypothesis_settings(patient, max_examples=THREADS)
@given(seed=seeds)
@example(seed=25872034)  # a system prompt that is no text
def test_wrong_lines_in_a_thread_of_jan_leave_the_good_ones(
    home: Home, store: Store, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    threads = tmp_path / f"{seed:x}" / "threads"
    folder = write_jan(threads, f"jan_{seed:x}", f"first{seed:x}", "a")
    lines = (folder / "messages.jsonl").read_bytes().splitlines()
    row = json.loads(lines[0])
    last = {**row, "content": [{"type": "text", "text": {"value": f"last{seed:x}"}}]}
    wrong = [wrong_line(row, random) for _ in range(LINES)]
    write_still(folder / "messages.jsonl", b"\n".join([*lines, *wrong, json.dumps(last).encode()]))
    facts = json.loads((folder / "thread.json").read_bytes())
    write_still(folder / "thread.json", wrong_line(facts, random))
    looked = look(home, store, "jan", threads)
    assert {f"first{seed:x}", f"last{seed:x}"} <= words_here(store)
    assert all(each.text.isprintable() for each in looked.result.left_out)
