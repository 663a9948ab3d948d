"""Trees that are broken give what can be had of them, each message under what it answers."""

from __future__ import annotations

import json
import time
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.importers.findings import Aside
from app.importers.tree import Node, grow
from app.store.arriving import ArrivingMessage
from tests.unit.app.importers import shapes
from tests.unit.app.importers.desk import Desk, said


def node(key: str, parent: str | None, text: str = "") -> Node:
    return Node(key, parent, ArrivingMessage("assistant", text or key, None))


def test_rings_are_left_out_and_told_and_the_rest_comes_in(desk: Desk) -> None:
    row = shapes.chatgpt()
    row["mapping"]["x"] = shapes.chatgpt_node("x", "y", "user", "in a ring")
    row["mapping"]["y"] = shapes.chatgpt_node("y", "x", "assistant", "in a ring too")
    row["mapping"]["z"] = shapes.chatgpt_node("z", "z", "assistant", "its own parent")
    row["mapping"]["w"] = shapes.chatgpt_node("w", "x", "assistant", "hangs on a ring")
    result = desk.take(desk.file("c.json", [row]))
    assert result.conversations == 1
    assert [each.text for each in result.left_out] == [
        "c.json, entry 1: 4 messages answer one another in a ring"
    ]
    assert "in a ring" not in str(desk.rows()["messages"])


def test_orphans_begin_branches_of_their_own(desk: Desk) -> None:
    row = shapes.chatgpt()
    row["mapping"]["o"] = shapes.chatgpt_node("o", "nowhere", "user", "lost")
    row["mapping"]["p"] = shapes.chatgpt_node("p", "o", "assistant", "found")
    result = desk.take(desk.file("c.json", [row]))
    assert (result.left_out, result.aside["orphan"]) == ((), 1)
    (talk,) = desk.conversations()
    roots = desk.store.messages.siblings(desk.path_of(talk)[0].id)
    assert [each.content for each in roots] == ["How do bees fly?", "lost"]


def test_children_before_their_parents_are_no_obstacle() -> None:
    tree = grow([node("c", "b"), node("b", "a"), node("a", None)], Aside())
    assert [(each.content, each.parent) for each in tree.messages] == [
        ("a", None),
        ("b", 0),
        ("c", 1),
    ]


def test_a_branch_of_a_hundred_thousand_messages_is_no_recursion() -> None:
    nodes = [node(str(n), str(n - 1) if n else None) for n in range(100_000)]
    began = time.process_time()
    tree = grow(nodes[::-1], Aside())
    assert len(tree.messages) == 100_000
    assert tree.leaf("99999") == 99_999
    assert time.process_time() - began < 10


def test_ten_thousand_roles_are_one_reason(desk: Desk) -> None:
    items = [{"role": f"role{n}", "content": "x"} for n in range(10_000)]
    result = desk.bring(said("q", "a"), {"messages": items}, said("q", "b"))
    assert result.conversations == 2
    assert [each.reason for each in result.left_out] == ["message 1 has the unknown role 'role0'"]
    row = shapes.chatgpt()
    for n in range(10_000):
        row["mapping"][f"n{n}"] = shapes.chatgpt_node(f"n{n}", "q", f"role{n}", "x")
    result = desk.take(desk.file("c.json", [row]))
    assert (result.conversations, result.aside["role"]) == (1, 10_000)
    assert len(json.dumps(result.row())) < 5000


def jan(key: str, role: str, text: str, **metadata: Any) -> dict[str, Any]:
    """A line of a thread of Jan."""
    return {
        "id": key, "object": "thread.message", "thread_id": "t1", "role": role, "status": "ready",
        "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
        "created_at": 1_750_000_000_000, "metadata": metadata,
    }  # fmt: skip


def test_replies_made_anew_in_jan_stand_beside_one_another(desk: Desk) -> None:
    """In a row they would teach to answer oneself, and the reply that was put aside first."""
    lines = [
        jan("a", "user", "q", parentId=None, activeChildId="b1"),
        jan("b1", "assistant", "first", parentId="a"),
        jan("b2", "assistant", "anew", parentId="a"),
        jan("c1", "user", "more", parentId="b1"),
    ]
    assert desk.bring(*lines).left_out == ()
    assert desk.texts() == [["q", "first", "more"]]
    (talk,) = desk.conversations()
    beside = desk.store.messages.siblings(desk.path_of(talk)[1].id)
    assert [each.content for each in beside] == ["first", "anew"]
    desk.bring(*lines, jan("d1", "assistant", "most", parentId="c1"))
    assert desk.texts() == [["q", "first", "more", "most"]]


def test_the_newest_version_is_shown_where_jan_names_none(desk: Desk) -> None:
    desk.bring(
        jan("a", "user", "q", parentId=None),
        jan("b1", "assistant", "first", parentId="a"),
        jan("b2", "assistant", "anew", parentId="a"),
        jan("a2", "user", "edited", parentId=None),
        jan("b3", "assistant", "another", parentId="a2"),
    )
    assert desk.texts() == [["edited", "another"]]


def test_replies_of_jan_that_lost_their_question_find_it_again(desk: Desk) -> None:
    desk.bring(
        jan("u1", "user", "q1", parentId=None),
        jan("a1", "assistant", "r1", parentId="u1"),
        jan("u2", "user", "q2", parentId="a1"),
        jan("a2", "assistant", "r2"),
        jan("u3", "user", "q3", parentId="u2"),
        jan("a3", "assistant", "r3", parentId=None),
    )
    assert desk.texts() == [["q1", "r1", "q2", "r2", "q3", "r3"]]


def test_a_ring_in_a_thread_of_jan_is_told_and_the_rest_comes_in(desk: Desk) -> None:
    result = desk.bring(
        jan("a", "user", "q", parentId=None),
        jan("b", "assistant", "r", parentId="a"),
        jan("x", "user", "round", parentId="y"),
        jan("y", "assistant", "and round", parentId="x"),
    )
    assert desk.texts() == [["q", "r"]]
    assert [each.reason for each in result.left_out] == ["2 messages answer one another in a ring"]


def test_a_reply_that_only_its_question_names_stands_below_it(desk: Desk) -> None:
    """Some versions of Open WebUI wrote replies that name no parent."""
    row = shapes.open_webui()
    messages = row["chat"]["history"]["messages"]
    messages["u1"]["childrenIds"] = ["r1", "r2"]
    messages["r1"]["parentId"] = None
    desk.take(desk.file("w.json", [row]))
    assert desk.texts() == [["Salt or sugar?", "Salt."]]


keys = st.sampled_from("abcdefgh")


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(keys, st.none() | keys | st.just("nowhere"), st.booleans())))
def test_every_message_stands_behind_its_parent(links: list[tuple[str, str | None, bool]]) -> None:
    nodes = [
        Node(key, parent, ArrivingMessage("user", key, None) if said_something else None)
        for key, parent, said_something in links
    ]
    aside = Aside()
    tree = grow(nodes, aside)
    for at, message in enumerate(tree.messages):
        assert message.parent is None or message.parent < at
    ringed = sum(int(fault.split()[0]) for fault in aside.take_faults())
    assert len(tree.places) + ringed == len({key for key, _, _ in links})
