"""Trees that are broken give what can be had of them, each message under what it answers."""

from __future__ import annotations

import json
import time

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
