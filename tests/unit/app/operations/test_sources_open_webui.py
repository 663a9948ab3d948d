"""Open WebUI's database is read again and again: only what is new, and never a byte written."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.errors import SourceRefused
from app.home import Home
from app.operations import sources
from app.operations.sources import Looked
from app.store import Conversation, Store, open_store
from tests.unit.app.operations.program_stores import LONG_AGO, OpenWebUi, tree


class Desk:
    """A persona, and an Open WebUI to look into."""

    def __init__(self, home: Home, store: Store, path: Path) -> None:
        self.home, self.store = home, store
        self.path = path
        self.persona_id = store.personas.add("Sunny").id

    def add(self, **choices: str) -> Looked:
        source = sources.add_source(
            self.home, self.store, self.persona_id, "open-webui", self.path, **choices
        )
        return sources.look(self.home, self.store, source.id)

    def again(self) -> Looked:
        (looked,) = sources.look_all(self.home, self.store)
        return looked

    def talks(self) -> list[Conversation]:
        found = self.store.conversations.page(self.persona_id, limit=100_000)
        return sorted(found, key=lambda talk: talk.id)

    def texts(self) -> list[list[str]]:
        path = self.store.messages.path
        return [[each.content for each in path(talk.id)] for talk in self.talks()]


@pytest.fixture
def desk(home: Home, tmp_path: Path) -> Iterator[Desk]:
    with open_store(home) as store:
        yield Desk(home, store, tmp_path / "webui.db")


@pytest.fixture
def web(desk: Desk) -> OpenWebUi:
    made = OpenWebUi(desk.path)
    made.put("c1", tree("How do bees fly?", "With short strokes."))
    return made


def test_chats_come_in_as_archive_with_prompt_model_times_and_thumbs(
    desk: Desk, web: OpenWebUi
) -> None:
    """A thumb that somebody gave there must not teach before the user has looked at it."""
    web.thumb("c1", "m1", 1)
    looked = desk.add()
    assert (looked.result.conversations, looked.result.up) == (1, 1)
    (talk,) = desk.talks()
    assert (talk.title, talk.system_prompt) == ("Chat c1", "Be brief.")
    asked, reply = desk.store.messages.path(talk.id)
    assert asked.created.startswith("2025-06-15T15:06:40")
    assert desk.store.ratings.of([reply.id])[reply.id].value == "up"
    assert list(desk.store.learnable(desk.persona_id)) == []


def test_a_second_look_finds_nothing_and_a_grown_chat_gets_its_new_messages(
    desk: Desk, web: OpenWebUi
) -> None:
    desk.add()
    assert desk.again().result.duplicates == 0
    web.put("c1", tree("How do bees fly?", "With short strokes.", "Thanks", "Gladly."), updated=2)
    web.put("c2", tree("q", "a"))
    looked = desk.again()
    assert (looked.result.conversations, looked.result.grown, looked.result.messages) == (1, 1, 4)
    assert desk.texts()[0] == ["How do bees fly?", "With short strokes.", "Thanks", "Gladly."]


def test_only_changed_chats_are_read_again(desk: Desk, web: OpenWebUi) -> None:
    web.put("c2", tree("q", "a"))
    desk.add()
    web.put("c2", tree("q", "a", "r", "b"), updated=LONG_AGO + 500)
    result = desk.again().result
    assert (result.grown, result.duplicates) == (1, 0)


def test_words_edited_there_change_nothing_here_and_what_follows_them_comes_in(
    desk: Desk, web: OpenWebUi
) -> None:
    """Otherwise every edit there would grow another branch here and take the user to it."""
    desk.add()
    web.put("c1", tree("How do bees fly?", "EDITED", "Thanks", "Gladly."), updated=2)
    looked = desk.again()
    assert (looked.edited, looked.result.messages) == (1, 2)
    assert desk.texts() == [["How do bees fly?", "With short strokes.", "Thanks", "Gladly."]]
    (talk,) = desk.talks()
    assert len(desk.store.messages.siblings(desk.store.messages.path(talk.id)[1].id)) == 1


def test_a_reply_that_was_written_again_there_comes_in_beside_the_first(
    desk: Desk, web: OpenWebUi
) -> None:
    desk.add()
    messages = tree("How do bees fly?", "With short strokes.")
    messages["m9"] = {**messages["m1"], "id": "m9", "content": "Fast.", "timestamp": LONG_AGO + 900}
    web.put("c1", messages, updated=2)
    assert desk.again().edited == 0
    (talk,) = desk.talks()
    assert len(desk.store.messages.siblings(desk.store.messages.path(talk.id)[1].id)) == 2


def test_what_is_deleted_there_stays_here(desk: Desk, web: OpenWebUi) -> None:
    web.put("c2", tree("q", "a", "r", "b"))
    desk.add()
    before = desk.texts()
    with web.writing() as database:
        database.execute("DELETE FROM chat WHERE id = 'c1'")
    web.put("c2", tree("q", "a"), updated=2)
    looked = desk.again()
    assert (looked.result.grown, looked.edited) == (0, 0)
    assert desk.texts() == before


def test_what_was_said_here_meanwhile_is_not_taken_for_an_edit(desk: Desk, web: OpenWebUi) -> None:
    desk.add()
    (talk,) = desk.talks()
    desk.store.messages.add(talk.id, talk.leaf_id, "user", "said here")
    web.put("c1", tree("How do bees fly?", "With short strokes.", "there", "ok"), updated=2)
    looked = desk.again()
    assert (looked.edited, looked.result.messages) == (0, 2)
    assert desk.texts()[0][-1] == "said here"


def test_a_thumb_given_later_comes_in(desk: Desk, web: OpenWebUi) -> None:
    desk.add()
    web.thumb("c1", "m1", -1, updated=LONG_AGO + 1)
    desk.again()
    (talk,) = desk.talks()
    reply = desk.store.messages.path(talk.id)[1].id
    assert desk.store.ratings.of([reply])[reply].value == "down"


def test_a_reply_that_is_still_being_written_is_waited_for(desk: Desk, web: OpenWebUi) -> None:
    """Half a reply would come in, and the whole one beside it as another."""
    messages = tree("q", "half a re")
    messages["m1"]["done"] = False
    now = int(time.time())
    web.put("c2", messages, updated=now)
    looked = desk.add()
    assert (looked.writing, looked.result.conversations) == (1, 1)
    web.put("c2", tree("q", "half a reply, and whole"), updated=now)
    looked = desk.again()
    assert (looked.writing, desk.texts()[1]) == (0, ["q", "half a reply, and whole"])


def test_a_reply_that_was_broken_off_long_ago_comes_in_as_it_is(desk: Desk, web: OpenWebUi) -> None:
    messages = tree("q", "half a re")
    messages["m1"]["done"] = False
    web.put("c2", messages)
    assert desk.add().result.conversations == 2


def test_other_peoples_chats_and_shared_copies_stay_out(desk: Desk, web: OpenWebUi) -> None:
    """A family shares one server; nobody's model learns from what the others said."""
    with web.writing() as database:
        database.execute("INSERT INTO user VALUES ('you', 'You', 'you@example.org', 'user')")
    web.put("shared", tree("q", "a"), user="shared-c1")
    web.put("yours", tree("not", "mine"), user="you")
    with pytest.raises(SourceRefused, match=r"2 people: me@example\.org, you@example") as refused:
        desk.add()
    assert refused.value.kind == "source_people"
    assert desk.store.sources.all() == []
    assert desk.add(user="me@example.org").result.conversations == 1
    assert [person.chats for person in sources.people_of(desk.path)] == [1, 1]


