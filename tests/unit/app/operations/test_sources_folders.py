"""LM Studio's and Jan's folders, and one that is watched: looked into again, only what is new."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import SourceRefused
from app.home import Home
from app.importers import changed_files
from app.operations import sources
from app.operations.archive import export_archive
from app.operations.sources import Looked
from app.store import Conversation, Message, Store, open_store
from app.store.sources import SourceKind
from tests.unit.app.importers.desk import said
from tests.unit.app.operations.program_stores import (
    LONG_AGO,
    age,
    lm_reply,
    lm_studio,
    write_jan,
    write_still,
)


class Desk:
    """A persona, and a folder to look into."""

    def __init__(self, home: Home, store: Store, folder: Path) -> None:
        self.home, self.store, self.folder = home, store, folder
        self.persona_id = store.personas.add("Sunny").id

    def add(self, kind: SourceKind = "folder", place: Path | None = None) -> Looked:
        place = place or self.folder
        source = sources.add_source(self.home, self.store, self.persona_id, kind, place)
        return sources.look(self.home, self.store, source.id)

    def again(self, **choices: Any) -> Looked:
        (looked,) = sources.look_all(self.home, self.store, **choices)
        return looked

    def talks(self) -> list[Conversation]:
        found = self.store.conversations.page(self.persona_id, limit=100_000)
        return sorted(found, key=lambda talk: talk.id)

    def path_of(self, number: int = 0) -> list[Message]:
        return self.store.messages.path(self.talks()[number].id)

    def texts(self) -> list[list[str]]:
        return [[each.content for each in self.path_of(n)] for n in range(len(self.talks()))]


@pytest.fixture
def desk(home: Home, tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "files"
    folder.mkdir()
    with open_store(home) as store:
        yield Desk(home, store, folder)


def test_an_lm_studio_conversation_comes_in_with_its_versions_and_without_thoughts(
    desk: Desk,
) -> None:
    row = lm_studio(("How do bees fly?", "With short strokes."))
    row["messages"][1]["versions"].insert(0, lm_reply("By magic.", LONG_AGO * 1000 + 2000))
    row["messages"][1]["currentlySelected"] = 1
    place = desk.folder / "home"
    write_still(place / "conversations" / "Nature" / "1.conversation.json", row)
    assert desk.add("lm-studio", place).result.conversations == 1
    (talk,) = desk.talks()
    assert (talk.title, talk.system_prompt) == ("Bees", "Be brief.")
    asked, reply = desk.path_of()
    assert (asked.content, reply.content) == ("How do bees fly?", "With short strokes.")
    assert [each.content for each in desk.store.messages.siblings(reply.id)] == [
        "By magic.", "With short strokes.",
    ]  # fmt: skip
    assert asked.created < reply.created


def test_lm_studio_rewrites_its_file_and_only_what_is_new_comes_in(desk: Desk) -> None:
    path = desk.folder / "conversations" / "1.conversation.json"
    write_still(path, lm_studio(("q", "a")))
    desk.add("lm-studio")
    assert desk.again().result.duplicates == 0
    grown = lm_studio(("q", "EDITED"), ("r", "b"))
    write_still(path, grown)
    looked = desk.again()
    assert (looked.edited, looked.result.grown, looked.result.messages) == (1, 1, 2)
    assert desk.texts() == [["q", "a", "r", "b"]]
    path.unlink()
    assert desk.again().error is None
    assert desk.texts() == [["q", "a", "r", "b"]]


@pytest.mark.parametrize(
    "change",
    [
        {"messages": [{"versions": []}]},
        {"messages": [{"versions": [{"role": "user"}], "currentlySelected": 9}]},
        {"messages": [5]},
        {"messages": {"a": 1}},
        {"createdAt": "never", "perChatPredictionConfig": {"fields": [5, {"key": []}]}},
        {"name": ["x"], "messages": [{"versions": [{"role": ["user"], "steps": [[]]}]}]},
        {"systemPrompt": {"a": 1}},
    ],
)
def test_a_broken_lm_studio_file_keeps_no_other_back(desk: Desk, change: dict[str, Any]) -> None:
    place = desk.folder / "conversations"
    write_still(place / "a.conversation.json", {**lm_studio(("q", "a")), **change})
    write_still(place / "b.conversation.json", lm_studio(("r", "b"), begun=LONG_AGO * 1000 + 9))
    desk.add("lm-studio")
    assert ["r", "b"] in desk.texts()


def test_a_jan_thread_comes_in_with_title_prompt_model_and_times(desk: Desk) -> None:
    write_jan(desk.folder / "threads", "jan_1", "How do bees fly?", "With short strokes.")
    assert desk.add("jan").result.conversations == 1
    (talk,) = desk.talks()
    assert (talk.title, talk.system_prompt) == ("Thread jan_1", "Be brief.")
    assert desk.path_of()[0].created.startswith("2025-06-15")
    rows = desk.store._database.rows("SELECT sampling FROM messages ORDER BY id")
    assert json.loads(rows[1]["sampling"]) == {"model": "llama3.2-3b-instruct"}


def test_a_jan_thread_that_grew_gets_its_new_messages_and_keeps_its_words(desk: Desk) -> None:
    threads = desk.folder / "threads"
    write_jan(threads, "jan_1", "q", "a")
    write_jan(threads, "jan_2", "other", "talk")
    desk.add("jan")
    assert desk.again().result.duplicates == 0
    write_jan(threads, "jan_1", "q", "EDITED", "r", "b")
    looked = desk.again()
    assert (looked.edited, looked.result.grown, looked.result.duplicates) == (1, 1, 0)
    assert desk.texts() == [["q", "a", "r", "b"], ["other", "talk"]]


def test_half_of_a_jan_thread_is_read_as_far_as_it_goes(desk: Desk) -> None:
    folder = write_jan(desk.folder / "threads", "jan_1", "q", "a", "r", "b")
    lines = (folder / "messages.jsonl").read_bytes()
    write_still(folder / "messages.jsonl", lines[:-40] + b"\xff")
    (folder / "thread.json").write_bytes(b'{"title": ')
    age(folder / "thread.json", 10)
    looked = desk.add("jan")
    assert [each.place for each in looked.result.left_out] == ["line 4"]
    assert desk.texts() == [["q", "a", "r"]]
    write_jan(desk.folder / "threads", "jan_1", "q", "a", "r", "b")
    assert desk.again().result.messages == 1
    assert desk.texts() == [["q", "a", "r", "b"]]


def test_a_thread_without_messages_says_nothing(desk: Desk) -> None:
    write_still(desk.folder / "threads" / "x" / "thread.json", {"object": "thread", "id": "x"})
    result = desk.add("jan").result
    assert (result.conversations, result.left_out_count) == (0, 0)


def test_files_that_appear_in_a_watched_folder_come_in_whatever_their_format(desk: Desk) -> None:
    desk.add()
    write_still(desk.folder / "a.jsonl", said("q", "a"))
    write_still(desk.folder / "deep" / "er" / "b.json", [lm_studio(("r", "b"))])
    write_jan(desk.folder, "jan_1", "s", "c")
    write_still(desk.folder / "picture.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    write_still(desk.folder / "notes.txt", "nothing of a conversation")
    looked = desk.again()
    assert (looked.result.conversations, looked.result.left_out_count) == (3, 0)
    assert sorted(desk.texts()) == [["q", "a"], ["r", "b"], ["s", "c"]]
    assert desk.again().result.documents == ()


def test_files_are_neither_moved_nor_changed_nor_deleted(desk: Desk) -> None:
    write_still(desk.folder / "a.jsonl", said("q", "a"))
    write_still(desk.folder / "bad.json", "{")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in _files(desk.folder)}
    desk.add()
    desk.again()
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in _files(desk.folder)
    }


def test_a_file_that_is_being_written_is_left_until_it_is_still(desk: Desk) -> None:
    path = write_still(desk.folder / "a.jsonl", said("q", "a"))
    age(path, 0.5)
    looked = desk.add()
    assert (looked.writing, looked.result.conversations) == (1, 0)
    age(path, 2.5)
    looked = desk.again()
    assert (looked.writing, looked.result.conversations) == (0, 1)
    with path.open("ab") as file:
        file.write(b"\n" + json.dumps(said("r", "b")).encode())
    assert desk.again().writing == 1
    age(path, 3)
    assert desk.again().result.conversations == 1


def test_with_patience_a_file_that_was_saved_just_now_comes_in_at_once(desk: Desk) -> None:
    desk.add()
    path = write_still(desk.folder / "a.jsonl", said("q", "a"))
    age(path, 0.1)
    assert desk.again(patient=True).result.conversations == 1


def test_a_time_in_the_future_keeps_no_file_out(desk: Desk) -> None:
    """A camera's clock, or another time zone on a stick."""
    age(write_still(desk.folder / "a.jsonl", said("q", "a")), -7200)
    assert desk.add().result.conversations == 1


