"""What was said and approved goes out as others read it, and comes in again as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import ExportRefused
from app.exporters import markdown
from app.home import Home
from app.operations.exporting import FORMATS, export
from app.operations.importing import import_files
from app.store import Persona, Store, open_store

ODD = (
    '한국어 \u2028 ```\n````\n<script>alert(1)</script> ![x](http://example.com/y.png) \\ " {0} %s'
)


class Talks:
    """A persona with conversations of every kind that an export tells apart."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.persona: Persona = store.personas.add("Sunny *<b>*", "Be sunny.")
        with store.transaction():
            self._branched()
            self._plain()
            for verb in ("never", "deleted", "rejected", "unrated", "masked"):
                self._single(verb)

    def say(self, talk: int, parent: int | None, text: str) -> int:
        role: Any = "user"
        if parent is not None and self.store.messages.get(parent).role == "user":
            role = "assistant"
        return self.store.messages.add(talk, parent, role, text).id

    def _branched(self) -> None:
        """Three ways on from one question; the second one is active."""
        talk = self.store.conversations.add(self.persona.id, "Be sunny.", "Branches # <i>").id
        root = self.say(talk, None, "Which way?")
        ways = [self.say(talk, root, f"way {number}") for number in range(3)]
        more = self.say(talk, ways[1], f"And then? {ODD}")
        end = self.say(talk, more, f"the end {ODD}")
        self.store.ratings.rate(ways[1], "up")
        self.store.ratings.rate(ways[0], "down", ["too_long"], "no")
        self.store.ratings.rate(end, None, correction=f"better {ODD}")
        action = self.store.actions.begin(self.persona.id, "choose")
        self.store.actions.choose(ways[1], ways[2], action.id)
        self.store.messages.choose(end)

    def _plain(self) -> None:
        """A reply that is context between two that are approved."""
        talk = self.store.conversations.add(self.persona.id, "").id
        asked = self.say(talk, None, "one?")
        first = self.say(talk, asked, "one")
        second = self.say(talk, self.say(talk, first, "two?"), "context")
        third = self.say(talk, self.say(talk, second, "three?"), "three")
        last = self.say(talk, third, "beyond what was approved")
        for reply in (first, third):
            self.store.ratings.rate(reply, "kept")
        self.store.ratings.rate(second, "up", origin="import")
        self.say(talk, last, "unrated")

    def _single(self, verb: str) -> None:
        question = f"{verb} question secret"
        talk = self.store.conversations.add(self.persona.id, "Be sunny.", question).id
        asked = self.say(talk, None, question)
        reply = self.say(talk, asked, f"{verb} reply")
        self.store.ratings.rate(reply, {"rejected": "down"}.get(verb, "up"))  # type: ignore[arg-type]
        action = self.store.actions.begin(self.persona.id, verb)
        if verb == "never":
            self.store.conversations.set_never_train(talk, True)
        elif verb == "deleted":
            self.store.actions.delete_conversation(talk, action.id)
        elif verb == "unrated":
            self.store.ratings.undo(reply)
        elif verb == "masked":
            self.store.actions.edit(asked, "masked question [email]", action.id)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def talks(store: Store) -> Talks:
    return Talks(store)


def rows(talks: Talks, format: Any, tmp_path: Path, what: Any = "approved") -> list[Any]:
    out = tmp_path / f"{what}.{format}"
    done = export(talks.store, talks.persona, format, out, what=what)
    lines = out.read_bytes().decode("utf-8").split("\n")
    assert lines.pop() == ""
    assert (done.rows, done.bytes) == (len(lines), out.stat().st_size)
    return [json.loads(line) for line in lines]


def test_messages_hold_what_would_be_learned_and_say_what_is_context(
    talks: Talks, tmp_path: Path
) -> None:
    branched, plain, masked = rows(talks, "messages", tmp_path)
    assert [each["content"] for each in branched["messages"]] == [
        "Be sunny.", "Which way?", "way 1", f"And then? {ODD}", f"better {ODD}",
    ]  # fmt: skip
    assert [each["content"] for each in plain["messages"]] == [
        "Be sunny.", "one?", "one", "two?", "context", "three?", "three",
    ]  # fmt: skip
    replies = [each for each in plain["messages"] if each["role"] == "assistant"]
    assert [(each.get("rating"), each.get("weight")) for each in replies] == [
        ("up", None), ("", 0), ("up", None),
    ]  # fmt: skip
    assert masked["messages"][1]["content"] == "masked question [email]"


