"""A month that somebody wrote elsewhere comes in whole, once, and with reasons for the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.errors import MonthError
from app.home import open_home
from app.importers.lines import LineUnusable, exchange_of, parse_line
from app.importers.messages import ImportResult, import_month, read_persona
from app.importers.ratings import RatingUnknown, middle_of, verdict_of
from app.store import Store, Turn, open_store


class Desk:
    """A store with a persona, and a month file to bring in."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store = store
        self.path = path
        self.persona_id = store.personas.add("Sunny").id

    def bring(self, *lines: dict[str, Any] | bytes) -> ImportResult:
        raw = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        self.path.write_bytes(b"\n".join(raw))
        return import_month(self.store, self.persona_id, self.path, "file")

    def turns(self) -> list[list[Turn]]:
        return [item.turns for item in self.store.learnable(self.persona_id)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_store(open_home(tmp_path / "home")) as store:
        yield Desk(store, tmp_path / "month.jsonl")


def said(*texts: str, **more: Any) -> dict[str, Any]:
    roles = ("user", "assistant")
    messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]
    return {"messages": messages, **more}


def test_rating_at_the_top_speaks_of_the_last_reply(desk: Desk) -> None:
    result = desk.bring(said("q", "a", "q2", "b", "bye", rating="up", correction="better"))
    assert result == ImportResult(1, 2, 0, 0, 1)
    ((_, first, _, last, _),) = desk.turns()
    assert (first.rating, first.correction) == (None, None)
    assert (last.rating, last.correction) == ("up", "better")


def test_rating_on_a_message_speaks_of_that_reply(desk: Desk) -> None:
    line = said("q", "a", "q2", "b", rating="up")
    line["messages"][1] |= {"rating": "bad", "correction": {"role": "assistant", "content": "c"}}
    line["messages"][3]["rating"] = "down"
    assert desk.bring(line) == ImportResult(1, 2, 0, 1, 1)
    ((_, first, _, last),) = desk.turns()
    assert (first.rating, first.correction, last.rating) == ("down", "c", "down")


def test_leading_system_message_is_the_conversations_prompt(desk: Desk) -> None:
    line = said("q", "a")
    line["messages"].insert(0, {"role": "System", "content": "Be brief."})
    desk.bring(line)
    (conversation,) = desk.store.conversations.page(desk.persona_id)
    assert (conversation.system_prompt, conversation.source) == ("Be brief.", "file")
    path = desk.store.messages.path(conversation.id)
    assert [message.role for message in path] == ["user", "assistant"]
    assert path[1].system_prompt == "Be brief."


def test_same_file_twice_adds_nothing(desk: Desk) -> None:
    lines = [said("q", "a", id="1", rating=1), said("q", "b"), said("q", "b")]
    assert desk.bring(*lines).duplicates == 1
    again = desk.bring(*lines)
    assert (again.conversations, again.duplicates) == (0, 3)
    assert len(desk.turns()) == 2


def test_second_month_that_numbers_from_one_again_comes_in(desk: Desk) -> None:
    desk.bring(said("october", "a", id=1))
    assert desk.bring(said("november", "b", id=1)).conversations == 1


def test_one_file_may_be_the_month_of_two_personas(desk: Desk) -> None:
    desk.bring(said("q", "a"))
    other = desk.store.personas.add("Rain")
    assert import_month(desk.store, other.id, desk.path, "file").conversations == 1


def test_bad_lines_are_named_and_the_rest_comes_in(desk: Desk) -> None:
    middle = said("q", "a", "b")
    middle["messages"][2]["role"] = "system"
    bad: list[tuple[dict[str, Any] | bytes, str]] = [
        (b"{broken", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[1]", "no list"),
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
        ({"messages": [{"role": "tool", "content": "x"}]}, "unknown role 'tool'"),
        (middle, "in the middle"),
    ]
    result = desk.bring(said("q", "a"), *(line for line, _ in bad), b"", said("q", "b"))
    assert result.conversations == 2
    assert [number for number, _ in result.skipped] == list(range(2, len(bad) + 2))
    for (_, reason), (_, expected) in zip(result.skipped, bad, strict=True):
        assert expected in reason


def test_content_in_parts_and_a_byte_order_mark_are_no_obstacle(desk: Desk) -> None:
    line = said("q", "a")
    line["messages"][1]["content"] = [{"type": "text", "text": "part "}, "two"]
    assert desk.bring(b"\xef\xbb\xbf" + json.dumps(line).encode()).skipped == []
    assert desk.turns()[0][1].content == "part two"


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
    path = tmp_path / "captain_wren.jsonl"
    line = said("q", "a")
    line["messages"].insert(0, {"role": "system", "content": "You are Captain Wren."})
    path.write_text("\n".join(json.dumps(row) for row in (said("q", "a"), line)))
    assert read_persona(path) == ("Captain wren", "You are Captain Wren.")


def test_file_that_is_not_there_is_named(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(MonthError, match="cannot be read"):
        import_month(desk.store, desk.persona_id, tmp_path / "absent.jsonl", "file")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["messages", "role", "content", "rating", "correction", "id", "text"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
message = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant"]) | anything},
    optional={
        "content": st.text(max_size=8) | anything,
        "rating": anything,
        "correction": anything,
    },
)
line = st.fixed_dictionaries(
    {"messages": st.lists(message, max_size=4)},
    optional={"rating": anything, "correction": anything, "id": anything},
)


@given(st.binary(max_size=40) | (anything | line).map(lambda row: json.dumps(row).encode()))
def test_any_line_is_taken_or_refused_with_a_reason(raw: bytes) -> None:
    try:
        exchange = exchange_of(parse_line(raw), 0.5)
    except (LineUnusable, RatingUnknown) as reason:
        assert str(reason)
    else:
        assert any(item.role == "assistant" for item in exchange.messages)
        assert all(item.content.strip() for item in exchange.messages)


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(line | anything, max_size=6))
def test_every_line_of_any_file_is_accounted_for(desk: Desk, rows: list[Any]) -> None:
    result = desk.bring(*(json.dumps(row).encode() for row in rows))
    assert result.conversations + result.duplicates + len(result.skipped) == len(rows)
    again = import_month(desk.store, desk.persona_id, desk.path, "file")
    assert (again.conversations, again.skipped) == (0, result.skipped)
