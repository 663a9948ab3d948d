"""What clients and supervisor agree on; a fault here leaves a window without an answer."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_bridge.errors import BridgeError, ContextTooLong, RequestRefused
from ollama_bridge.runtime.lease import Turn
from ollama_bridge.runtime.protocol import (
    ConnectionEnded,
    ControlConnection,
    FileMark,
    Need,
    RuntimeFile,
    decode,
    encode,
    read_runtime_file,
    union,
)
from ollama_bridge.runtime.server_api import StreamBroken, deltas
from ollama_bridge.runtime.slots import SlotTable

BASE = FileMark("/base", 1, 1)
OTHER = FileMark("/other", 1, 1)
A, A_LATER, B = FileMark("/a", 1, 1), FileMark("/a", 1, 2), FileMark("/b", 1, 1)


def test_the_runtime_file_comes_back_and_is_the_owners_alone(tmp_path: Path) -> None:
    written = RuntimeFile(1, 2, "key", os.getpid())
    written.write(tmp_path)
    written.write(tmp_path)
    assert read_runtime_file(tmp_path) == written
    assert [each.name for each in tmp_path.iterdir()] == ["runtime.json"]
    if sys.platform != "win32":
        assert (tmp_path / "runtime.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"port": 1}', '{"port": null}'])
def test_a_torn_runtime_file_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "runtime.json").write_text(text, "utf-8")
    assert read_runtime_file(tmp_path) is None


def test_nobody_behind_the_port_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConnectionEnded):
        ControlConnection(RuntimeFile(0, 1, "key", 1), {"op": "status"})


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_messages_are_one_line_each(message: dict[str, object]) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert decode(line) == message


@pytest.mark.parametrize("line", [b"", b"no\n", b"[1]\n", b"\xff\n"])
def test_a_line_that_is_no_message_ends_the_connection(line: bytes) -> None:
    with pytest.raises(ConnectionEnded):
        decode(line)


def test_a_server_holds_what_every_lease_on_its_base_needs() -> None:
    asked = Need(BASE, (A_LATER,), slots=2)
    joined = union(asked, [Need(BASE, (A, B), context_tokens=4096), Need(OTHER, (B,), slots=9)])
    assert joined == Need(BASE, (A_LATER, B), 2, 4096)
    assert joined.adapters_bytes == A_LATER.size_bytes + B.size_bytes
    assert joined.covers(asked)
    assert not joined.covers(Need(BASE, (A,))), "a rewritten adapter is another one"
    assert not joined.covers(Need(OTHER, ()))
    assert not joined.covers(Need(BASE, (), slots=3))
    assert Need.from_json(decode(encode(joined.to_json()))) == joined


def test_a_chat_keeps_its_room_while_an_exam_asks_for_slots() -> None:
    chat, exam = Need(BASE, (A,), roomy=True), Need(BASE, (A,), slots=8)
    assert not exam.covers(chat), "a conversation grew longer than an exam's context"
    both = union(exam, [chat])
    assert (both.slots, both.roomy) == (8, True)
    assert both.covers(chat) and both.covers(exam)


def test_another_memory_budget_is_kept_to_at_once() -> None:
    wide, narrow = Need(BASE, (), memory_budget_mb=4000), Need(BASE, (), memory_budget_mb=900)
    assert not wide.covers(narrow)
    assert union(narrow, [wide]).memory_budget_mb == 900, "who asks last knows the setting"
    assert union(Need(BASE, ()), [wide]).covers(wide)


def test_recent_personas_keep_their_slots() -> None:
    slots = SlotTable(2)

    def reply(adapter: str | None) -> int:
        slot = slots.take(adapter)
        slots.give_back(slot)
        return slot

    base, first = reply(None), reply("a")
    assert base != first
    assert (reply("a"), reply(None)) == (first, base)
    assert reply("b") == first, "the slot used longest ago is given away"
    assert reply(None) == base


def test_of_twenty_personas_the_eight_used_last_keep_their_slots() -> None:
    slots = SlotTable(8)
    used = [slots.take(str(number)) for number in range(20)]
    for slot in used:
        slots.give_back(slot)
    assert [slots.take(str(number)) for number in range(12, 20)] == used[12:]
    assert slots.take("11") == used[12], "the one used longest ago makes room"


def test_a_slot_within_a_reply_is_not_given_away() -> None:
    slots = SlotTable(2)
    busy = slots.take("a")
    slots.give_back(slots.take("b"))
    assert slots.take("c") != busy


def test_every_loaded_adapter_gets_an_explicit_scale() -> None:
    turn = Turn("http://x", "key", 0, ("/a", "/b", "/c"))
    assert [each["scale"] for each in turn.scales("/b")] == [0.0, 1.0, 0.0]
    assert [each["scale"] for each in turn.scales(None)] == [0.0, 0.0, 0.0]


def test_a_stream_without_an_end_is_a_broken_one() -> None:
    pieces = deltas(iter(['data: {"choices":[{"delta":{"content":"Hel"}}]}', ": ping", ""]))
    assert next(pieces).text == "Hel"
    with pytest.raises(StreamBroken):
        next(pieces)


def test_refusals_within_a_stream_are_known_errors() -> None:
    too_long = '{"type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":4}'
    with pytest.raises(ContextTooLong, match="9 tokens"):
        list(deltas(iter([f"error: {too_long}"])))
    with pytest.raises(RequestRefused, match="nonsense") as refused:
        list(deltas(iter(['data: {"error": {"message": "nonsense"}}'])))
    assert isinstance(refused.value, BridgeError) and refused.value.next_step
