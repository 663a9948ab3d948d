"""Whoever asks how good an adapter is must hear of the one that is served, on the real runtime."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ollama_bridge.gguf_adapter import convert
from ollama_bridge.runtime.client import RuntimeClient
from tests.tiny_gguf import write_tiny_adapter
from tests.tiny_month import TinyMonth
from tests.unit.app.test_cli import run
from trainer.contract.folder import RunFolder, file_digest

ADAPTER = "2026-11-sunny-1"


@pytest.fixture
def served(month: TinyMonth) -> TinyMonth:
    """A persona that speaks through an adapter."""
    folder = RunFolder(month.home.runs / ADAPTER)
    store, persona, base = month.store, month.persona, month.base
    convert(write_tiny_adapter(folder.adapter), folder.adapter_gguf, base.path)
    store.runs.add(ADAPTER, persona.id, base.id, None, "tiny", 1)
    adapter = store.adapters.add(
        persona.id, base.id, ADAPTER, None, folder.adapter, folder.adapter_gguf,
        file_digest(folder.adapter_gguf),
    )  # fmt: skip
    store.deployments.put_live(persona.id, ADAPTER, adapter.id, "runtime", "1", "runtime", {})
    return month


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, int]]:
    """Who was asked, and for how many tokens."""
    calls: list[tuple[str | None, int]] = []
    real = RuntimeClient.complete_chat

    def complete_chat(self: RuntimeClient, messages: Any, **options: Any) -> Any:
        calls.append((options["adapter"], options["sampling"].max_tokens))
        return real(self, messages, **options)

    monkeypatch.setattr(RuntimeClient, "complete_chat", complete_chat)
    return calls


def test_the_adapter_in_use_is_examined_beside_its_base(
    served: TinyMonth,
    asked: list[tuple[str | None, int]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = ("--home", str(served.home.root))
    code, out, told = run(capsys, monkeypatch, "evaluate", "sunny", *where, "--json")
    found = json.loads(out)
    assert code == 0 and "Examining" in told
    assert (found["base"], found["adapter"], found["exam"]) == ("tiny", ADAPTER, "quick")
    assert {"answers", "language.en", "safety"} <= {row["group"] for row in found["groups"]}
    for row in found["groups"]:
        assert row["base"]["of"] == row["adapter"]["of"] == row["cases"]
        change = row["adapter"]["right"] - row["base"]["right"]
        assert row["gained"] - row["lost"] == change
    assert found["latency"] is None
    assert {name for name, _ in asked} == {None, ADAPTER}

    asked.clear()
    code, out, _ = run(capsys, monkeypatch, "evaluate", "sunny", "--full", *where)
    assert code == 0 and "language.en" in out and "90 of 100 within" in out
    # What was answered before is known; what is timed is asked anew.
    each = [(1, 1), *[(32, 8)], (512, 2)]
    assert asked == [
        (name, tokens) for name in (None, ADAPTER) for tokens, times in each for _ in range(times)
    ]


def test_a_persona_without_an_adapter_is_examined_on_its_base(
    month: TinyMonth,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    suite = tmp_path / "own.yaml"
    suite.write_text(
        "version: 1\nname: own\ncases:\n"
        "  - {id: own-1, prompt: Well?, max_tokens: 4, checks: [{kind: answers}]}\n"
        "  - {id: own-2, language: ko, prompt: 네?, checks: [{kind: answers}]}\n",
        "utf-8",
    )
    where = ("--home", str(month.home.root))
    words = ("evaluate", "sunny", "--suite", str(suite), *where)
    code, out, _ = run(capsys, monkeypatch, *words, "--json")
    found = json.loads(out)
    assert (code, found["adapter"], found["exam"], found["cases"]) == (0, None, "suites", 1)
    (group,) = found["groups"]
    assert (group["group"], group["adapter"], group["lost"]) == ("own", None, 0)
    assert [each["cases"] for each in found["skipped"]] == [1]
    code, out, _ = run(capsys, monkeypatch, *words)
    assert code == 0 and "no adapter in use" in out and "Not judged: 1 case, " in out


def test_own_questions_are_asked_of_the_base_and_the_adapter_in_use(
    served: TinyMonth,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "kitchen.csv"
    file.write_text(
        "question,answer,type,a,b\nWet?,a,weather,rain,salt\nSay tea 4.,T!,manner,,\n", "utf-8"
    )
    where = ("--home", str(served.home.root))
    code, _, _ = run(capsys, monkeypatch, "tests", "add", str(file), "--persona", "sunny", *where)
    assert code == 0
    code, out, told = run(capsys, monkeypatch, "tests", "run", "sunny", *where, "--json")
    found = json.loads(out)
    assert code == 0 and "Examining" in told
    (test,) = found["tests"]
    scores = {row["kind"]: row for row in test["scores"]}
    assert list(scores) == ["All", "weather", "manner"]
    assert scores["weather"]["chance"] == 0.5
    assert {name: share["of"] for name, share in scores["All"]["subjects"].items()} == {
        "base": 2,
        "adapter": 2,
    }
    code, out, _ = run(capsys, monkeypatch, "tests", "run", "sunny", "kitchen", *where)
    assert code == 0
    assert "Chance" in out and "weather" in out and "Gained" in out
