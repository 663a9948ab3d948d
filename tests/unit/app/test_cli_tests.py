"""Somebody who has a test set must get it in and out of the home, and hear what is wrong of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.home import Home
from app.store import Persona
from tests.unit.app.test_cli import run, sunny

__all__ = ("sunny",)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "questions.csv"
    rows = "".join(f"What is number {number} in words?,{number}\n" for number in range(40))
    path.write_text(f"question,answer\n{rows}", "utf-8")
    return path


def test_every_part_of_the_verb_helps_and_takes_home_and_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (("evaluate",), *(("tests", part) for part in ("add", "list", "remove", "run"))):
        code, out, _ = run(capsys, monkeypatch, *words, "--help")
        assert code == 0 and "--home" in out and "--json" in out, words


def test_a_test_set_comes_and_is_listed_and_goes(
    home: Home,
    sunny: Persona,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = ("--home", str(home.root))
    code, out, _ = run(capsys, monkeypatch, "tests", "list", *where)
    assert (code, out.strip()) == (0, "There is no test set yet.")
    code, out, _ = run(capsys, monkeypatch, "tests", "add", str(file), "--name", "Numbers", *where)
    assert code == 0 and "numbers: 40 questions to judge every persona by." in out
    code, out, _ = run(capsys, monkeypatch, "tests", "list", *where)
    assert "numbers" in out and "40" in out
    code, out, _ = run(capsys, monkeypatch, "tests", "list", *where, "--json")
    (row,) = json.loads(out)["tests"]
    assert (row["name"], row["questions"], row["judging"]) == ("numbers", 40, 40)
    assert run(capsys, monkeypatch, "tests", "remove", "numbers", *where)[0] == 0
    assert json.loads(run(capsys, monkeypatch, "tests", "list", *where, "--json")[1]) == {
        "tests": []
    }
    assert run(capsys, monkeypatch, "tests", "remove", "numbers", *where)[0] == 1
    assert file.is_file()


def test_a_split_test_set_tells_where_its_part_to_learn_lies(
    home: Home,
    sunny: Persona,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ("tests", "add", str(file), "--split", "--persona", "sunny", "--home", str(home.root))
    code, out, _ = run(capsys, monkeypatch, *words)
    lessons = home.root / "tests" / "questions.train.jsonl"
    assert code == 0 and lessons.is_file()
    assert f"perennial import {lessons} --persona sunny --reviewed" in out
    code, out, _ = run(capsys, monkeypatch, *words, "--name", "again", "--json")
    assert json.loads(out)["lessons"].endswith("again.train.jsonl")


def test_a_wrong_file_or_persona_ends_in_words_and_leaves_nothing(
    home: Home,
    sunny: Persona,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = ("--home", str(home.root))
    wrong = file.with_name("wrong.csv")
    wrong.write_text("question,answer\nOne?,\n,2\n", "utf-8")
    code, _, told = run(capsys, monkeypatch, "tests", "add", str(wrong), *where)
    assert code == 1 and "has 2 errors" in told and "line 2" in told and "line 3" in told
    code, _, told = run(
        capsys, monkeypatch, "tests", "add", str(file), "--persona", "nobody", *where
    )
    assert code == 1 and "nobody" in told
    assert not (home.root / "tests").exists()
    code, _, told = run(capsys, monkeypatch, "tests", "run", "sunny", *where)
    assert code == 1 and "no test question" in told


def test_an_evaluation_tells_all_errors_of_all_suites_before_it_asks(
    home: Home,
    sunny: Persona,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(
            f"version: 1\nname: {name}\ncases:\n  - {{id: a, checks: []}}\n  - {{prompt: b}}\n",
            "utf-8",
        )
    suites = [
        word for name in ("one", "two") for word in ("--suite", str(tmp_path / f"{name}.yaml"))
    ]
    code, _, told = run(capsys, monkeypatch, "evaluate", "sunny", *suites, "--home", str(home.root))
    assert code == 1
    for name in ("one", "two"):
        assert f"{name}.yaml has" in told
    assert told.count("case a") >= 2 and told.count("case number 2") >= 2
