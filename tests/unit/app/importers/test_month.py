"""A month that somebody wrote elsewhere comes in whole, once, and with reasons for the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.errors import ImportRefused
from app.importers.ratings import middle_of, verdict_of
from app.operations.importing import PersonaDraft, import_files, read_persona
from tests.unit.app.importers.desk import Desk, said


def counts(desk: Desk, *lines: dict[str, Any]) -> tuple[int, int, int, int, int]:
    result = desk.bring(*lines, reviewed=True)
    return result.conversations, result.replies, result.up, result.down, result.corrected


def test_rating_at_the_top_speaks_of_the_last_reply(desk: Desk) -> None:
    line = said("q", "a", "q2", "b", "bye", rating="up", correction="better")
    assert counts(desk, line) == (1, 2, 0, 0, 1)
    ((_, first, _, last, _),) = desk.turns()
    assert (first.rating, first.correction) == (None, None)
    assert (last.rating, last.correction) == ("up", "better")


def test_rating_on_a_message_speaks_of_that_reply(desk: Desk) -> None:
    line = said("q", "a", "q2", "b", rating="up")
    line["messages"][1] |= {"rating": "bad", "correction": {"role": "assistant", "content": "c"}}
    line["messages"][3]["rating"] = "down"
    assert counts(desk, line) == (1, 2, 0, 1, 1)
    ((_, first, _, last),) = desk.turns()
    assert (first.rating, first.correction, last.rating) == ("down", "c", "down")


def test_an_archive_teaches_nothing_before_the_user_has_looked(desk: Desk) -> None:
    """Otherwise thousands of strangers' replies would be learned the moment they come in."""
    desk.bring(said("q", "a", rating="up", correction="better"))
    assert desk.turns() == []
    (talk,) = desk.conversations()
    reply = desk.path_of(talk)[1]
    rating = desk.store.ratings.of([reply.id])[reply.id]
    assert (rating.value, rating.correction, rating.origin) == ("up", "better", "import")


def test_leading_system_message_is_the_conversations_prompt(desk: Desk) -> None:
    line = said("q", "a")
    line["messages"].insert(0, {"role": "System", "content": "Be brief."})
    desk.bring(line)
    (talk,) = desk.conversations()
    assert (talk.system_prompt, talk.source) == ("Be brief.", "month.jsonl")
    path = desk.path_of(talk)
    assert [message.role for message in path] == ["user", "assistant"]
    assert path[1].system_prompt == "Be brief."


def test_same_file_twice_adds_nothing(desk: Desk) -> None:
    lines = [said("q", "a", id="1", rating=1), said("q", "b"), said("q", "b")]
    assert desk.bring(*lines).duplicates == 1
    before = desk.rows()
    again = desk.bring(*lines)
    assert (again.conversations, again.duplicates, again.messages) == (0, 3, 0)
    assert desk.rows() == before


def test_second_month_that_numbers_from_one_again_comes_in(desk: Desk) -> None:
    desk.bring(said("october", "a", id=1))
    assert desk.bring(said("november", "b", id=1)).conversations == 1


def test_one_file_may_be_the_month_of_two_personas(desk: Desk) -> None:
    desk.bring(said("q", "a"))
    other = desk.store.personas.add("Rain")
    assert import_files(desk.store, other.id, [desk.path]).conversations == 1


def test_bad_lines_are_named_and_the_rest_comes_in(desk: Desk) -> None:
    middle = said("q", "a", "b")
    middle["messages"][2]["role"] = "system"
    bad: list[tuple[dict[str, Any] | bytes, str]] = [
        (b"{broken", "not valid JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1]", "not an object"),
        ({"messages": "hello"}, "no list"),
        ({"messages": []}, "no reply"),
        (said("only a question"), "no reply"),
        (said("q", " "), "message 2 is empty"),
        (said("q", "a", rating="meh"), "'meh' is not understood"),
        (said("q", "a", rating={"stars": 1}), "is not understood"),
        (said("q", "a", correction=7), "correction is not text"),
        (said("q", "\ud800"), "not valid Unicode"),
        (said("q", "a", id="\ud800"), "not valid Unicode"),
        ({"messages": ["hello"]}, "not an object"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "no reply"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "unknown role 'wizard'"),
        (middle, "in the middle"),
    ]
    result = desk.bring(said("q", "a"), *(line for line, _ in bad), b"", said("q", "b"))
    assert result.conversations == 2
    assert [each.place for each in result.left_out] == [f"line {n + 2}" for n in range(len(bad))]
    for each, (_, expected) in zip(result.left_out, bad, strict=True):
        assert expected in each.reason
        assert each.file == "month.jsonl"