def test_what_cannot_be_read_is_named_once_and_again_when_it_changed(desk: Desk) -> None:
    bad = write_still(desk.folder / "bad.jsonl", "{\n{")
    assert desk.add().result.left_out_count == 1
    assert desk.again().result.left_out_count == 0
    write_still(bad, "{{{\n{")
    assert desk.again().result.left_out_count == 1


def test_a_file_that_may_not_be_read_is_named_once_and_comes_in_when_it_may(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rights can change without the file changing."""
    path = write_still(desk.folder / "a.jsonl", said("q", "a"))
    real = Path.open

    def refuse(self: Path, *more: Any, **named: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return real(self, *more, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        (left_out,) = desk.add().result.left_out
        assert left_out.text == "a.jsonl: it cannot be read: Permission denied"
        assert desk.again().result.left_out_count == 0
    assert desk.again().result.conversations == 1


def test_cards_and_archives_of_personas_are_named_and_left_alone(desk: Desk) -> None:
    """Somebody else's words would become this persona's."""
    card = {"name": "Ada", "description": "x", "personality": "", "scenario": "",
            "first_mes": "Hello you", "mes_example": ""}  # fmt: skip
    write_still(desk.folder / "card.json", card)
    talk = desk.store.conversations.add(desk.persona_id, "")
    asked = desk.store.messages.add(talk.id, None, "user", "q")
    desk.store.messages.add(talk.id, asked.id, "assistant", "a")
    before = desk.texts()
    made = desk.folder / "sunny.perennial.zip"
    _export_archive(desk, made)
    age(made, 10)
    looked = desk.add()
    reasons = sorted(each.reason for each in looked.result.left_out)
    assert len(reasons) == 2 and all("import it by itself" in reason for reason in reasons)
    assert desk.texts() == before


def test_links_and_their_loops_are_not_followed(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write_still(outside / "a.jsonl", said("secret", "x"))
    (desk.folder / "round").symlink_to(desk.folder, target_is_directory=True)
    (desk.folder / "out").symlink_to(outside, target_is_directory=True)
    (desk.folder / "out.jsonl").symlink_to(outside / "a.jsonl")
    (desk.folder / "gone").symlink_to(desk.folder / "nothing")
    os.mkfifo(desk.folder / "pipe.jsonl")
    write_still(desk.folder / "own.jsonl", said("q", "a"))
    assert desk.add().result.conversations == 1
    assert desk.texts() == [["q", "a"]]


def test_a_folder_that_goes_away_and_comes_back_brings_nothing_twice(
    desk: Desk, tmp_path: Path
) -> None:
    write_still(desk.folder / "a.jsonl", said("q", "a"))
    desk.add()
    shutil.move(desk.folder, tmp_path / "unplugged")
    looked = desk.again()
    assert looked.error is not None and looked.error.kind == "source_missing"
    assert str(desk.folder) in str(looked.error)
    shutil.move(tmp_path / "unplugged", desk.folder)
    write_still(desk.folder / "b.jsonl", said("r", "b"))
    result = desk.again().result
    assert (result.conversations, result.duplicates) == (1, 0)


def test_a_folder_that_goes_away_while_it_is_looked_into_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_still(desk.folder / "deep" / "a.jsonl", said("q", "a"))
    desk.add()
    real = os.scandir

    def scandir(path: Any) -> Any:
        found = real(path)
        if Path(path) == desk.folder:
            desk.folder.rename(desk.folder.with_name("unplugged"))
        return found

    state = desk.store.sources.state(desk.store.sources.all()[0].id)
    monkeypatch.setattr(os, "scandir", scandir)
    assert desk.again().error is not None
    assert desk.store.sources.state(desk.store.sources.all()[0].id) == state


def test_the_home_itself_is_never_taken_in(desk: Desk) -> None:
    """A run's training data would come in as conversations, and teach a second time."""
    write_still(desk.home.runs / "r1" / "data" / "train.jsonl", said("q", "a"))
    assert desk.add(place=desk.home.root.parent).result.conversations == 0
    for place in (desk.home.root, desk.home.runs):
        with pytest.raises(SourceRefused, match="belongs to Perennial itself"):
            desk.add(place=place)


def test_hidden_files_are_passed_over(desk: Desk) -> None:
    write_still(desk.folder / ".cache" / "a.jsonl", said("q", "a"))
    write_still(desk.folder / ".a.jsonl", said("q", "a"))
    assert desk.add().result.conversations == 0


def test_names_of_files_are_kept_nowhere_and_need_not_be_text(desk: Desk) -> None:
    """A file's name may quote what somebody wants to forget."""
    write_still(desk.folder / "my secret diary.jsonl", said("q", "a"))
    write_still(desk.folder / os.fsdecode(b"broken-\xff.jsonl"), said("r", "b"))
    write_still(desk.folder / os.fsdecode(b"bad-\xff.json"), "{")
    looked = desk.add()
    assert looked.result.conversations == 2
    assert all(each.text.encode() for each in looked.result.left_out)
    row = desk.store._database.first("SELECT state FROM sources")
    assert row is not None and "secret" not in row["state"]


def test_of_a_hundred_thousand_files_with_nothing_new_none_is_opened(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody will watch a folder like that; the window's thread must not hang on it."""
    entries = {f"{n // 1000}/f{n}.jsonl" for n in range(100_000)}
    facts = os.stat_result((0o100644, 1, 1, 1, 0, 0, 100, 1000, 1000, 1000))

    def files(_root: Path, _but: Path | None) -> Iterator[tuple[str, str, str, os.stat_result]]:
        for each in entries:
            below, _, name = each.partition("/")
            yield each, below, name, facts

    monkeypatch.setattr(changed_files, "_files", files)
    source = sources.add_source(desk.home, desk.store, desk.persona_id, "folder", desk.folder)
    looked = changed_files.look_into(desk.folder, {}, lambda below, name: f"{below}/{name}")
    marks = {each.key: each.mark for each in looked.changed}
    assert len(marks) == 100_000
    desk.store.sources.set_state(source.id, {"marks": marks})
    looked_again = desk.again().result
    assert (looked_again.documents, looked_again.left_out_count) == ((), 0)


def test_a_folder_without_end_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed_files, "MAX_FILES", 20)
    for number in range(21):
        write_still(desk.folder / f"{number}.jsonl", said("q", str(number)))
    with pytest.raises(SourceRefused) as refused:
        desk.add()
    assert refused.value.kind == "source_many"
    assert desk.talks() == []


def test_what_was_forgotten_here_does_not_come_back_when_its_file_grows(desk: Desk) -> None:
    """It was forgotten for good; a folder that is looked into every minute must not undo that."""
    from app.operations import forgetting

    secret = "the code of my bank card is four seven one one"
    rows = [said("q", "a"), said(secret, "I will not tell anybody about that.")]
    path = desk.folder / "a.jsonl"
    write_still(path, "\n".join(map(json.dumps, rows)))
    desk.add()
    found = forgetting.find_sentence(desk.store, secret)
    plan = forgetting.plan_conversations(desk.home, desk.store, found)
    forgetting.forget(desk.home, desk.store, plan)
    write_still(path, "\n".join(map(json.dumps, [*rows, said("r", "b")])))
    assert desk.again().result.conversations == 1
    assert desk.texts() == [["q", "a"], ["r", "b"]]


def test_programs_are_found_in_their_usual_places(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = tmp_path / "user"
    user.mkdir()
    monkeypatch.setenv("HOME", str(user))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert [each for each in sources.programs() if each.place.is_relative_to(user)] == []
    with pytest.raises(SourceRefused, match="LM Studio was not found"):
        sources.add_source(desk.home, desk.store, desk.persona_id, "lm-studio")
    moved = tmp_path / "disk" / "lmstudio"
    write_still(moved / "conversations" / "1.conversation.json", lm_studio(("q", "a")))
    (user / ".lmstudio-home-pointer").write_text(f"{moved}\n")
    write_jan(tmp_path / "jan-data" / "threads", "jan_1", "q", "a")
    settings = {"data_folder": str(tmp_path / "jan-data")}
    write_still(user / ".config" / "Jan" / "settings.json", settings)
    packaged = user / ".local/share/uv/tools/open-webui/lib/python3.11/site-packages"
    write_still(packaged / "open_webui" / "data" / "webui.db", "x")
    found = {each.kind: each.place for each in sources.programs()}
    assert found["lm-studio"] == moved / "conversations"
    assert found["jan"] == tmp_path / "jan-data" / "threads"
    assert found["open-webui"] == packaged / "open_webui" / "data" / "webui.db"
    source = sources.add_source(desk.home, desk.store, desk.persona_id, "lm-studio")
    assert sources.look(desk.home, desk.store, source.id).result.conversations == 1
    for garbage in (b"\xff\0", b"[" * 60_000, b'{"data_folder": "\\u0000"}', b'{"data_folder": 5}'):
        (user / ".config" / "Jan" / "settings.json").write_bytes(garbage)
        assert "jan" not in {each.kind for each in sources.programs()}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _export_archive(desk: Desk, path: Path) -> None:
    export_archive(desk.home, desk.store, desk.store.personas.get(desk.persona_id), path)