def test_somebody_who_joins_later_stays_out_too(desk: Desk) -> None:
    web = OpenWebUi(desk.path)
    desk.add()
    web.put("mine", tree("q", "a"))
    web.put("yours", tree("not", "mine"), user="you")
    looked = desk.again()
    assert looked.error is not None and looked.error.kind == "source_people"
    assert desk.texts() == []


def test_garbage_in_one_chat_keeps_no_other_back_and_is_named_once(
    desk: Desk, web: OpenWebUi
) -> None:
    ring = tree("q", "a")
    ring["m0"]["parentId"] = "m1"
    web.put("ring", ring)
    for number, words in enumerate(
        (
            b"{", b"\xff\xfe\x00", b"[" * 100_000, b"null", b'"text"', b"", b'{"history": 5}',
            b'{"history": {"messages": {"a": {"role": ["x"], "content": {}}}}}',
            b'{"history": {"messages": {"a": null}}}', b'{"a": 1e999999, "a": ' + b"9" * 5000,
        )
    ):  # fmt: skip
        web.put_raw(f"bad{number}", words)
    web.put("good", tree("after", "all"))
    with web.writing() as database:
        database.execute("INSERT INTO feedback VALUES ('x','','','','{', x'ff', '', 1, 'soon')")
    looked = desk.add()
    assert looked.result.conversations == 2
    assert looked.result.left_out_count >= 10
    assert any(each.file == "Chat bad0" for each in looked.result.left_out)
    web.put("c3", tree("q", "a"))
    assert (result := desk.again().result).left_out_count == 0 and result.conversations == 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "source_damaged"),
        (b"this is no database at all, but a long enough text", "source_damaged"),
        (b"SQLite format 3\0" + b"\0" * 4000, "source_damaged"),
        (None, "source_missing"),
    ],
)
def test_what_is_no_database_is_refused_in_a_sentence(
    desk: Desk, content: bytes | None, kind: str
) -> None:
    if content is not None:
        desk.path.write_bytes(content)
    with pytest.raises(SourceRefused) as refused:
        desk.add()
    assert refused.value.kind == kind
    assert str(desk.path) in refused.value.text


