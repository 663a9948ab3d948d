"""JSON is read piece by piece: broken places cost themselves alone, and memory stays small."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.importers import scanning
from app.importers.documents import Document
from app.importers.findings import Aside, LeftOut
from app.importers.messages import FORMAT
from app.importers.pieces import HEAD_BYTES, Broken, Piece, layout_of, pieces
from app.store.arriving import ArrivingConversation
from tests.unit.app.importers.desk import said

GB = 1 << 30


def read(content: bytes) -> tuple[list[Any], list[tuple[str, str]]]:
    """The values of a document, and its broken places."""
    found = list(pieces(io.BytesIO(content), layout_of(content[:HEAD_BYTES])))
    values = [each.value for each in found if isinstance(each, Piece)]
    return values, [(each.place, each.reason) for each in found if isinstance(each, Broken)]


class Repeated(io.RawIOBase):
    """A stream of parts, each repeated so many times, that never stands in memory as a whole."""

    def __init__(self, *parts: tuple[bytes, int]) -> None:
        self._parts = list(parts)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if not self._rest and self._parts:
            part, times = self._parts.pop(0)
            many = max(1, min(times, (1 << 20) // len(part)))
            self._rest = part * many
            if times > many:
                self._parts.insert(0, (part, times - many))
        taken = self._rest[: len(view)]
        self._rest = self._rest[len(taken) :]
        view[: len(taken)] = taken
        return len(taken)


def document(*parts: tuple[bytes, int]) -> Document:
    size = sum(len(part) * times for part, times in parts)
    return Document("big.json", size, lambda: io.BufferedReader(Repeated(*parts)))


GOOD = json.dumps(said("q", "a")).encode()
BETTER = json.dumps(said("r", "b")).encode()


@pytest.mark.parametrize(
    ("begin", "filling", "size", "end"),
    [
        (b'\n{"messages": [{"role": "user", "content": "', b"a", GB, b'"}]}\n'),
        (b'\n{"messages": ', b"[", GB >> 3, b"\n"),
        (b"\n", b"x", GB >> 3, b"\n"),
    ],
    ids=["a long text", "a deep nest", "no JSON"],
)
def test_a_line_of_a_gigabyte_is_named_and_the_lines_around_it_come_in(
    begin: bytes, filling: bytes, size: int, end: bytes
) -> None:
    found, peak = measured(document((GOOD + begin, 1), (filling, size), (end + BETTER, 1)))
    assert [kind(each) for each in found] == ["q", "line 2: it is longer than 32 MB", "r"]
    assert peak < 250 << 20


@pytest.mark.parametrize(
    ("begin", "filling", "end", "reason"),
    [
        (b'{"messages": [{"content": "', b"a", b'"}]}', "it is longer than 32 MB"),
        (b'{"messages": [{"content": "', b'\\"\\\\', b'"}]}', "it is longer than 32 MB"),
        (b'{"messages": ["', b'x", {"a": "}"}, "', b'"]}', "made of too many parts"),
        (b'{"messages": ', b"[", b"", "nested too deep"),
    ],
    ids=["a long text", "escapes", "many parts", "a deep nest"],
)
def test_an_entry_that_is_too_long_is_named_and_those_around_it_come_in(
    begin: bytes, filling: bytes, end: bytes, reason: str
) -> None:
    times = (100 << 20) // len(filling)
    parts = ((b"[" + GOOD + b", " + begin, 1), (filling, times), (end + b", " + BETTER + b"]", 1))
    found, peak = measured(document(*parts))
    assert [kind(each) for each in found] == ["q", f"entry 2: {reason}", "r"]
    assert peak < 300 << 20


def measured(big: Document) -> tuple[list[ArrivingConversation | LeftOut], int]:
    tracemalloc.start()
    try:
        return list(FORMAT.read(big, Aside())), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def kind(found: ArrivingConversation | LeftOut) -> str:
    if isinstance(found, LeftOut):
        return f"{found.place}: {found.reason}"
    return found.messages[0].content


def test_a_nest_of_a_hundred_thousand_is_one_broken_place() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    for content in (b"[" + GOOD + b", " + deep + b", " + BETTER + b"]",):
        values, broken = read(content)
        assert [each["messages"][0]["content"] for each in values] == ["q", "r"]
        assert broken == [("entry 2", "nested too deep")]
    values, broken = read(GOOD + b"\n" + deep + b"\n" + BETTER)
    assert (len(values), broken) == (2, [("line 2", "nested too deep")])


@pytest.mark.parametrize(
    "broken",
    [
        b'{"messages": [',
        b'{"messages": "no end}',
        b'{"messages": [}]}',
        b'{"messages": [1 2]}',
        b'{"messages": tru}',
        b'{"messages": [{"role": "user", "content": "no quote}, {"role": 1}]}',
        b'{"messages": "\x01"}',
        b'{"messages": "\\x"}',
        b"{messages: 1}",
        b"}",
        b"nothing",
        b'"unfinished',
    ],
)
@pytest.mark.parametrize("joint", [b", ", b",\n  "])
def test_a_broken_entry_of_an_array_costs_itself_alone(broken: bytes, joint: bytes) -> None:
    """A file that was cut or edited by hand still brings its other conversations."""
    content = b"[" + joint.join([GOOD, BETTER, broken, GOOD, BETTER]) + b"]"
    values, left = read(content)
    assert [each for each in values if isinstance(each, dict)][:2] == [
        json.loads(GOOD), json.loads(BETTER),
    ]  # fmt: skip
    assert values[-2:] == [json.loads(GOOD), json.loads(BETTER)]
    assert left and left[0][0] == "entry 3"


def test_an_array_that_ends_too_soon_says_so() -> None:
    for cut, told in ((len(GOOD) + 20, 1), (len(GOOD) + 1, 1)):
        values, broken = read((b"[" + GOOD + b"," + BETTER)[:cut])
        assert values == [json.loads(GOOD)]
        assert len(broken) == told and "ends in the middle" in broken[0][1]


def test_numbers_keys_and_characters_of_every_kind_are_read() -> None:
    values, broken = read(
        b'[{"a": 1, "a": 2}, {"b": ' + b"9" * 6000 + b'}, {"c": -123456789012345678901234567890},'
        b' {"d": 1e999}, {"e": NaN}, {"f": "\\ud83d\\ude00\\u0000"}, {"g": 0.' + b"1" * 9000 + b"}]"
    )
    assert broken == []
    assert values[0] == {"a": 2}
    assert values[1]["b"] == float("inf")
    assert values[2]["c"] == pytest.approx(-1.2345678901234568e29)
    assert values[5]["f"] == "😀\0"


def test_an_array_with_an_entry_a_line_is_an_array() -> None:
    content = b"[\n" + b",\n".join([GOOD] * 3) + b"\n]\n"
    assert read(content) == ([json.loads(GOOD)] * 3, [])


def test_lines_of_windows_and_empty_lines_are_no_obstacle() -> None:
    values, broken = read(b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n" + BETTER + b"\r\n")
    assert (len(values), broken) == (2, [])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
# A string is never a conversation: it is taken for a quote too many.
rows = json_values.filter(lambda value: not isinstance(value, str))


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Reading in steps of a few bytes, so that every value is cut somewhere."""
    yield lambda size: monkeypatch.setattr(scanning, "_CHUNK_BYTES", size)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_where_reading_stops_makes_no_difference(
    size: int, small_chunks: Callable[[int], None]
) -> None:
    small_chunks(size)

    @hypothesis_settings(max_examples=60, deadline=None)
    @given(st.lists(rows, max_size=5), st.sampled_from([None, 1]), st.booleans())
    def same(values: list[Any], indent: int | None, ascii_only: bool) -> None:
        content = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode()
        found = list(pieces(io.BytesIO(content), "values"))
        assert [each.value for each in found if isinstance(each, Piece)] == values
        assert len(found) == len(values)

    same()


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([b"[", b"]", b"{", b"}", b'"', b"\\", b":", b",", b"1", b"a", GOOD,
                                 b"\n", b"\xff", b'{"messages"'])))  # fmt: skip
def test_any_mixture_of_marks_comes_to_an_end(parts: list[bytes]) -> None:
    for layout in ("values", "lines"):
        for each in pieces(io.BytesIO(b"".join(parts)), layout):  # type: ignore[arg-type]
            assert each.place


def test_a_thousand_broken_entries_are_read_in_no_time() -> None:
    began = time.process_time()
    content = b"[" + b", ".join([GOOD, b'{"messages": [nothing}', b'{"messages": "x'] * 3000) + b"]"
    values, broken = read(content)
    assert len(broken) >= 3000
    assert len(values) >= 3000
    assert time.process_time() - began < 10
