"""What was forgotten would come back with the next import, or more would be lost, without these."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app import cli
from app.forgetting.journal import Task, write
from app.gui.import_words import coming_words, more_words
from app.home import Home, open_home
from app.importers.tally import ImportResult
from app.operations import forgetting, sources
from app.operations.archive import export_archive, import_archive
from app.operations.exporting import ExportFormat, What, export
from app.operations.importing import import_files
from app.store import Store, open_store, withholding
from app.store.arriving import ArrivingConversation, ArrivingMessage, without
from app.store.tombstones import LEAST_CHARACTERS
from tests.unit.app.forgetting.conftest import ENGLISH, KOREAN, remains
from tests.unit.app.importers import shapes
from tests.unit.app.importers.desk import Desk, said

OTHER = said("What is moss, and where does it grow?", "A small plant that likes wet stones.")
SECRET = said(ENGLISH, "Noted, I will not tell.", KOREAN, "그 열쇠 이야기는 잊지 않겠습니다.")


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "files"
    folder.mkdir()
    yield Desk(store, folder)


def forget(home: Home, desk: Desk, *conversation_ids: int, text: str = "") -> None:
    plan = forgetting.plan_conversations(home, desk.store, conversation_ids, text)
    forgetting.forget(home, desk.store, plan)


def forget_message(home: Home, desk: Desk, message_id: int) -> None:
    forgetting.forget(home, desk.store, forgetting.plan_message(home, desk.store, message_id))


def first(desk: Desk) -> int:
    return desk.conversations()[0].id


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.conversations, result.grown, result.duplicates, result.forgotten


def bees(*more: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    """An export of one talk, with messages more: key, parent, role and text."""
    row = shapes.chatgpt()
    for key, parent, role, text in more:
        row["mapping"][key] = shapes.chatgpt_node(key, parent, role, text)
        row["current_node"] = key
    return [row]


def test_forgotten_conversation_stays_out_and_the_rest_comes_in(home: Home, desk: Desk) -> None:
    desk.bring(SECRET)
    forget(home, desk, first(desk))
    path = desk.file("month.jsonl", b"\n".join(json.dumps(row).encode() for row in (SECRET, OTHER)))
    preview = desk.preview(path)
    result = desk.take(path)
    assert counts(result) == (1, 0, 0, 4) and preview == result
    assert [each.said[0][1] for each in preview.glimpses] == [
        "What is moss, and where does it grow?"
    ]
    assert desk.texts() == [[message["content"] for message in OTHER["messages"]]]
    assert desk.bring(SECRET, OTHER).duplicates == 1
    assert remains(home, (ENGLISH, KOREAN)) == []


def test_forgotten_conversation_that_goes_on_elsewhere_stays_out(home: Home, desk: Desk) -> None:
    """None of its words is long enough to be known by itself: its name and its growth are."""
    path = desk.file("conversations.json", bees())
    desk.bring(said("hi", "hello", "pin?", "4711"))
    desk.take(path)
    forget(home, desk, *(talk.id for talk in desk.conversations()))
    desk.file("conversations.json", bees(("a3", "q2", "assistant", "You are welcome.")))
    assert counts(desk.take(path)) == (0, 0, 0, 5)
    assert counts(desk.bring(said("hi", "hello", "pin?", "4711", "ok", "good"))) == (0, 0, 0, 6)
    assert desk.conversations() == []


def test_older_and_shorter_file_of_a_forgotten_conversation_stays_out(
    home: Home, desk: Desk
) -> None:
    desk.bring(said("hi", "hello", "pin?", "4711"))
    desk.bring(said("hi", "hello", "pin?", "4711", "ok", "good"))
    forget(home, desk, first(desk))
    for length in (2, 4, 6):
        row = said(*("hi", "hello", "pin?", "4711", "ok", "good")[:length])
        assert counts(desk.bring(row)) == (0, 0, 0, length)


def test_conversation_that_only_begins_like_a_forgotten_one_comes_in(
    home: Home, desk: Desk
) -> None:
    """Half the world begins with hi and hello."""
    desk.bring(said("hi", "hello", "pin?", "4711"))
    forget(home, desk, first(desk))
    assert counts(desk.bring(said("hi", "hello", "moss?", "a plant"))) == (1, 0, 0, 0)
    # It is here now, whatever it once was called.
    assert counts(desk.bring(said("hi", "hello", "moss?", "a plant", "ok", "yes"))) == (0, 1, 0, 0)


def test_row_with_a_name_of_its_own_is_not_taken_for_another(home: Home, desk: Desk) -> None:
    desk.bring(said("hi", "hello", id="1"))
    forget(home, desk, first(desk))
    assert counts(desk.bring(said("hi", "hello", id="1"))) == (0, 0, 0, 2)
    assert counts(desk.bring(said("hi", "hello", id="2"))) == (1, 0, 0, 0)


def test_forgotten_message_stays_out_of_a_talk_that_grows(home: Home, desk: Desk) -> None:
    """It is short, and the same word elsewhere in the talk is not meant."""
    ok = (("u1", "a2", "user", "ok"), ("b1", "u1", "assistant", "Fine."))
    path = desk.file("conversations.json", bees(*ok))
    desk.take(path)
    talk = first(desk)
    said_here = [each for each in desk.store.messages.path(talk) if each.content == "ok"]
    forget_message(home, desk, said_here[0].id)
    rows = desk.rows()
    assert counts(desk.take(path)) == (0, 0, 1, 2)
    assert desk.rows() == rows
    more = (
        ("b2", "u1", "assistant", "It went on."), ("a3", "q2", "assistant", "Welcome."),
        ("u2", "a3", "user", "ok"), ("b3", "u2", "assistant", "Well."),
    )  # fmt: skip
    desk.file("conversations.json", bees(*ok, *more))
    assert counts(desk.take(path)) == (0, 1, 0, 3)
    here = [row[5] for row in desk.rows()["messages"]]
    assert here.count("ok") == 1 and "Well." in here and "It went on." not in here


def test_forgotten_words_stay_out_under_every_name_with_what_answers_them(
    home: Home, desk: Desk
) -> None:
    """The same talk comes again as another program writes it, spaced and spelled otherwise."""
    desk.bring(said("Good morning to you, dear!", "Good morning.", KOREAN, "I see."))
    talk = desk.conversations()[0]
    forget_message(home, desk, desk.path_of(talk)[2].id)
    again = bees(("u1", "a2", "user", f" {KOREAN.replace(' ', '  ')} "),
                 ("b1", "u1", "assistant", "I see."), ("u2", "b1", "user", "And?"))  # fmt: skip
    again[0]["title"] = KOREAN
    path = desk.file("conversations.json", again)
    assert counts(desk.preview(path)) == counts(desk.take(path)) == (1, 0, 0, 3)
    came = desk.conversations()[1]
    assert KOREAN not in came.title
    assert desk.path_of(came)[-1].content == "고마워"  # the branch beside it
    assert remains(home, (KOREAN,)) == []


def test_words_that_are_said_in_what_stays_come_in_again(home: Home, desk: Desk) -> None:
    """Otherwise a greeting in one forgotten talk would keep hundreds of others out."""
    greeting = "Hello! How can I assist you today?"
    kept = said("hey", greeting, "moss?", "a plant")
    desk.bring(said("hi", greeting, "pin?", "4711"), kept)
    forget(home, desk, first(desk))
    more = said("hey", greeting, "moss?", "a plant", "thanks", "bye")
    assert counts(desk.bring(more)) == (0, 1, 0, 0)
    assert counts(desk.bring(said("hallo", greeting, "fern?", "a plant"))) == (1, 0, 0, 0)


def test_words_below_the_length_are_known_by_their_conversation_alone(
    home: Home, desk: Desk
) -> None:
    short, long = "x" * (LEAST_CHARACTERS - 1), "x" * LEAST_CHARACTERS
    desk.bring(said("hi", short), said("hi", long))
    forget(home, desk, *(talk.id for talk in desk.conversations()))
    assert counts(desk.bring(said("hey", short), said("hey", long))) == (2, 0, 0, 1)
    assert desk.texts() == [["hey", short], ["hey"]]


def test_correction_and_edit_that_were_exported_stay_out(home: Home, desk: Desk) -> None:
    talk = desk.store.conversations.add(desk.persona_id, "")
    asked = desk.store.messages.add(talk.id, None, "user", "Where?")
    reply = desk.store.messages.add(talk.id, asked.id, "assistant", "There.")
    desk.store.ratings.rate(reply.id, "up", correction=ENGLISH)
    desk.store.actions.edit(asked.id, KOREAN)
    forget(home, desk, talk.id)
    result = desk.bring(said("Where?", ENGLISH), said(KOREAN, "There."))
    assert counts(result) == (1, 0, 0, 3)
    assert desk.texts() == [["Where?"]]


def test_sentence_stays_out_wherever_it_stood(home: Home, desk: Desk, tmp_path: Path) -> None:
    """From a folder, too: a year of exports lies in one."""
    folder = tmp_path / "year"
    folder.mkdir()
    for number, row in enumerate((SECRET, OTHER, said("Do you recall?", f"Yes: {ENGLISH}"))):
        (folder / f"{number}.jsonl").write_text(json.dumps(row), "utf-8")
    desk.take(folder)
    forget(home, desk, *forgetting.find_sentence(desk.store, ENGLISH), text=ENGLISH)
    assert counts(desk.preview(folder)) == counts(desk.take(folder)) == (0, 0, 1, 6)
    assert remains(home, (ENGLISH,)) == []


def test_watched_folder_does_not_bring_it_back(home: Home, desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    (folder / "a.jsonl").write_text(json.dumps(said("hi", "hello", "pin?", "4711")), "utf-8")
    source = sources.add_source(home, desk.store, desk.persona_id, "folder", folder)
    sources.look(home, desk.store, source.id, patient=True)
    forget(home, desk, first(desk))
    rows = (said("hi", "hello", "pin?", "4711", "ok", "good"), OTHER)
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    result = sources.look(home, desk.store, source.id, patient=True).result
    assert counts(result) == (1, 0, 0, 6)


def test_everything_said_to_a_persona_stays_out_of_it_and_of_nobody_else(
    home: Home, desk: Desk
) -> None:
    other = desk.store.personas.add("Rain").id
    desk.bring(SECRET, said("hi", "hello"))
    plan = forgetting.plan_persona(home, desk.store, desk.persona_id)
    forgetting.forget(home, desk.store, plan)
    assert counts(desk.bring(SECRET, said("hi", "hello"))) == (0, 0, 0, 6)
    assert import_files(desk.store, other, [desk.path]).conversations == 2


def test_forgetting_that_was_broken_off_leaves_its_marks_when_it_goes_on(
    home: Home, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.bring(said("hi", "hello"))
    plan = forgetting.plan_conversations(home, desk.store, [first(desk)])
    write(home, Task(plan.scope, (), False, True, desk.store.forgetting.last_message()))
    forgetting.go_on(home, desk.store)
    assert counts(desk.bring(said("hi", "hello"))) == (0, 0, 0, 2)
    # Killed after the rows had gone: once more changes nothing.
    write(home, Task(plan.scope, (), False, True, desk.store.forgetting.last_message()))
    forgetting.go_on(home, desk.store)
    assert counts(desk.bring(said("hi", "hello"))) == (0, 0, 0, 2)


def test_marks_hold_no_words_and_are_alike_in_no_two_homes(home: Home, tmp_path: Path) -> None:
    """Whoever gets hold of two homes does not learn that both forgot the same."""
    found = []
    for name in ("one", "two"):
        place = open_home(tmp_path / name)
        (tmp_path / f"{name}.files").mkdir()
        with open_store(place) as store:
            desk = Desk(store, tmp_path / f"{name}.files")
            desk.bring(SECRET)
            forget(place, desk, first(desk))
            rows = store._database.rows("SELECT kind, digest FROM tombstones")
            assert all(len(bytes.fromhex(row["digest"])) == 32 for row in rows)
            found.append({row["digest"] for row in rows})
        assert remains(place, (ENGLISH, KOREAN)) == []
    assert found[0].isdisjoint(found[1]) and len(found[0]) == len(found[1])


def test_persona_that_moves_takes_along_what_it_is_not_to_know(
    home: Home, desk: Desk, tmp_path: Path
) -> None:
    desk.bring(SECRET, OTHER)
    forget(home, desk, first(desk))
    path = tmp_path / "sunny.perennial"
    export_archive(home, desk.store, desk.store.personas.get(desk.persona_id), path)
    there = open_home(tmp_path / "there")
    with open_store(there) as store:
        persona = import_archive(there, store, path).persona
        desk.bring(SECRET, OTHER)
        assert counts(import_files(store, persona.id, [desk.path])) == (0, 0, 1, 4)


def test_persona_that_is_deleted_takes_its_marks_along(home: Home, desk: Desk) -> None:
    desk.bring(said("hi", "hello"))
    forget(home, desk, first(desk))
    desk.store._database.change("DELETE FROM personas WHERE id = ?", (desk.persona_id,))
    assert desk.store._database.rows("SELECT * FROM tombstones") == []


def test_import_asks_for_nothing_where_nothing_was_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most people never forget anything, and wait for an import of years."""

    def never(*_: object) -> None:
        raise AssertionError("digests were looked up")

    monkeypatch.setattr(withholding, "standing", never)
    assert desk.bring(SECRET, OTHER).conversations == 2


