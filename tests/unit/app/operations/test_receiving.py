"""A dropped file would go to the wrong persona, or half of it come in, if these failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import ImportRefused
from app.home import Home
from app.operations import receiving
from app.operations.archive import part_sizes
from app.operations.offers import Offer, languages_of
from app.store import Store, open_store
from tests.unit.app.importers.pictures import packed, picture, text


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


def _said(question: str, reply: str, system: str = "", **rating: Any) -> bytes:
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    messages += [
        {"role": "user", "content": question},
        {"role": "assistant", "content": reply, **rating},
    ]
    return json.dumps({"messages": messages}).encode()


def _card(folder: Path, name: str) -> Path:
    data = {"name": name, "description": "Kind.", "personality": "", "scenario": "",
            "first_mes": "Hello.", "mes_example": ""}  # fmt: skip
    path = folder / f"{name}.png"
    path.write_bytes(picture(text("chara", packed({"spec": "chara_card_v2", "data": data}))))
    return path


@pytest.fixture
def month(tmp_path: Path) -> Path:
    path = tmp_path / "month.jsonl"
    path.write_bytes(_said("One?", "Yes.", "You are kind.") + b"\n" + _said("Two?", "No."))
    return path


def test_looking_writes_nothing_and_says_who_would_be_made(store: Store, month: Path) -> None:
    found = receiving.look(store, Offer((month,)))
    assert (found.name, found.result.conversations) == ("Month", 2)
    assert store.personas.all() == []


def test_new_persona_is_made_once_and_found_again(home: Home, store: Store, month: Path) -> None:
    """Who drops the same file twice has one persona with it, not two."""
    offer = Offer((month,), name="Kind one")
    first = receiving.take(home, store, offer)
    again = receiving.take(home, store, offer)
    assert first.persona == again.persona
    assert first.persona is not None and first.persona.system_prompt == "You are kind."
    assert (again.result.conversations, again.result.duplicates) == (0, 2)


def test_every_card_is_somebody_and_known_the_second_time(
    home: Home, store: Store, tmp_path: Path
) -> None:
    offer = Offer((_card(tmp_path, "Mira"), _card(tmp_path, "Noah")))
    taken = receiving.take(home, store, offer)
    assert [each.name for each in taken.cards] == ["Mira", "Noah"]
    found = receiving.look(store, offer)
    assert [each.here_as for each in found.newcomers] == ["Mira", "Noah"]
    assert found.result.conversations == 0


def test_whole_leaves_no_persona_behind(
    home: Home, store: Store, month: Path, tmp_path: Path
) -> None:
    month.write_bytes(month.read_bytes() + b"\n{broken")
    with pytest.raises(ImportRefused, match="line 3"):
        receiving.take(home, store, Offer((_card(tmp_path, "Mira"), month), whole=True))
    assert store.personas.all() == []


def test_what_cannot_be_read_is_told_beside_what_can(
    home: Home, store: Store, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.json"
    empty.write_bytes(b"")
    offer = Offer((empty, _card(tmp_path, "Mira")))
    assert [fault.path for fault in receiving.look(store, offer).faults] == [empty]
    taken = receiving.take(home, store, offer)
    assert [fault.path for fault in taken.faults] == [empty]
    assert [each.name for each in store.personas.all()] == ["Mira"]


def test_format_can_be_chosen_for_one_file_of_several(
    store: Store, month: Path, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"prompt": "Salt?", "completion": "Yes.", "label": True}))
    plain = receiving.look(store, Offer((month, rows))).result
    chosen = receiving.look(store, Offer((month, rows), {rows: "prompt"})).result
    assert [each.format for each in plain.documents] == ["messages", "kto"]
    assert [each.format for each in chosen.documents] == ["messages", "prompt"]
    assert (plain.up, chosen.up) == (1, 0)


def test_parts_are_measured_with_what_they_are_counted_by(
    home: Home, store: Store, month: Path
) -> None:
    rated = _said("Three?", "Perhaps.", rating="up")
    month.write_bytes(month.read_bytes() + b"\n" + rated)
    persona = receiving.take(home, store, Offer((month,))).persona
    assert persona is not None
    sizes = part_sizes(home, store, persona)
    assert {part: size.rows for part, size in sizes.items()} == {
        "conversations": 3, "ratings": 1, "adapters": 0, "replay": 0,
    }  # fmt: skip
    assert sizes["conversations"].bytes > 20


@pytest.mark.parametrize(
    ("said", "languages"),
    [
        (["Hello there, how are you?"], ("en",)),
        (["오늘은 뭐 먹을까?", "따뜻한 국수 어때?"], ("ko",)),
        (["How do I say hello in Korean?", "안녕하세요 라고 하면 됩니다"], ("en", "ko")),
        ([], ("en",)),
    ],
)
def test_persona_speaks_what_was_spoken(said: list[str], languages: tuple[str, ...]) -> None:
    assert languages_of(said) == languages
