"""Whatever a file holds, it ends in words that name the place, and what is good comes in.

Each format is offered more than 2,000 wrong rows or files; a file of many rows counts each row.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.errors import ImportRefused
from app.importers.tally import ImportResult
from tests.unit.app.importers import shapes
from tests.unit.app.importers.desk import Desk
from tests.unit.app.importers.hostile import wrong_bytes, wrong_line, wrong_row
from tests.unit.app.importers.pictures import picture, text

FILES, ROWS = 26, 80
CARDS = 2100
LAYOUTS = ("lines", "array")
seeds = st.integers(0, 2**64 - 1)
patient = hypothesis_settings(
    max_examples=FILES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def good(name: str, mark: str) -> Any:
    """A row of the real shape with words of its own, by which it is found again."""
    row = json.dumps(shapes.ROWS[name](), ensure_ascii=False)
    for word in (
        "Hello",
        "2 + 2?",
        "Tea?",
        "How do bees fly?",
        "Green or black?",
        "Salt or sugar?",
    ):
        row = row.replace(f'"{word}"', f'"{mark} {word}"')
    # A name of its own, so that it is no second copy of the wrong ones.
    for own in ("6f1c-1", "c1a0-1", "0b7d-1", '"id": "m1"', '"id": "s1"'):
        row = row.replace(own, own.replace("-1", f"-{mark}").replace('1"', f'{mark}"'))
    return json.loads(row.replace('"안녕"', f'"{mark} 안녕"'))


def check_told(result: ImportResult, file: str) -> None:
    """Everything that was left out is named with its file, its place and a reason."""
    for each in result.left_out:
        assert each.file == file
        assert re.fullmatch(r"(line|entry) \d+|the end|", each.place)
        assert each.reason and each.reason.isprintable() and len(each.reason) < 200


def words_here(desk: Desk) -> str:
    return "\n".join(
        str(row["content"]) for row in desk.store._database.rows("SELECT content FROM messages")
    )


@pytest.mark.parametrize("name", list(shapes.ROWS))
@patient
@given(seed=seeds)
def test_good_rows_among_wrong_ones_come_in(desk: Desk, name: str, seed: int) -> None:
    """One bad row must cost nobody the thousand good ones around it."""
    random = Random(seed)
    row = shapes.ROWS[name]()
    first, last = f"first{seed:x}", f"last{seed:x}"
    wrong = [wrong_line(row, random) for _ in range(ROWS)]
    lines = [
        json.dumps(good(name, first)).encode(),
        *wrong[: ROWS // 2],
        json.dumps(good(name, f"middle{seed:x}")).encode(),
        *wrong[ROWS // 2 :],
        json.dumps(good(name, last)).encode(),
    ]
    path = desk.file("wrong", b"\n".join(lines))
    result = desk.take(path, format=name)
    check_told(result, "wrong")
    here = words_here(desk)
    assert all(mark in here for mark in (first, f"middle{seed:x}", last))
    told = {each.place for each in result.left_out}
    filled = sum(bool(line.strip()) for line in lines)
    if result.left_out_count == len(result.left_out):
        came = result.conversations + result.grown + result.duplicates
        assert filled <= came + len(told) <= filled + len(told)
    if seed % 5 == 0:
        assert desk.preview(path, format=name).left_out == result.left_out
        again = desk.take(path, format=name)
        assert (again.conversations, again.grown, again.messages) == (0, 0, 0)


@pytest.mark.parametrize("name", list(shapes.ROWS))
@hypothesis_settings(patient, max_examples=4)
@given(seed=seeds)
def test_wrong_values_in_an_array_leave_its_good_ones(desk: Desk, name: str, seed: int) -> None:
    random = Random(seed)
    row = shapes.ROWS[name]()
    values = [wrong_row(row, random) for _ in range(ROWS)]
    values = [good(name, f"first{seed:x}"), *values, good(name, f"last{seed:x}")]
    content = json.dumps(values, indent=random.choice([None, 1])).encode()
    result = desk.take(desk.file("wrong", content), format=name)
    check_told(result, "wrong")
    here = words_here(desk)
    assert f"first{seed:x}" in here and f"last{seed:x}" in here


@patient
@given(seed=seeds)
def test_a_chat_with_wrong_lines_keeps_the_good_ones(desk: Desk, seed: int) -> None:
    random = Random(seed)
    header, *lines = shapes.tavern()
    header["chat_metadata"]["integrity"] = f"{seed:x}"
    wrong = [wrong_line(random.choice(lines), random) for _ in range(ROWS)]
    said = [{**lines[1], "mes": f"{mark}{seed:x}"} for mark in ("first", "last")]
    content = [json.dumps(each).encode() for each in (header, lines[0], said[0])]
    content += [*wrong, json.dumps(said[1]).encode()]
    result = desk.take(desk.file("wrong", b"\n".join(content)), format="sillytavern")
    check_told(result, "wrong")
    here = words_here(desk)
    assert f"first{seed:x}" in here and f"last{seed:x}" in here


@hypothesis_settings(patient, max_examples=CARDS // 100)
@given(seed=seeds)
def test_a_wrong_card_is_a_persona_or_says_why_not(desk: Desk, seed: int) -> None:
    random = Random(seed)
    paths = []
    for number in range(100):
        card = random.choice([shapes.card_v1, shapes.card_v2, shapes.card_v3])()
        line = wrong_line(card, random)
        if number % 2:
            keyword = random.choice(["chara", "ccv3"])
            line = picture(text(keyword, base64.b64encode(line)))
            if number % 4 == 1:
                line = wrong_bytes(line, random)
        paths.append(desk.file(f"card{number}", line))
    result = desk.preview(*paths, desk.path_of_good())
    assert result.conversations >= 1
    for each in result.left_out:
        assert re.fullmatch(r"card\d+", each.file)
        assert each.reason


@pytest.mark.parametrize("content", [b"", b"   \n\n", b"\xef\xbb\xbf", b"\0" * 99, b"hello\nworld",
                                     b"\xff\xfeh\0i\0", b"[]", b"{}", b"[[[]]]", b"null", b"7",
                                     b"a,b\n1,2", b"%PDF-1.7\n", b"SQLite format 3\0",
                                     b'{"messages"', b"<html>", b'"', b"[" * 100_000,
                                     b'{"a":' * 100_000, b'[{"a":' * 50_000])  # fmt: skip
def test_what_is_no_conversation_is_named(desk: Desk, content: bytes) -> None:
    path = desk.file("strange.json", content)
    before = desk.rows()
    with pytest.raises(ImportRefused, match=r"strange\.json: .*Nothing was changed"):
        desk.take(path)
    assert desk.rows() == before
    assert desk.take(path, desk.path_of_good()).left_out[0].file == "strange.json"


@pytest.mark.parametrize("name", [*shapes.ROWS, "sillytavern", "card"])
@pytest.mark.parametrize("other", [*shapes.ROWS, "card"])
def test_another_formats_file_is_refused_in_words(desk: Desk, name: str, other: str) -> None:
    """A wrong choice of format must be seen, not swallowed."""
    row = shapes.card_v2() if other == "card" else shapes.ROWS[other]()
    path = desk.file("other.json", row)
    try:
        result = desk.take(path, format=name)
    except ImportRefused as refused:
        assert "other.json: " in str(refused)
    else:
        # Some rows are good in two formats; what is no row of the chosen one is named.
        assert result.conversations or result.left_out
        assert all(each.file == "other.json" and each.reason for each in result.left_out)


def test_any_bytes_at_all(desk: Desk) -> None:
    @hypothesis_settings(patient, max_examples=300)
    @given(st.lists(st.binary(max_size=60) | st.sampled_from([b"[", b'{"messages":[', b"]}"])))
    def offer(parts: list[bytes]) -> None:
        path = desk.file("bytes.json", b"".join(parts))
        result = desk.take(path, desk.path_of_good())
        assert result.conversations + result.duplicates + result.left_out_count >= 2

    offer()


def test_nothing_of_a_file_becomes_a_path(desk: Desk, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    row = {**shapes.chatgpt(), "title": "../../x", "conversation_id": "../../../y"}
    desk.take(desk.file("t.json", [row]))
    assert set(tmp_path.rglob("*")) - before == {desk.folder / "t.json"}
    assert desk.conversations()[0].title == "../../x"
