"""The exam as a user would meet it: under the persona's prompt, each question once."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from typing import Any

import pytest

from app.cycle import examining
from app.cycle.context import CycleContext, StopAsked
from app.cycle.converting import convert_adapter
from app.cycle.examining import EXAMINATION_FILE, examine_candidate, read_examination
from app.cycle.mixing import mix
from ollama_bridge.runtime.client import RuntimeClient
from tests.tiny_gguf import write_tiny_adapter
from tests.tiny_month import TinyMonth
from tests.tiny_suites import write_tiny_suites
from trainer.contract.folder import read_rows, send_control


@pytest.fixture
def staged(month: TinyMonth) -> CycleContext:
    write_tiny_suites(month.home.suites, whole=True)
    month.talk()
    month.replay()
    context = month.context(month.begin())
    mix(context)
    write_tiny_adapter(context.folder.adapter)
    convert_adapter(context)
    return context


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, list[dict[str, str]]]]:
    """Who was asked what."""
    calls: list[tuple[str | None, list[dict[str, str]]]] = []
    real = RuntimeClient.complete_chat

    def complete_chat(self: RuntimeClient, messages: Any, **options: Any) -> Any:
        calls.append((options["adapter"], messages))
        return real(self, messages, **options)

    monkeypatch.setattr(RuntimeClient, "complete_chat", complete_chat)
    return calls


def test_base_and_candidate_answer_the_same(
    staged: CycleContext, asked: list[tuple[str | None, list[dict[str, str]]]]
) -> None:
    examine_candidate(staged)
    found = read_examination(staged.folder.root)
    assert list(found.cases) == ["base", "prompted", "candidate"]
    ids = {name: {case.id for case in cases} for name, cases in found.cases.items()}
    assert ids["base"] == ids["candidate"] > ids["prompted"], "nobody is served with examples"
    assert all("#" in each for each in ids["base"] - ids["prompted"])
    assert {each.partition("-")[0] for each in ids["prompted"]} == {
        "answers", "canaries", "coding", "general", "language", "persona", "safety",
    }  # fmt: skip
    assert found.replies
    assert all(
        set(reply) == {"id", "prompt", "wanted", "base", "prompted", "candidate"}
        for reply in found.replies
    )
    assert set(found.variety) == {"base", "candidate"}
    assert {name for name, _ in asked} == {None, staged.staging_name}
    assert all(messages[0] == {"role": "system", "content": "Be short."} for _, messages in asked)
    staged.close()


def test_canaries_are_measured_and_never_taught(staged: CycleContext) -> None:
    measured = {row["group"] for row in read_rows(staged.folder.data / "replay_test.jsonl")}
    taught = {row["group"] for row in read_rows(staged.folder.data / "train.jsonl")}
    assert "canaries" in measured and "canaries" not in taught
    staged.close()


def test_examples_in_the_prompt_are_what_the_user_approved(
    staged: CycleContext, asked: list[tuple[str | None, list[dict[str, str]]]]
) -> None:
    examine_candidate(staged)
    longer = [messages for _, messages in asked if len(messages) == 8]
    assert longer
    taught = {
        message["content"]
        for row in read_rows(staged.folder.data / "train.jsonl")
        for message in row["messages"]
    }
    assert {each["content"] for messages in longer for each in messages[1:7]} <= taught
    staged.close()


def test_an_exam_that_was_killed_asks_only_what_is_left(
    staged: CycleContext, asked: list[tuple[str | None, list[dict[str, str]]]]
) -> None:
    """Minutes of answers are not asked for again."""
    examine_candidate(staged)
    (staged.folder.root / EXAMINATION_FILE).unlink()
    asked.clear()
    examine_candidate(staged)
    assert asked == []
    staged.close()


def test_a_suite_of_the_users_own_is_asked_too(staged: CycleContext) -> None:
    case = "{id: own-1, language: en, quick: true, prompt: Well?, checks: [{kind: answers}]}"
    (staged.home.suites / "own.yaml").write_text(
        f"version: 1\nname: own\ncases:\n  - {case}\n", "utf-8"
    )
    examine_candidate(staged)
    found = read_examination(staged.folder.root)
    assert "own-1" in {each.id for each in found.cases["candidate"]}
    staged.close()


def test_an_exam_can_be_stopped(staged: CycleContext) -> None:
    send_control(staged.folder, "save-and-stop")
    with pytest.raises(StopAsked):
        examine_candidate(staged)
    staged.close()


def test_a_runtime_that_dies_in_the_exam_is_started_again(
    staged: CycleContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed runtime costs an answer, not the month."""
    real = RuntimeClient.complete_chat
    killed: list[int] = []

    def complete_chat(self: RuntimeClient, messages: Any, **options: Any) -> Any:
        if len(killed) < 2:
            status = self.status()
            killed.append(status.pid if killed else status.server_pid or 0)
            threading.Timer(0.02, os.kill, (killed[-1], signal.SIGKILL)).start()
        return real(self, messages, **options)

    monkeypatch.setattr(RuntimeClient, "complete_chat", complete_chat)
    monkeypatch.setattr(examining, "examine", partial(examining.examine, parallel=1))
    examine_candidate(staged)
    assert len(killed) == 2, "the model server, and then its supervisor"
    assert read_examination(staged.folder.root).cases["candidate"]
    staged.close()
