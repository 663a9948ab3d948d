"""`perennial import` takes files as they come, says what it did, and guesses nothing in silence."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.home import Home
from app.operations import base
from app.store import Base, Store, open_store
from tests.unit.app.importers import shapes
from tests.unit.app.importers.desk import said


@pytest.fixture(autouse=True)
def a_small_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new persona speaks through the starter, which need not be here for its import."""

    def starter(home: Home, store: Store, _tell: object) -> Base:
        known = store.bases.all()
        return known[0] if known else store.bases.add("tiny", "gguf", home.root / "t", "d", "x", 1)

    monkeypatch.setattr(base, "starter_base", starter)


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Home, *words: object
) -> tuple[int, str, str]:
    monkeypatch.setattr(
        sys, "argv", ["perennial", "import", *map(str, words), "--home", str(home.root)]
    )
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, told = capsys.readouterr()
    return int(ended.value.code or 0), out, told


def write(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def test_a_file_becomes_a_persona_with_its_archive_and_is_told_of(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [shapes.messages(), {"messages": 1}]
    path = write(tmp_path / "kind_one.jsonl", *rows)
    code, out, _ = run(capsys, monkeypatch, home, path)
    assert code == 0
    assert "Kind one: 1 conversations with 1 replies came in" in out
    assert "left out: kind_one.jsonl, line 2: no list" in out
    code, out, _ = run(capsys, monkeypatch, home, path, "--json")
    row = json.loads(out)
    assert (row["persona"], row["duplicates"], row["left_out_count"]) == ("kind-one", 1, 1)
    with open_store(home) as store:
        (persona,) = store.personas.all()
        assert (persona.name, persona.system_prompt) == ("Kind one", "Be kind.")
        assert list(store.learnable(persona.id)) == []


def test_a_preview_changes_nothing_and_makes_nobody(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "export.json", [shapes.chatgpt()])
    code, out, _ = run(capsys, monkeypatch, home, path, "--preview")
    assert code == 0
    for words in ("ChatGPT export", "1 conversations", "would come in", "OpenAI", "How do bees"):
        assert words in out
    with open_store(home) as store:
        assert store.personas.all() == []


def test_each_card_is_somebody_and_the_rest_goes_to_one_more(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {**shapes.card_v1(), "name": "Rain"}
    files = [
        write(tmp_path / "a.json", shapes.card_v2()),
        write(tmp_path / "b.json", other),
        write(tmp_path / "talks.jsonl", said("q", "a")),
        write(tmp_path / "more.jsonl", said("r", "b")),
    ]
    code, out, _ = run(capsys, monkeypatch, home, *files, "--json")
    imports = json.loads(out)["imports"]
    assert code == 0
    assert [(row["persona"], row["conversations"]) for row in imports] == [
        ("wren", 3),
        ("rain", 3),
        ("talks", 2),
    ]


@pytest.mark.parametrize("first", [True, False])
def test_what_nobody_can_read_does_not_keep_the_files_beside_it_out(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    first: bool,
) -> None:  # fmt: skip
    talks = write(tmp_path / "talks.jsonl", said("q", "a"))
    note = tmp_path / "note.txt"
    note.write_text("milk, bread", "utf-8")
    code, out, _ = run(capsys, monkeypatch, home, *([note, talks] if first else [talks, note]))
    assert code == 0
    assert "Talks: 1 conversations" in out
    assert "left out: note.txt: no format of conversations is recognised in it" in out


def test_who_was_spoken_to_in_korean_speaks_it(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its month would otherwise be examined in English, with no Korean in its replay."""
    run(
        capsys, monkeypatch, home, write(tmp_path / "k.jsonl", said("안녕하세요?", "네, 반가워요."))
    )
    run(capsys, monkeypatch, home, write(tmp_path / "e.jsonl", said("Hello?", "Hi.")))
    with open_store(home) as store:
        assert [each.languages for each in store.personas.all()] == [("ko",), ("en",)]


def test_a_whole_import_of_several_that_fails_leaves_nobody_behind(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = write(tmp_path / "a.json", shapes.card_v2())
    broken = write(tmp_path / "b.jsonl", said("q", "a"), 1)
    code, _, told = run(capsys, monkeypatch, home, card, broken, "--whole")
    assert code == 1
    assert "Nothing was changed." in told
    with open_store(home) as store:
        assert store.personas.all() == []


def test_reviewed_ratings_teach_at_once(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "m.jsonl", said("q", "a", rating="up"))
    run(capsys, monkeypatch, home, path, "--reviewed")
    with open_store(home) as store:
        assert len(list(store.learnable(store.personas.all()[0].id))) == 1


@pytest.mark.parametrize(
    ("words", "said_why"),
    [
        (("--whole",), "m.jsonl, line 2: not valid JSON"),
        (("--format", "morse"), "There is no format morse"),
        (("--persona", "nobody"), "There is no persona nobody"),
    ],
)
def test_a_refusal_is_one_sentence_and_changes_nothing(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...], said_why: str,
) -> None:  # fmt: skip
    path = tmp_path / "m.jsonl"
    path.write_bytes(json.dumps(said("q", "a")).encode() + b"\n{")
    code, out, told = run(capsys, monkeypatch, home, path, *words)
    assert (code, out) == (1, "")
    assert said_why in told
    with open_store(home) as store:
        assert all(not store.conversations.page(each.id) for each in store.personas.all())


def test_markup_in_a_file_stays_text(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title could otherwise colour, hide or link what the terminal shows."""
    row = {**shapes.chatgpt(), "title": "[red]x[/red] \x1b[2J"}
    _, out, _ = run(capsys, monkeypatch, home, write(tmp_path / "c.json", row), "--preview")
    assert "[red]x[/red]" in out and "\x1b" not in out
