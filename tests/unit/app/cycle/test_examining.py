"""The exam as a user would meet it: under the persona's prompt, each question once."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import Any

import pytest

from app.cycle import examining
from app.cycle.context import CycleContext, StopAsked
from app.cycle.converting import convert_adapter
from app.cycle.examining import EXAMINATION_FILE, examine_candidate, read_examination
from app.cycle.mixing import mix
from app.evaluation.suite import KeywordCase, Suite
from ollama_bridge.runtime.client import RuntimeClient
from tests.tiny_gguf import write_tiny_adapter
from tests.tiny_month import TinyMonth
from trainer.contract.folder import send_control

CASES = tuple(
    KeywordCase(id=f"k{n}", group="general", prompt=f"What is {n}?", check="keywords", any=("x",))
    for n in range(3)
)


@pytest.fixture
def staged(month: TinyMonth, monkeypatch: pytest.MonkeyPatch) -> CycleContext:
    monkeypatch.setattr(
        examining, "built_in_suites", lambda: [Suite(version=1, name="small", cases=CASES)]
    )
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
    assert [case.id for case in found.base_cases] == ["k0", "k1", "k2"]
    assert [case.id for case in found.candidate_cases] == ["k0", "k1", "k2"]
    assert len(found.replies) == 3
    assert all(set(reply) == {"prompt", "base", "candidate"} for reply in found.replies)
    assert {name for name, _ in asked} == {None, staged.staging_name}
    assert all(messages[0] == {"role": "system", "content": "Be short."} for _, messages in asked)
    staged.close()


def test_an_exam_that_was_killed_asks_only_what_is_left(
    staged: CycleContext, asked: list[tuple[str | None, list[dict[str, str]]]]
) -> None:
    """Minutes of answers are not asked for again."""
    examine_candidate(staged)
    (staged.folder.root / EXAMINATION_FILE).unlink()
    asked.clear()
    examine_candidate(staged)
    assert len(asked) == 6, "the replies before and after, and none of the cases"
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
    real = RuntimeClient.chat
    killed: list[int] = []

    def chat(self: RuntimeClient, messages: Any, **options: Any) -> Any:
        for number, delta in enumerate(real(self, messages, **options)):
            if number == 1 and len(killed) < 2:
                status = self.status()
                killed.append(status.pid if killed else status.server_pid or 0)
                os.kill(killed[-1], signal.SIGKILL)
            yield delta

    monkeypatch.setattr(RuntimeClient, "chat", chat)
    monkeypatch.setattr(examining, "examine", partial(examining.examine, parallel=1))
    examine_candidate(staged)
    assert len(killed) == 2, "the model server, and then its supervisor"
    assert len(read_examination(staged.folder.root).candidate_cases) == 3
    staged.close()
