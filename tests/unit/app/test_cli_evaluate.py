"""Who asks how many replies hold a bar must see it by subject, and what was not counted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from app.evaluation import checks
from app.evaluation.answer_cache import AnswerCache
from app.evaluation.commands import CommandCheck, Found
from app.evaluation.exam import Examinee, Message, Said
from app.home import Home
from app.operations import evaluating
from app.operations.evaluating import ADAPTER, BASE, Seated
from app.store import Persona
from ollama_bridge.runtime.client import RuntimeClient
from tests.unit.app.test_cli import run, sunny

__all__ = ("sunny",)

SUITE = """
version: 1
name: cloud
bars: {validates: 0.85}
cases:
- {id: c1, prompt: One, checks: &checks [{kind: command, program: terraform,
   arguments: [validate], file: main.tf, blocks: [hcl], bar: validates}]}
- {id: c2, prompt: Two, checks: *checks}
- {id: c3, prompt: Three, checks: *checks}
"""


class Pupil:
    """Answers each question with the same words."""

    def __init__(self, *says: str) -> None:
        self._says = dict(zip(("One", "Two", "Three"), says, strict=True))

    def reply(self, messages: Sequence[Message], *_: Any) -> Said:
        return Said(self._says[messages[-1]["content"]], 1)

    def likelihood(self, messages: Sequence[Message], reply: str) -> float:
        raise AssertionError("no choice is here")


@pytest.fixture
def suite(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite with a bar; the base holds it once of twice, the adapter always."""

    @contextmanager
    def seated(*_: Any) -> Iterator[Seated]:
        cache = AnswerCache(tmp_path / "answers.jsonl")
        pupils = {BASE: Pupil("good", "bad", "absent"), ADAPTER: Pupil("good", "good", "good")}
        examinees = {
            name: Examinee(pupil, cache, ("base", name), "") for name, pupil in pupils.items()
        }
        yield Seated(cast(RuntimeClient, None), examinees, {BASE: None, ADAPTER: "run-1"})

    def check_command(_: CommandCheck, reply: str, _own: Path | None) -> Found:
        return Found(reply == "good", "no", "terraform is missing" if reply == "absent" else "")

    monkeypatch.setattr(evaluating, "seated", seated)
    monkeypatch.setattr(checks, "check_command", check_command)
    home.models.mkdir(parents=True, exist_ok=True)
    (home.models / "tiny.gguf").touch()
    path = tmp_path / "cloud.yaml"
    path.write_text(SUITE, "utf-8")
    return path


def test_each_bar_is_shown_by_subject_with_what_was_not_counted(
    home: Home,
    sunny: Persona,
    suite: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    words = ("evaluate", "sunny", "--suite", str(suite), "--home", str(home.root))
    code, out, told = run(capsys, monkeypatch, *words)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 0, told
    assert "Suite Bar By Held Share At least Reached" in lines
    assert any(line.startswith("cloud validates base 1 of 2 50 % (") for line in lines)
    assert any(line.startswith("cloud validates adapter 3 of 3 100 % (") for line in lines)
    ends = [line.split()[-3:] for line in lines if line.startswith("cloud validates")]
    assert ends == [["85", "%", "no"], ["85", "%", "yes"]]
    assert "Not counted: 1 case of validates by base, since terraform is missing." in lines
    bars = json.loads(run(capsys, monkeypatch, *words, "--json")[1])["bars"]
    assert [(each["subject"], each["right"], each["of"], each["reached"]) for each in bars] == [
        (BASE, 1, 2, False),
        (ADAPTER, 3, 3, True),
    ]
    assert bars[0]["unjudged"] == [{"why": "terraform is missing", "cases": 1}]


def test_the_quick_exam_counts_no_bar_since_it_asks_only_a_part(
    home: Home,
    sunny: Persona,
    suite: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick = SUITE.replace("id: c1", "id: c1, quick: true")
    home.suites.mkdir(parents=True, exist_ok=True)
    (home.suites / "cloud.yaml").write_text(quick, "utf-8")
    monkeypatch.setattr(
        evaluating,
        "quick_cases",
        lambda suites, _: [
            case for suite in suites for case in suite.cases if case.quick and suite.name == "cloud"
        ],
    )
    code, out, _ = run(capsys, monkeypatch, "evaluate", "sunny", "--home", str(home.root), "--json")
    found = json.loads(out)
    assert (code, found["exam"], found["cases"], found["bars"]) == (0, "quick", 1, [])
