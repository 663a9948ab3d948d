"""A character card becomes a persona with its prompt, its greeting and its way of speaking."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pytest

from app.errors import ImportRefused
from app.operations.importing import read_persona
from tests.unit.app.importers import shapes
from tests.unit.app.importers.desk import Desk, reasons
from tests.unit.app.importers.pictures import SIGNATURE, chunk, packed, picture, text

PROMPT = "Wren sails with User.\n\nPersonality: bold\n\nScenario: At sea."


def test_v1_fills_its_placeholders_in_as_plain_text(desk: Desk) -> None:
    path = desk.file("wren.json", shapes.card_v1())
    persona = read_persona(path)
    assert (persona.name, persona.system_prompt, persona.is_card) == ("Wren", PROMPT, True)
    result = desk.take(path)
    assert desk.texts() == [
        ["Ahoy, User!"],
        ["Where to?", "North,\nalways north."],
        ["And then?", "Home."],
    ]
    assert result.up == result.down == 0
    assert {talk.system_prompt for talk in desk.conversations()} == {PROMPT}


def test_v2_brings_its_prompt_and_other_greetings_and_ignores_extensions(desk: Desk) -> None:
    path = desk.file("wren.json", shapes.card_v2())
    assert read_persona(path).system_prompt == f"You are Wren. \n\n{PROMPT}".replace(". \n", ".\n")
    desk.take(path)
    (greeting,) = desk.path_of(desk.conversations()[0])
    others = [each.content for each in desk.store.messages.siblings(greeting.id)]
    assert others == ["Ahoy, User!", "Who goes there?"]


def test_v3_speaks_by_its_nickname_and_keeps_its_name(desk: Desk) -> None:
    persona = read_persona(desk.file("wren.json", shapes.card_v3()))
    assert persona.name == "Wren"
    assert persona.system_prompt.startswith("You are Captain.")


@pytest.mark.parametrize("order", [("chara", "ccv3"), ("ccv3", "chara")])
def test_in_a_picture_v3_wins_over_v2_whatever_comes_first(
    desk: Desk, order: tuple[str, ...]
) -> None:
    cards = {"chara": shapes.card_v2(), "ccv3": shapes.card_v3()}
    content = picture(*(text(name, packed(cards[name])) for name in order))
    assert "Captain" in read_persona(desk.file("wren.png", content)).system_prompt


def test_packed_text_chunks_are_read_too(desk: Desk) -> None:
    data = packed(shapes.card_v1())
    small = zlib.compress(data)
    for each in (
        chunk(b"zTXt", b"chara\0\0" + small),
        chunk(b"iTXt", b"chara\0\1\0\0\0" + small),
        chunk(b"iTXt", b"chara\0\0\0\0\0" + data),
    ):
        assert read_persona(desk.file("wren.png", picture(each))).name == "Wren"


def test_a_name_that_looks_like_a_placeholder_is_only_a_name(desk: Desk) -> None:
    card = {**shapes.card_v1(), "name": "{{user}}"}
    assert read_persona(desk.file("x.json", card)).system_prompt.startswith("{{user}} sails")


def test_a_card_taken_twice_comes_in_once(desk: Desk) -> None:
    path = desk.file("wren.json", shapes.card_v2())
    desk.take(path)
    assert (desk.take(path).conversations, desk.take(path).duplicates) == (0, 3)


BOMB = zlib.compress(bytes(64 << 20), 9)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (picture(), "without a character card"),
        (SIGNATURE, "without a character card"),
        (picture(text("chara", b"no base 64, no JSON")), "cannot be read"),
        (picture(text("chara", packed([1]))), "not an object"),
        (picture(text("chara", packed({"name": "x"}))), "no character card"),
        (picture(chunk(b"tEXt", b"chara\0x", crc=1)), "checksum is wrong"),
        (picture(chunk(b"tEXt", b"chara\0x", length=0xFFFFFFF0)), "impossible length"),
        (picture(chunk(b"tEXt", b"chara\0x", length=1 << 30)), "longer than 16 MB"),
        (picture(chunk(b"tEXt", b"chara\0x", length=1 << 20)), "in the middle of chunk"),
        (picture(chunk(b"gAMA", b"", length=1 << 20)), "in the middle of chunk"),
        (picture(chunk(b"zTXt", b"chara\0\0" + BOMB)), "bursts"),
        (picture(chunk(b"iTXt", b"chara\0\1\0\0\0" + BOMB)), "bursts"),
        (picture(chunk(b"zTXt", b"chara\0\0no zlib")), "is damaged"),
        (picture(text("chara", packed(shapes.card_v1())))[:60], "in the middle of chunk"),
    ],
)
def test_a_broken_picture_is_named_with_what_is_wrong(
    desk: Desk, content: bytes, reason: str
) -> None:
    path = desk.file("bad.png", content)
    with pytest.raises(ImportRefused, match=rf"bad\.png: .*{reason}"):
        desk.take(path)
    good = desk.file("good.json", shapes.card_v1())
    result = desk.take(path, good)
    assert result.conversations == 3
    assert len(reasons(result)) == 1 and reason in reasons(result)[0][1]


@pytest.mark.parametrize("field", ["description", "first_mes", "mes_example", "name"])
@pytest.mark.parametrize("value", [7, ["x"], {"a": 1}, "\ud800"])
def test_a_card_with_something_else_in_a_field_says_which(
    desk: Desk, field: str, value: Any
) -> None:
    path = desk.file("bad.json", {**shapes.card_v1(), field: value})
    with pytest.raises(ImportRefused, match=r"bad\.json") as refused:
        desk.take(path)
    assert field in str(refused.value) or "name" in str(refused.value)


def test_a_card_without_a_card_in_a_folder_is_only_another_picture(
    desk: Desk, tmp_path: Path
) -> None:
    desk.file("holiday.png", picture())
    desk.file("wren.png", picture(text("chara", packed(shapes.card_v1()))))
    result = desk.take(desk.folder)
    assert (result.conversations, result.left_out, result.aside) == (3, (), {"document": 1})
