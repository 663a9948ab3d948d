"""An import can be repeated, go on where it was killed, be stopped, or be all or nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from app.errors import ImportRefused
from app.home import open_home
from app.importers.reading import ImportProgress
from app.operations import importing, reviewing
from app.store import open_store
from tests.unit.app.importers import shapes
from tests.unit.app.importers.desk import Desk, said

ROOT = Path(__file__).parents[4]


def test_a_conversation_that_has_grown_gets_only_what_is_new(desk: Desk) -> None:
    """An export taken every month would otherwise hold every talk many times."""
    row = shapes.chatgpt()
    path = desk.file("conversations.json", [row])
    desk.take(path)
    row["mapping"]["a3"] = shapes.chatgpt_node("a3", "q2", "assistant", "You are welcome.")
    row["mapping"]["a4"] = shapes.chatgpt_node("a4", "q", "assistant", "Like helicopters.")
    row |= {"current_node": "a3", "update_time": 1_700_009_999.0}
    desk.file("conversations.json", [row])
    preview = desk.preview(path)
    result = desk.take(path)
    assert (result.conversations, result.grown, result.messages) == (0, 1, 2)
    assert preview == result
    (talk,) = desk.conversations()
    assert [each.content for each in desk.path_of(talk)][-1] == "You are welcome."
    assert len(desk.store.messages.siblings(desk.path_of(talk)[1].id)) == 3
    assert desk.take(path).duplicates == 1


def test_a_preview_of_several_exports_counts_each_conversation_once(desk: Desk) -> None:
    """Who drops a year of monthly exports would be told of many times what comes in."""
    row = shapes.chatgpt()
    first = desk.file("may.json", [row])
    row["mapping"]["a3"] = shapes.chatgpt_node("a3", "q2", "assistant", "You are welcome.")
    row["current_node"] = "a3"
    second = desk.file("june.json", [row])
    lines = (said("q", "a"), said("q", "a", "r", "b"), said("q", "a"), said("q", "a", "s", "c"))
    third = desk.file("rows.jsonl", b"\n".join(json.dumps(line).encode() for line in lines))
    exports = (first, second, third, first)
    preview = desk.preview(*exports)
    result = desk.take(*exports)
    assert (result.conversations, result.grown, result.duplicates) == (3, 2, 2)
    assert preview == result
    assert desk.preview(*exports).conversations == 0


def test_a_talk_that_went_on_here_stays_where_the_user_is(desk: Desk) -> None:
    row = shapes.chatgpt()
    path = desk.file("conversations.json", [row])
    desk.take(path)
    (talk,) = desk.conversations()
    mine = desk.store.messages.add(talk.id, talk.leaf_id, "assistant", "said here")
    row["mapping"]["a3"] = shapes.chatgpt_node("a3", "q2", "assistant", "said there")
    row["current_node"] = "a3"
    desk.file("conversations.json", [row])
    assert desk.take(path).grown == 1
    assert desk.path_of(talk)[-1].id == mine.id


def test_a_row_without_a_name_that_goes_on_is_the_same_conversation(desk: Desk) -> None:
    desk.bring(said("q", "a"))
    result = desk.bring(said("q", "a", "q2", "b"))
    assert (result.conversations, result.grown) == (0, 1)
    assert desk.texts() == [["q", "a", "q2", "b"]]
    assert desk.bring(said("q", "a")).duplicates == 1
    assert desk.bring(said("q", "a", "q2", "b")).duplicates == 1


def test_a_row_without_a_name_that_goes_another_way_is_another_conversation(desk: Desk) -> None:
    """Sets of examples begin alike; as branches of one talk all but one would teach nothing."""
    rows = [said("hi", "hello"), said("hi", "hello", "q", "a"), said("hi", "hello", "r", "b")]
    desk.bring(*rows)
    assert desk.texts() == [["hi", "hello", "q", "a"], ["hi", "hello", "r", "b"]]


def test_a_new_thumb_in_the_source_comes_in_and_the_users_own_word_stays(desk: Desk) -> None:
    row = said("q", "a")
    desk.bring(row)
    desk.bring({**row, "rating": "up"})
    (talk,) = desk.conversations()
    reply = desk.path_of(talk)[1].id
    assert desk.store.ratings.of([reply])[reply].value == "up"
    desk.bring({**row, "rating": "up"})
    assert len(desk.rows()["ratings"]) == 1
    desk.store.ratings.rate(reply, "down")
    desk.bring({**row, "rating": "up", "correction": "x"})
    assert desk.store.ratings.of([reply])[reply].value == "down"


def test_the_reason_of_a_thumb_comes_in_when_it_is_given_later(desk: Desk) -> None:
    """A thumb is one click, its reason another: between them an import may look."""
    row = said("q", "a", rating="down")
    desk.bring(row)
    (talk,) = desk.conversations()
    reply = desk.path_of(talk)[1].id
    desk.bring({**row, "reasons": ["too_long"], "comment": "half would do"})
    desk.bring({**row, "reasons": ["too_long"], "comment": "half would do"})
    desk.bring(row)
    rating = desk.store.ratings.of([reply])[reply]
    assert (rating.reasons, rating.comment) == (("too_long",), "half would do")
    assert len(desk.rows()["ratings"]) == 2


def test_what_was_masked_here_does_not_come_back_with_the_next_import(desk: Desk) -> None:
    row = said("whom?", "nobody", rating="up", correction="ask anna@firma.com")
    desk.bring(row)
    (talk,) = desk.conversations()
    reply = desk.path_of(talk)[1].id
    reviewing.mask(desk.store, desk.persona_id, [reply])
    desk.bring(row)
    assert desk.store.ratings.of([reply])[reply].correction == "ask [email]"


def test_an_archive_can_be_declared_reviewed_later(desk: Desk) -> None:
    desk.bring(said("q", "a", rating="up"))
    assert desk.turns() == []
    desk.bring(said("q", "a", rating="up"), reviewed=True)
    assert desk.turns()[0][1].rating == "up"


def test_what_came_in_is_found_by_search(desk: Desk) -> None:
    desk.bring(said("어제 도서관에서 만났어", "a lighthouse"))
    found = [desk.store.search.find(words) for words in ("서관", "lighthouse")]
    assert [len(hits) for hits in found] == [1, 1]


def test_whole_means_that_nothing_changes_when_anything_is_wrong(desk: Desk) -> None:
    before = desk.rows()
    with pytest.raises(ImportRefused, match=r"month\.jsonl, line 3: not valid JSON") as refused:
        desk.bring(said("q", "a"), said("q", "b"), b"{", said("q", "c"), whole=True)
    assert refused.value.kept == "Nothing was changed."
    assert desk.rows() == before
    assert desk.bring(said("q", "a"), said("q", "b"), whole=True).conversations == 2


def test_whole_holds_over_many_chunks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CONVERSATIONS_A_CHUNK", 3)
    before = desk.rows()
    with pytest.raises(ImportRefused, match="line 11"):
        desk.bring(*(said("q", str(n)) for n in range(10)), b"{", whole=True)
    assert desk.rows() == before


def test_progress_goes_up_to_the_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.importers.reading._PROGRESS_EVERY_S", 0.0)
    told: list[ImportProgress] = []
    desk.bring(*(said("q", str(n)) for n in range(50)), progress=told.append)
    done = [each.done_bytes for each in told]
    assert done == sorted(done) and len(done) > 10
    assert done[-1] == told[-1].total_bytes == desk.path.stat().st_size
    assert told[-1].file == "month.jsonl"


def test_a_stopped_import_keeps_what_came_in_and_goes_on_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CONVERSATIONS_A_CHUNK", 5)
    lines = [said("q", str(n)) for n in range(40)]
    looks = Counter[str]()

    def stop() -> bool:
        looks["n"] += 1
        return looks["n"] > 20

    result = desk.bring(*lines, stop=stop)
    assert result.stopped
    assert 0 < result.conversations < 40
    assert result.conversations == len(desk.conversations())
    again = desk.bring(*lines)
    assert again.conversations + result.conversations == 40


def test_a_stopped_import_that_was_to_be_whole_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(ImportRefused) as refused:
        desk.bring(said("q", "a"), whole=True, stop=lambda: True)
    assert refused.value.kind == "import_stopped"
    assert desk.conversations() == []


def test_an_import_that_was_killed_goes_on(tmp_path: Path) -> None:
    """A laptop that sleeps or a window that is closed may cost time, never conversations."""
    path = tmp_path / "month.jsonl"
    rows = (said(f"q{n}", f"a{n}", f"r{n}", f"b{n}", rating="up") for n in range(300))
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    home = open_home(tmp_path / "home")
    with open_store(home) as store:
        persona_id = store.personas.add("Sunny").id
    script = (
        "import os, sys; from pathlib import Path\n"
        "from app.home import open_home; from app.store import open_store\n"
        "from app.operations import importing\n"
        "from app.store.search import index_terms\n"
        "import app.store.intake as intake\n"
        "importing.CONVERSATIONS_A_CHUNK = 50\n"
        "seen = []\n"
        "def terms(text):\n"
        "    seen.append(text)\n"
        "    if len(seen) > 500: os.kill(os.getpid(), 9)\n"
        "    return index_terms(text)\n"
        "intake.index_terms = terms\n"
        "with open_store(open_home(Path(sys.argv[1]))) as store:\n"
        "    importing.import_files(store, int(sys.argv[2]), [Path(sys.argv[3])])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(home.root), str(persona_id), str(path)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, capture_output=True,
    )  # fmt: skip
    assert ended.returncode == -9
    with open_store(home) as store:
        desk = Desk.__new__(Desk)
        desk.store, desk.persona_id = store, persona_id
        assert len(desk.conversations()) == 100
        result = importing.import_files(store, persona_id, [path])
        assert (result.conversations, result.duplicates) == (200, 100)
        assert len({tuple(texts) for texts in desk.texts()}) == 300
        assert all(len(texts) == 4 for texts in desk.texts())
        rows_of = desk.rows()
        assert (len(rows_of["ratings"]), len(rows_of["message_index"])) == (300, 1200)


def test_ids_are_never_given_twice(desk: Desk) -> None:
    """A run remembers what it learned from by message id."""
    desk.bring(said("q", "a"))
    (talk,) = desk.conversations()
    last = desk.path_of(talk)[-1].id
    desk.store.conversations.delete(talk.id)
    desk.bring(said("r", "b"))
    assert desk.path_of(desk.conversations()[0])[0].id == last + 1
    conversation = desk.store.conversations.add(desk.persona_id, "")
    assert desk.store.messages.add(conversation.id, None, "user", "x").id == last + 3