def test_import_as_a_whole_is_not_refused_for_what_was_forgotten(home: Home, desk: Desk) -> None:
    """The file is in order; nothing in it is to be mended."""
    desk.bring(SECRET)
    forget(home, desk, first(desk))
    assert counts(desk.bring(SECRET, OTHER, whole=True)) == (1, 0, 0, 4)


def test_preferred_reply_that_was_forgotten_leaves_the_other_one(home: Home, desk: Desk) -> None:
    row = {"prompt": "Where is it?", "chosen": ENGLISH, "rejected": "I do not know."}
    desk.bring(said("Tell me.", ENGLISH))
    forget(home, desk, first(desk))
    assert counts(desk.bring(row)) == (1, 0, 0, 1)
    assert desk.texts() == [["Where is it?", "I do not know."]]
    assert desk.rows()["choices"] == []


def test_only_what_follows_is_taken_out_of_any_tree() -> None:
    """Everything else keeps its words, its parent, and its order."""
    chance = Random(4711)
    for _ in range(300):
        size = chance.randint(1, 12)
        parents = [chance.choice([None, *range(at)]) for at in range(size)]
        out = set(chance.sample(range(size), chance.randint(0, size)))
        arriving = ArrivingConversation(
            "x",
            tuple(ArrivingMessage("user", str(at), parent) for at, parent in enumerate(parents)),
            leaf=chance.choice([None, *range(size)]),
            choices=((0, size - 1),),
        )
        left = without(arriving, out)

        def lives(at: int | None, parents: list[int | None] = parents, out: set[int] = out) -> bool:
            return at is None or (at not in out and lives(parents[at], parents, out))

        kept = [at for at in range(size) if lives(at)]
        assert [int(message.content) for message in left.messages] == kept
        for at, message in zip(kept, left.messages, strict=True):
            above = parents[at]
            assert message.parent == (None if above is None else kept.index(above))
        leaf = size - 1 if arriving.leaf is None else arriving.leaf
        stays = leaf in kept
        while leaf is not None and leaf not in kept:
            leaf = parents[leaf]
        if leaf is not None and out:
            end: int | None = kept[left.leaf or 0]
            assert stays <= (end == leaf)
            while end is not None and end != leaf:
                end = parents[end]
            assert end == leaf
        assert all(0 <= place < len(kept) for pair in left.choices for place in pair)