def test_a_half_copied_database_is_refused_and_taken_in_once_it_is_whole(
    desk: Desk, web: OpenWebUi
) -> None:
    for number in range(50):
        web.put(f"more{number}", tree("q" * 3000, "a" * 3000))
    desk.add()
    whole = desk.path.read_bytes()
    desk.path.write_bytes(whole[: len(whole) // 3])
    looked = desk.again()
    assert looked.error is not None and looked.error.kind == "source_damaged"
    assert len(desk.talks()) == 51
    desk.path.write_bytes(whole)
    assert desk.again().error is None


def test_a_database_of_another_program_or_version_is_named(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.path)) as database:
        database.execute("CREATE TABLE chat (key TEXT, body TEXT)")
    with pytest.raises(SourceRefused, match="holds no chats as Open WebUI keeps them"):
        desk.add()


def test_the_first_versions_with_one_timestamp_and_no_feedback_are_read(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.path)) as database, database:
        database.execute(
            "CREATE TABLE chat (id TEXT PRIMARY KEY, user_id TEXT, title TEXT, chat TEXT,"
            " timestamp DATE)"
        )
        words = json.dumps({"history": {"messages": tree("q", "a"), "currentId": "m1"}})
        database.execute("INSERT INTO chat VALUES ('old', 'me', 'Old', ?, 1700000000)", (words,))
    assert desk.add().result.conversations == 1
    assert desk.talks()[0].created.startswith("2023-11-14")


def test_a_locked_database_is_tried_again_next_time(
    desk: Desk, web: OpenWebUi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.foreign._BUSY_TIMEOUT_S", 0.1)
    desk.add()
    web.put("c2", tree("q", "a"))
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        looked = desk.again()
        writer.execute("ROLLBACK")
    assert looked.error is not None and looked.error.kind == "source_locked"
    assert desk.again().result.conversations == 1


def test_one_store_that_is_gone_keeps_no_other_back(
    desk: Desk, web: OpenWebUi, tmp_path: Path
) -> None:
    desk.add()
    other = OpenWebUi(tmp_path / "other.db")
    sources.add_source(desk.home, desk.store, desk.persona_id, "open-webui", other.path)
    desk.path.unlink()
    other.put("x", tree("q", "a"))
    gone, here = sources.look_all(desk.home, desk.store)
    assert gone.error is not None and gone.error.kind == "source_missing"
    assert here.result.conversations == 1


def test_a_look_that_was_stopped_goes_on_next_time(desk: Desk, web: OpenWebUi) -> None:
    for number in range(20):
        web.put(f"n{number}", tree("q", str(number)))
    source = sources.add_source(desk.home, desk.store, desk.persona_id, "open-webui", desk.path)
    looked = sources.look(desk.home, desk.store, source.id, stop=lambda: True)
    assert looked.result.stopped and desk.talks() == []
    assert desk.again().result.conversations == 21


def test_a_removed_source_is_looked_into_no_more_and_what_came_in_stays(
    desk: Desk, web: OpenWebUi
) -> None:
    looked = desk.add()
    sources.remove_source(desk.store, looked.source.id)
    web.put("c2", tree("q", "a"))
    assert sources.look_all(desk.home, desk.store) == ()
    assert len(desk.talks()) == 1


def test_of_chats_with_nothing_new_no_word_is_read(desk: Desk) -> None:
    """Thousands of them are looked through every minute."""
    web = OpenWebUi(desk.path)
    words = "not even JSON"
    rows = ((f"{n:036}", "me", "t", 0, LONG_AGO, LONG_AGO, words) for n in range(10_000))
    with web.writing() as database:
        database.executemany(
            "INSERT INTO chat (id, user_id, title, archived, created_at, updated_at, chat)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    marks = {f"{n:036}": str(LONG_AGO) for n in range(10_000)}
    source = sources.add_source(desk.home, desk.store, desk.persona_id, "open-webui", desk.path)
    desk.store.sources.set_state(source.id, {"marks": marks, "user": "me"})
    for _ in range(2):
        result = desk.again().result
        assert (result.conversations, result.duplicates, result.left_out_count) == (0, 0, 0)


def test_what_open_webui_says_to_itself_stays_there(desk: Desk, web: OpenWebUi) -> None:
    """Its tasks are chats that nobody had, with prompts that nobody wrote."""
    for chat_id, meta in (
        ("task", '{"internal": true}'),
        ("c2", '{"tags": []}'),
        ("c3", "{broken"),
    ):
        web.put(chat_id, tree(f"question of {chat_id}", "reply"))
        with web.writing() as database:
            database.execute("UPDATE chat SET meta = ? WHERE id = ?", (meta, chat_id))
    assert desk.add().result.conversations == 3
    assert "question of task" not in str(desk.texts())