def test_all_holds_every_branch_and_marks_what_is_never_to_be_trained_on(
    talks: Talks, tmp_path: Path
) -> None:
    found = rows(talks, "messages", tmp_path, "all")
    ends = [row["messages"][-1]["content"] for row in found]
    assert ends == [
        f"the end {ODD}", "way 0", "way 2", "unrated", "never reply", "rejected reply",
        "unrated reply", "masked reply",
    ]  # fmt: skip
    assert [row.get("active", True) for row in found[:3]] == [True, False, False]
    assert [row.get("never_train", False) for row in found].count(True) == 1
    assert found[4]["never_train"]
    first = found[0]["messages"]
    assert (first[2]["rating"], first[4]["correction"]) == ("up", f"better {ODD}")
    assert found[1]["messages"][2] == {
        "role": "assistant", "content": "way 0", "rating": "down", "reasons": ["too_long"],
        "comment": "no",
    }  # fmt: skip


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_out_of_sight_or_masked_never_goes_out(
    talks: Talks, tmp_path: Path, format: Any
) -> None:
    for what in ("approved", "all") if format not in ("dpo", "kto") else ("approved",):
        out = tmp_path / what
        export(talks.store, talks.persona, format, out, what=what)  # type: ignore[arg-type]
        text = out.read_text("utf-8")
        assert "deleted" not in text and "masked question secret" not in text
        assert ("never question" in text) == (what == "all")


def test_sharegpt_and_alpaca_hold_the_same_words(talks: Talks, tmp_path: Path) -> None:
    branched = rows(talks, "sharegpt", tmp_path)[0]["conversations"]
    assert [each["from"] for each in branched] == ["system", "human", "gpt", "human", "gpt"]
    alpaca = rows(talks, "alpaca", tmp_path)
    assert [row["output"] for row in alpaca] == [
        "way 1", f"better {ODD}", "one", "three", "masked reply",
    ]  # fmt: skip
    assert alpaca[1]["history"] == [["Which way?", "way 1"]]
    assert alpaca[1]["instruction"] == f"And then? {ODD}"
    assert alpaca[3]["history"] == [["one?", "one"], ["two?", "context"]]
    outputs = [row["output"] for row in rows(talks, "alpaca", tmp_path, "all")]
    assert sorted(outputs) == sorted(set(outputs))  # no reply twice, whatever the branches
    assert {"way 0", "way 1", "way 2"} <= set(outputs)


