"""`perennial storage`, `backup` and `restore`: room and copies without a window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from app import cli, cli_storage
from app.home import Home
from app.store import open_store

_KNOWN = {each.callback for each in cli.app.registered_commands}
for _verb in (cli_storage.storage, cli_storage.backup, cli_storage.restore):
    if _verb not in _KNOWN:
        cli.app.command(name=_verb.__name__)(_verb)


def run(*arguments: str) -> int:
    return cli._run(list(arguments))


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture
def filled(home: Home) -> Home:
    with open_store(home) as store:
        store.personas.add("Sunny")
    (home.models / "served").mkdir()
    (home.models / "served" / "x.gguf").write_bytes(bytes(3000))
    return home


def test_sizes_are_told_and_room_is_made(filled: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("storage", "--home", str(filled.root), "--json") == 0
    before = told(capsys)
    assert before["cleanable"] == 3000 and before["cleaned"] is None
    assert run("storage", "--clean", "all", "--home", str(filled.root), "--json") == 0
    after = told(capsys)
    assert after["cleaned"]["freed"] == 3000 and after["cleanable"] == 0
    assert run("storage", "--home", str(filled.root)) == 0
    assert "Conversations and ratings" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("option", [("--clean", "everything"), ("--older", "2026-01-nobody-1")])
def test_what_there_is_not_cannot_be_cleaned_up(filled: Home, option: tuple[str, str]) -> None:
    assert run("storage", *option, "--home", str(filled.root)) == 2
    assert (filled.models / "served" / "x.gguf").is_file()


def test_a_home_goes_into_a_file_and_comes_out_of_it(
    filled: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "b.zip"
    assert run("backup", str(file), "--home", str(filled.root), "--json") == 0
    assert told(capsys)["path"] == str(file)
    assert run("backup", str(file), "--home", str(filled.root)) == 1, "it was written over"
    capsys.readouterr()
    new = tmp_path / "new"
    assert run("restore", str(file), "--home", str(new), "--json") == 0
    assert told(capsys)["aside"] is None
    assert run("restore", str(file), "--home", str(new), "--yes") == 0
    words = capsys.readouterr().out
    assert "before-restore" in words and f"perennial --home {new}" in words
    with open_store(Home(new)) as store:
        assert [each.name for each in store.personas.all()] == ["Sunny"]


def test_a_home_is_moved_aside_only_when_that_was_agreed_to(
    filled: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "b.zip"
    assert run("backup", str(file), "--home", str(filled.root)) == 0

    def no(*_: object, **__: object) -> bool:
        raise typer.Abort

    monkeypatch.setattr(typer, "confirm", no)
    assert run("restore", str(file), "--home", str(filled.root)) == cli.EXIT_INTERRUPTED
    assert (filled.models / "served" / "x.gguf").is_file()


def test_a_synced_home_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Dropbox").mkdir()
    assert run("storage", "--home", str(tmp_path / "Dropbox" / "home")) == 0
    assert "a folder of Dropbox" in capsys.readouterr().out