def test_command_line_and_window_tell_what_was_left_out(
    home: Home,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    desk.bring(SECRET)
    forget(home, desk, first(desk))
    path = str(desk.path)
    place = ["--persona", "sunny", "--home", str(home.root)]
    for words in (["--preview"], []):
        monkeypatch.setattr(sys, "argv", ["perennial", "import", path, *words, *place])
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out = capsys.readouterr().out
        assert not ended.value.code and "left out: 4 messages, forgotten here" in out
        assert ENGLISH not in out
    result = desk.preview(desk.path)
    assert coming_words(result) == "Nothing new: what is not here already was forgotten here."
    assert "Messages left out, forgotten here: 4" in more_words(result)
    assert result.row()["forgotten_here"] == 4


def test_conversation_that_is_here_grows_whatever_shorter_one_was_forgotten(
    home: Home, desk: Desk
) -> None:
    desk.bring(said("hi", "hello", "moss?", "a plant"), said("hi", "hello"))
    forget(home, desk, desk.conversations()[1].id)
    assert counts(desk.bring(said("hi", "hello", "moss?", "a plant", "ok", "yes"))) == (0, 1, 0, 0)
    assert counts(desk.bring(said("hi", "hello"))) == (0, 0, 0, 2)


@pytest.mark.parametrize("format", ["messages", "sharegpt"])
@pytest.mark.parametrize("what", ["approved", "all"])
def test_own_export_does_not_bring_back_what_was_said_in_few_words(
    home: Home, desk: Desk, tmp_path: Path, format: ExportFormat, what: What
) -> None:
    """The window promises it of every file that was exported, whenever that was."""
    persona = desk.store.personas.get(desk.persona_id)
    talk = desk.store.conversations.add(desk.persona_id, "Be kind.")
    files = []
    leaf = None
    for asked, said_then, correction in (
        ("pin?", "4711", None), ("bye now", "So long, my dear old friend.", None),
        ("and?", "no", "yes"),
    ):  # fmt: skip
        question = desk.store.messages.add(talk.id, leaf, "user", asked)
        leaf = desk.store.messages.add(talk.id, question.id, "assistant", said_then).id
        desk.store.ratings.rate(leaf, "up", correction=correction)
        files.append(tmp_path / f"{len(files)}.jsonl")
        export(desk.store, persona, format, files[-1], what=what)
    other = desk.store.conversations.add(desk.persona_id, "Be kind.")
    hello = desk.store.messages.add(other.id, None, "user", "pin?")
    desk.store.messages.add(other.id, hello.id, "assistant", "4712")
    forget(home, desk, talk.id)
    for path in files:
        assert import_files(desk.store, desk.persona_id, [path]).conversations == 0
    assert [each.id for each in desk.conversations()] == [other.id]