def test_content_in_parts_and_a_byte_order_mark_are_no_obstacle(desk: Desk) -> None:
    line = b'{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content":'
    parts = b' [{"type": "text", "text": "part "}, "two"]}]}'
    assert desk.bring(b"\xef\xbb\xbf" + line + parts).left_out == ()
    assert desk.texts() == [["q", "part two"]]


def test_pictures_tools_and_thoughts_lie_aside_and_are_counted(desk: Desk) -> None:
    line = said("q", "<think>hm</think>a")
    line["messages"][0]["content"] = [
        {"type": "text", "text": "look: "},
        {"type": "image_url", "image_url": {"url": "data:"}},
    ]
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    line["messages"][1:1] = [call, {"role": "tool", "content": "42"}]
    result = desk.bring(line)
    assert desk.texts() == [["look: ", "a"]]
    assert result.aside == {"picture": 1, "tool": 2, "reasoning": 1}
    assert result.left_out == ()


def test_zero_is_bad_beside_one_and_neutral_beside_minus_one(desk: Desk) -> None:
    plain = desk.bring(said("q", "a", rating=1), said("q", "b", rating=0))
    assert (plain.up, plain.down) == (1, 1)
    signed = desk.bring(
        said("r", "a", rating=1), said("r", "b", rating=0), said("r", "c", rating=-1)
    )
    assert (signed.up, signed.down, signed.replies) == (1, 1, 3)


@pytest.mark.parametrize(
    ("ratings", "verdicts"),
    [
        (["up", "good", "thumbs_up", "Thumbs Up", True, "+1"], ["up"] * 6),
        (["down", "bad", "thumbs_down", "thumbs-down", False, "-1"], ["down"] * 6),
        ([None, "", "neutral"], [None] * 3),
        ([1, 2, 3, 4, 5], ["down", "down", None, "up", "up"]),
        ([0.9, 0.2, 0.5], ["up", "down", None]),
        ([9, 2], ["up", "down"]),
        ([80, 20], ["up", "down"]),
        (["kept", "dropped"], ["kept", "dropped"]),
    ],
)
def test_ratings_as_others_write_them(ratings: list[object], verdicts: list[str | None]) -> None:
    numbers = [float(r) for r in ratings if isinstance(r, int | float) and not isinstance(r, bool)]
    middle = middle_of(numbers)
    if "-1" in ratings:
        middle = 0.0
    assert [verdict_of(rating, middle) for rating in ratings] == verdicts


def test_persona_of_a_month_file(desk: Desk, tmp_path: Path) -> None:
    line = said("q", "a")
    line["messages"].insert(0, {"role": "system", "content": "You are Captain Wren."})
    path = desk.file("captain_wren.jsonl", b"")
    desk.path = path
    desk.bring(said("q", "a"), line)
    assert read_persona(path) == PersonaDraft("Captain wren", "You are Captain Wren.")


def test_file_that_is_not_there_is_named(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"absent\.jsonl.*cannot be read"):
        desk.take(tmp_path / "absent.jsonl")
    with pytest.raises(ImportRefused, match=r"absent\.jsonl"):
        read_persona(tmp_path / "absent.jsonl")


def test_each_conversation_knows_the_file_it_came_in_with(desk: Desk) -> None:
    """Somebody who reviews it must not look for it in another file."""
    first = desk.file("first.jsonl", said("a", "b"))
    second = desk.file("second.jsonl", said("c", "d"))
    desk.take(first, second)
    assert {talk.title: talk.source for talk in desk.conversations()} == {
        "a": "first.jsonl",
        "c": "second.jsonl",
    }
