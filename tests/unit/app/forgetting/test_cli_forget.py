"""The command line would forget too much, too little, or without a word if these failed."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.forgetting import journal
from app.operations import forgetting
from tests.unit.app.forgetting.conftest import ENGLISH, GROWN_RUN, RUN, SecretHome, remains


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, months: SecretHome
) -> Any:
    """`perennial forget` in this process: code, stdout, stderr."""

    def forget(*words: str) -> tuple[int, str, str]:
        place = ["--home", str(months.home.root)]
        monkeypatch.setattr(sys, "argv", ["perennial", "forget", *words, *place])
        monkeypatch.setattr(sys, "excepthook", sys.excepthook)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, told = capsys.readouterr()
        return int(ended.value.code or 0), out, told

    return forget


def test_without_a_word_it_only_tells_what_would_go(
    run: Any, months: SecretHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    before = remains(months.home)
    code, out, _ = run("--conversation", str(months.secret_id), "--json")
    told = json.loads(out)
    assert (code, told["forgotten"], told["counts"]["messages"]) == (0, False, 3)
    assert [(each["run"], each["live"]) for each in told["adapters"]] == [
        (RUN, False), (GROWN_RUN, True),
    ]  # fmt: skip
    code, _, words = run("--conversation", str(months.secret_id))
    assert code == cli.EXIT_INTERRUPTED  # nobody answers the question
    told_in_words = " ".join(words.split())
    assert "3 messages" in told_in_words and "cannot be undone" in told_in_words
    assert "v3 of sunny" in told_in_words
    assert remains(months.home) == before


def test_sentence_is_shown_where_it_stands_and_goes_with_its_conversations(
    run: Any, months: SecretHome
) -> None:
    code, out, told = run("--text", ENGLISH.lower(), "--yes")
    assert code == 0 and out.startswith("Forgotten.")
    assert f"  {months.secret_id}  " in told
    assert "perennial cycle sunny --rebuild" in out
    assert remains(months.home) == []


def test_sentence_that_no_conversation_holds_is_still_cleaned_from_files(
    run: Any, months: SecretHome
) -> None:
    place = months.home.logs / "old.log"
    place.write_text("x The owl of zanzibarbel sleeps. y", "utf-8")
    code, _, _ = run("--text", "The owl of zanzibarbel sleeps.", "--yes")
    assert code == 0 and "zanzibarbel" not in place.read_text("utf-8")


def test_adapters_are_deleted_with_a_word(run: Any, months: SecretHome) -> None:
    code, out, _ = run(
        "--conversation", str(months.secret_id), "--with-adapters", "--yes", "--json"
    )
    told = json.loads(out)
    assert code == 0 and told["forgotten"] and told["gone_back"] == ["sunny"]
    assert [each["run"] for each in told["removed_adapters"]] == [RUN, GROWN_RUN]
    assert not (months.home.runs / RUN / "adapter").exists()


@pytest.mark.parametrize("words", [("--message", "99999"), ("--conversation", "99999")])
def test_what_is_not_there_is_said(run: Any, words: tuple[str, str]) -> None:
    code, _, told = run(*words, "--yes")
    assert code == 1 and "There is no" in told


def test_one_thing_at_a_time(run: Any) -> None:
    assert run("--yes")[0] == 2
    assert run("--message", "1", "--persona", "sunny", "--yes")[0] == 2


def test_broken_off_forgetting_is_ended_by_asking_again(
    run: Any, months: SecretHome, tmp_path: Path
) -> None:
    def kill(_step: str) -> None:
        raise KeyboardInterrupt

    plan = forgetting.plan_conversations(months.home, months.store, [months.secret_id])
    with pytest.raises(KeyboardInterrupt):
        forgetting.forget(months.home, months.store, plan, tell=kill)
    code, out, told = run("--json")
    assert code == 0 and json.loads(out)["forgotten"] and "broken off" in told
    assert remains(months.home) == [] and not journal.journal(months.home).exists()