def test_preferences_go_out_in_the_form_that_trainers_read(talks: Talks, tmp_path: Path) -> None:
    pairs = rows(talks, "dpo", tmp_path)
    assert {(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in pairs} == {
        (f"better {ODD}", f"the end {ODD}"), ("way 1", "way 2"), ("way 1", "way 0"),
    }  # fmt: skip
    assert pairs[0]["prompt"][0] == {"role": "system", "content": "Be sunny."}
    singles = rows(talks, "kto", tmp_path)
    wanted = {row["completion"][0]["content"]: row["label"] for row in singles}
    assert wanted["way 1"] and not wanted["way 0"] and not wanted["rejected reply"]
    assert "context" not in wanted
    with pytest.raises(ExportRefused, match="preferred"):
        export(talks.store, talks.persona, "dpo", tmp_path / "all.dpo", what="all")


def test_markdown_makes_nothing_active(talks: Talks, tmp_path: Path) -> None:
    """A reply that holds HTML or a remote picture does nothing to whoever reads the export."""
    out = tmp_path / "talks.md"
    export(talks.store, talks.persona, "markdown", out, what="all")
    fence = ""
    for line in out.read_bytes().decode().split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line.removesuffix("text")
        else:
            active = line.replace("\\<", "").replace("\\[", "").replace("\\*", "")
            assert not {"<", "["} & set(active)
    assert fence == ""
    assert markdown.fenced("a ```` b").startswith("`````text\n")
    assert markdown.plain("<b>\n# www.x.y &amp;") == "\\<b\\> \\# www\\.x\\.y \\&amp;"


@pytest.mark.parametrize("format", ["messages", "sharegpt", "alpaca"])
@pytest.mark.parametrize("what", ["approved", "all"])
def test_conversations_come_in_again_as_they_went_out(
    talks: Talks, tmp_path: Path, format: Any, what: Any
) -> None:
    before = rows(talks, format, tmp_path, what)
    again = talks.store.personas.add("Again", "Be sunny.")
    result = import_files(
        talks.store, again.id, [tmp_path / f"{what}.{format}"], reviewed=True, whole=True
    )
    assert [each.format for each in result.documents] == [format]
    assert not result.left_out
    trees = list(talks.store.trees(again.id))
    branches = [branch for tree in trees for branch in tree.branches()]
    said = [[each.content for each in branch] for branch in branches]
    if format != "alpaca":
        assert said == [_words(row) for row in before]
    for words in map(_words, before):  # rows of one conversation come in as one
        assert any(words == branch[: len(words)] for branch in said)
    assert {tree.system_prompt for tree in trees} <= {"Be sunny.", ""}


def _words(row: dict[str, Any]) -> list[str]:
    if "instruction" in row:
        pairs = [*row.get("history", []), [row["instruction"], row["output"]]]
        return [text for pair in pairs for text in pair]
    items = row.get("messages", row.get("conversations"))
    texts = [(each.get("role", each.get("from")), each.get("content", each.get("value")))
             for each in items]  # fmt: skip
    return [text for role, text in texts if role != "system"]


@pytest.mark.parametrize("format", ["messages", "sharegpt", "alpaca", "dpo", "kto"])
def test_every_row_of_a_file_has_the_same_fields(talks: Talks, tmp_path: Path, format: Any) -> None:
    """Else the library that most trainers read with refuses a file of more than 10 MB."""
    for what in ("approved", "all") if format not in ("dpo", "kto") else ("approved",):
        found = rows(talks, format, tmp_path, what)
        assert {tuple(row) for row in found} == {tuple(found[0])}
        for row in found if format == "messages" else ():
            replies = [each for each in row["messages"] if each["role"] == "assistant"]
            assert all("rating" in each for each in replies)


def test_what_was_approved_is_approved_again_when_it_comes_in(talks: Talks, tmp_path: Path) -> None:
    before = rows(talks, "messages", tmp_path)
    again = talks.store.personas.add("Again", "Be sunny.")
    import_files(talks.store, again.id, [tmp_path / "approved.messages"], reviewed=True)
    export(talks.store, again, "messages", tmp_path / "again.jsonl")
    after = [json.loads(line) for line in (tmp_path / "again.jsonl").read_bytes().splitlines()]
    assert [row["messages"] for row in after] == [row["messages"] for row in before]


def test_ratings_and_corrections_of_everything_come_in_again(talks: Talks, tmp_path: Path) -> None:
    rows(talks, "messages", tmp_path, "all")
    again = talks.store.personas.add("Again", "Be sunny.")
    import_files(talks.store, again.id, [tmp_path / "all.messages"], reviewed=True)
    told = {
        (each.content, each.rating, each.correction, each.comment)
        for tree in talks.store.trees(again.id)
        for each in tree.messages
        if each.rating or each.correction
    }
    assert ("way 0", "down", None, "no") in told
    assert (f"the end {ODD}", None, f"better {ODD}", "") in told


@pytest.mark.parametrize("format", ["dpo", "kto"])
def test_preferences_come_in_again_as_they_went_out(
    talks: Talks, tmp_path: Path, format: Any
) -> None:
    before = rows(talks, format, tmp_path)
    again = talks.store.personas.add("Again", "Be sunny.")
    result = import_files(
        talks.store, again.id, [tmp_path / f"approved.{format}"], reviewed=True, whole=True
    )
    assert [each.format for each in result.documents] == [format]
    assert not result.left_out
    export(talks.store, again, format, tmp_path / "again")
    after = [json.loads(line) for line in (tmp_path / "again").read_bytes().splitlines()]
    kept = ("prompt", "chosen", "rejected", "completion", "label")
    assert [_part(row, kept) for row in after] == [_part(row, kept) for row in before]


def _part(row: dict[str, Any], names: tuple[str, ...]) -> str:
    return json.dumps({name: row[name] for name in names if name in row})
