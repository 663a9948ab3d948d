"""Replay would teach the base a stranger's words, or its own loops, if these failed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psutil
import pytest

from app.cycle.device import device_file
from app.errors import ReplayRefused
from app.home import Home
from app.operations import replay_groups
from app.operations.buffers import buffers_of, replay_examples
from app.operations.rehearsing import MAX_TOKENS, Rehearsal, questions_left, rehearse
from app.store import Store, open_store
from ollama_bridge.errors import RuntimeUnloaded
from ollama_bridge.runtime.values import Delta, Sampling
from tests.unit.app.operations.replay_home import Past, add_starter, without_starter_sets


class Base:
    """Answers as it is told to, by what it is asked."""

    def __init__(self, answer: Callable[[str], tuple[str, str]] | None = None) -> None:
        self.answer = answer or (lambda asked: (f"Of {asked.split()[-2]} I say good.", "stop"))
        self.asked: list[list[Mapping[str, str]]] = []

    def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        adapter: str | None,
        sampling: Sampling,
        slot: int | None,
    ) -> Iterator[Delta]:
        assert adapter is None
        assert (sampling.temperature, sampling.max_tokens) == (0.0, MAX_TOKENS)
        self.asked.append(list(messages))
        text, finish = self.answer(messages[-1]["content"])
        yield Delta(text)
        yield Delta("", finish)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def past(store: Store, monkeypatch: pytest.MonkeyPatch) -> Past:
    without_starter_sets(monkeypatch)
    made = Past(store, ("en", "ko"))
    add_starter(store, "coding", 6)
    return made


def _rehearse(home: Home, past: Past, base: Base, group: str = "coding", **more: Any) -> Rehearsal:
    return rehearse(home, past.store, base, past.persona, group, **more)


def _drawn(past: Past) -> list[str]:
    members = buffers_of(past.store, past.persona)["coding"]
    return sorted(str(item.messages[-1]["content"]) for item, _ in members)


def test_the_bases_own_answers_are_drawn_in_place_of_the_starter_sets(
    home: Home, past: Past
) -> None:
    told: list[tuple[int, int]] = []
    base = Base()
    found = _rehearse(home, past, base, on_progress=lambda *at: told.append(at))
    assert found == Rehearsal("coding", 6, {}, 0)
    assert told == [(number, 6) for number in range(7)]
    assert all(said.endswith("I say good.") for said in _drawn(past))
    assert len(_drawn(past)) == 6
    assert all(len(asked) == 1 for asked in base.asked), "the persona's prompt was there"
    examples = replay_examples(past.store, past.persona)["coding"]
    assert all(each.replies == 1 for each in examples)


def test_another_base_draws_the_starter_sets_words(home: Home, past: Past) -> None:
    _rehearse(home, past, Base())
    other = past.store.bases.add("Other", "gguf", "o.gguf", "d2", languages=("en",))
    moved = past.store.personas.update(past.persona.id, base_id=other.id)
    members = buffers_of(past.store, moved)["coding"]
    assert all("starter set" in item.messages[-1]["content"] for item, _ in members)
    assert len(questions_left(past.store, moved, "coding")) == 6


@pytest.mark.parametrize(
    ("answer", "finish", "why"),
    [
        ("", "stop", "empty"),
        ("What is coding matter 0 about?", "stop", "echo"),
        ("so it goes " * 30, "stop", "loop"),
        ("It is about the thing that one", "length", "cut"),
        ("이것은 코딩에 대한 문제이고 설명이 길어요.", "stop", "language"),
    ],
)
def test_what_is_no_answer_is_not_taken_and_not_asked_for_again(
    home: Home, past: Past, answer: str, finish: str, why: str
) -> None:
    add_starter(past.store, "coding", 1)
    first = Base(lambda asked: (answer, finish) if "matter 0" in asked else ("A good one.", "stop"))
    assert _rehearse(home, past, first) == Rehearsal("coding", 5, {why: 1}, 0)
    assert "The starter set says 0." in _drawn(past)
    again = Base()
    assert _rehearse(home, past, again) == Rehearsal("coding", 0, {}, 0)
    assert again.asked == []


def test_a_stopped_rehearsal_goes_on_where_it_was(home: Home, past: Past) -> None:
    base = Base()
    assert _rehearse(home, past, base, stopped=lambda: len(base.asked) == 3).left == 4
    rest = Base()
    assert _rehearse(home, past, rest).taken == 4
    assert len(base.asked) + len(rest.asked) == 7  # the one under way was thrown away


def test_a_rehearsal_broken_off_keeps_what_was_answered(home: Home, past: Past) -> None:
    def answer(asked: str) -> tuple[str, str]:
        if "matter 4" in asked:
            raise RuntimeUnloaded("No model is in memory now.", "Wait.")
        return "A good one.", "stop"

    with pytest.raises(RuntimeUnloaded):
        _rehearse(home, past, Base(answer))
    assert len(questions_left(past.store, past.persona, "coding")) == 2


def test_a_question_that_changed_is_asked_anew(home: Home, past: Past) -> None:
    _rehearse(home, past, Base())
    past.store.replay.add_all(
        [{"id": "coding-000", "group": "coding", "language": "en", "messages": [
            {"role": "user", "content": "A better question about loops?"},
            {"role": "assistant", "content": "An answer."}]}],
        "starter",
    )  # fmt: skip
    left = questions_left(past.store, past.persona, "coding")
    assert [each.external_id for each in left] == ["coding-000"]


def test_only_the_last_answer_of_a_talk_is_the_bases_and_teaches(home: Home, past: Past) -> None:
    talk = [
        {"role": "system", "content": "A note."},
        {"role": "user", "content": "First thing?"},
        {"role": "assistant", "content": "First answer."},
        {"role": "user", "content": "Second thing?"},
        {"role": "assistant", "content": "Second answer."},
    ]
    past.store.replay.add_all([{"id": "t", "group": "general", "messages": talk}], "starter")
    base = Base(lambda _asked: ("Mine.", "stop"))
    assert _rehearse(home, past, base, "general").taken == 1
    ((made, _),) = buffers_of(past.store, past.persona)["general"]
    assert [each["content"] for each in made.messages] == [
        "First thing?", "First answer.", "Second thing?", "Mine.",
    ]  # fmt: skip
    (example,) = replay_examples(past.store, past.persona)["general"]
    assert [each.weight > 0 for each in example.messages] == [False, False, False, True]
    assert questions_left(past.store, past.persona, "general") == []


def test_what_a_person_wrote_and_what_judges_is_not_rehearsed(home: Home, past: Past) -> None:
    replay_groups.add_item(past.store, past.persona.id, "general", "Why?", "My own words.")
    past.store.replay.add_all(
        [{"id": "j", "group": "general", "messages": [{"role": "user", "content": "?"}]}],
        "retention",
        judges=True,
    )
    base = Base()
    assert _rehearse(home, past, base, "general").taken == 0
    assert base.asked == []


def test_a_poor_answer_that_is_left_out_gives_its_place_back(home: Home, past: Past) -> None:
    _rehearse(home, past, Base())
    mine = next(
        item for item in past.store.replay.all(["coding"])
        if item.external_id.endswith(":coding-003")
    )  # fmt: skip
    replay_groups.leave_out(past.store, mine.id, True)
    assert "The starter set says 3." in _drawn(past)
    assert len(_drawn(past)) == 6


def test_a_language_that_the_base_lacks_is_not_offered(home: Home, past: Past) -> None:
    add_starter(past.store, "korean", 3, "ko")
    assert questions_left(past.store, past.persona, "korean") == []
    with pytest.raises(ReplayRefused) as refused:
        _rehearse(home, past, Base(), "korean")
    assert refused.value.kind == "replay_language"


def test_a_training_that_needs_the_device_is_left_alone(home: Home, past: Past) -> None:
    row = {
        "run_id": "r", "persona": "sunny", "pid": os.getpid(),
        "process_began": psutil.Process().create_time(), "decision": "unloaded", "text": "",
        "served_base": None, "served_adapters": [],
    }  # fmt: skip
    device_file(home).write_text(json.dumps(row), "utf-8")
    base = Base()
    with pytest.raises(ReplayRefused) as refused:
        _rehearse(home, past, base)
    assert refused.value.kind == "replay_busy" and base.asked == []
