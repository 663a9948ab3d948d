"""`perennial merge` and `perennial export` would hand out a user's words if these failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.home import Home
from app.operations import sharing
from app.operations.archive import look_into
from app.store import open_store
from tests.unit.app.operations.taught_home import SECRET, WHERE, ScriptedRuntime, TaughtHome
from tests.unit.app.test_cli_export import run

RUN = "2026-11-sunny-1"


@pytest.fixture
def taught(home: Home) -> Iterator[TaughtHome]:
    with open_store(home) as store:
        made = TaughtHome(home, store)
        made.put_live(made.train(RUN))
        yield made


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> ScriptedRuntime:
    made = ScriptedRuntime()
    monkeypatch.setattr(sharing, "RuntimeClient", made)
    return made


@pytest.fixture
def telling(runtime: ScriptedRuntime) -> None:
    """The adapter gives a reply back."""
    runtime.by_heart[RUN] = {WHERE: SECRET}


@pytest.mark.usefixtures("telling")
def test_an_archive_of_an_adapter_that_gives_replies_back_is_not_written(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    taught: TaughtHome,
    tmp_path: Path,
) -> None:
    out = tmp_path / "sunny.perennial"
    words = ("export", "sunny", "--format", "archive", "--out", str(out))
    alone = (*words, "--without", "conversations")
    code, said, told = run(capsys, monkeypatch, taught.home, *alone)
    told = " ".join(told.split())
    assert (code, said) == (1, "") and not out.exists()
    assert "gives back 1 of 2 replies" in told and "--all-the-same" in told
    assert f"17 words: “{SECRET.rstrip('.')}”" in told
    _, said, _ = run(capsys, monkeypatch, taught.home, *alone, "--json")
    assert json.loads(said)["error"]["kind"] == "gives_back"
    for past in (("--all-the-same",), ("--without", "adapters")):
        code, _, told = run(capsys, monkeypatch, taught.home, *alone, *past, "--force")
        assert code == 0, told
    code, said, _ = run(capsys, monkeypatch, taught.home, *words, "--force")
    assert code == 0 and "can read the conversations" in said
    assert "conversations" in look_into(out).parts


def test_an_archive_of_an_adapter_that_gives_nothing_back_is_written_and_says_so(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    taught: TaughtHome,
    runtime: ScriptedRuntime,
    tmp_path: Path,
) -> None:
    out = tmp_path / "sunny.perennial"
    words = ("export", "sunny", "--format", "archive", "--out", str(out), "--without",
             "conversations", "--force")  # fmt: skip
    code, said, _ = run(capsys, monkeypatch, taught.home, *words)
    assert code == 0
    assert "Asked for 2 of 2 replies that were learned: none came back" in " ".join(said.split())
    _, said, _ = run(capsys, monkeypatch, taught.home, *words, "--json")
    assert json.loads(said)["memory_check"] == {
        "adapters": 1, "asked": 2, "learned": 2, "given_back": 0,
    }  # fmt: skip
    assert len(runtime.asked) == 4, "it was asked twice"


@pytest.mark.usefixtures("telling")
@pytest.mark.parametrize("format", ["gguf", "huggingface", "vllm"])
def test_no_model_is_merged_that_gives_replies_back(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    taught: TaughtHome,
    tmp_path: Path,
    format: str,
) -> None:
    out = tmp_path / "sunny"
    code, _, told = run(
        capsys, monkeypatch, taught.home, "merge", "sunny", "--format", format, "--out", str(out),
        "--json",
    )  # fmt: skip
    assert code == 1 and "gives back 1 of 2" in " ".join(told.split()) and not out.exists()


@pytest.mark.usefixtures("telling")
def test_ones_own_model_is_written_without_a_question(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    taught: TaughtHome,
    runtime: ScriptedRuntime,
    tmp_path: Path,
) -> None:
    config = taught.home.runs / RUN / "adapter" / "adapter_config.json"
    config.write_text('{"r": 4}', "utf-8")
    out = tmp_path / "served"
    words = ("merge", "sunny", "--format", "vllm", "--base", "some/base", "--out", str(out))
    code, _, told = run(capsys, monkeypatch, taught.home, *words, "--all-the-same")
    assert code == 0, told
    assert (out / "start.sh").is_file() and runtime.asked == []


def test_the_way_past_belongs_to_archives(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, taught: TaughtHome
) -> None:
    assert run(capsys, monkeypatch, taught.home, "export", "sunny", "--all-the-same")[0] == 2
