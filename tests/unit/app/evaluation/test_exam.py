"""An exam asks once: what a subject answered is kept, and what cannot be asked is said."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.evaluation.answer_cache import AnswerCache
from app.evaluation.cases import Case
from app.evaluation.checks import About
from app.evaluation.exam import Examinee, Message, Said, TooLong, examine
from app.evaluation.variety import SAMPLES, reply_again, varieties

ABOUT = About()


def case(**values: Any) -> Case:
    return Case.model_validate(
        {
            "id": "g1", "group": "general", "prompt": "What is the capital of France?",
            "checks": [{"kind": "contains_any", "of": ["Paris"]}], **values,
        }
    )  # fmt: skip


class Pupil:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self, says: str = "Paris.") -> None:
        self.says = says
        self.asked: list[list[Message]] = []
        self._lock = threading.Lock()

    def reply(
        self, messages: Sequence[Message], max_tokens: int, temperature: float, seed: int
    ) -> Said:
        with self._lock:
            self.asked.append(list(messages))
        if "very long" in messages[-1]["content"]:
            raise TooLong
        text = f"{self.says} {seed}" if temperature else self.says
        return Said(text, len(text.split()))

    def likelihood(self, messages: Sequence[Message], reply: str) -> float:
        with self._lock:
            self.asked.append(list(messages))
        return -1.0 if reply == "Paris" else -20.0


def examinee(pupil: Pupil, cache: AnswerCache, adapter: str = "adapter", **rest: Any) -> Examinee:
    return Examinee(pupil, cache, ("base", adapter), "Be short.", **rest)


def test_a_second_exam_of_the_same_is_free_and_a_torn_cache_is_mended(tmp_path: Path) -> None:
    pupil = Pupil()
    path = tmp_path / "cache" / "answers.jsonl"
    assert examine(examinee(pupil, AnswerCache(path)), [case()], ABOUT)[0].passed
    with path.open("ab") as file:
        file.write(b'{"key": "torn')
    assert examine(examinee(pupil, AnswerCache(path)), [case()], ABOUT)[0].passed
    assert len(pupil.asked) == 1
    other = examinee(pupil, AnswerCache(path), "other adapter")
    assert examine(other, [case()], ABOUT)[0].passed
    assert len(pupil.asked) == 2
    assert examine(examinee(pupil, AnswerCache(path), "other adapter"), [case()], ABOUT)[0].passed
    assert len(pupil.asked) == 2


def test_another_way_of_checking_asks_nothing_again(tmp_path: Path) -> None:
    """A mended check judges the replies that are there."""
    pupil, cache = Pupil(), AnswerCache(tmp_path / "answers.jsonl")
    examine(examinee(pupil, cache), [case()], ABOUT)
    stricter = case(checks=[{"kind": "contains_all", "of": ["Paris", "Seine"]}])
    assert not examine(examinee(pupil, cache), [stricter], ABOUT)[0].passed
    assert len(pupil.asked) == 1


def test_results_stand_in_the_order_of_the_cases(tmp_path: Path) -> None:
    cases = [case(id=f"g{i}", prompt=f"Question {i}?", max_tokens=10 + i % 7) for i in range(40)]
    cache = AnswerCache(tmp_path / "answers.jsonl")
    told: list[tuple[int, int]] = []
    found = examine(
        examinee(Pupil(), cache), cases, ABOUT, on_progress=lambda *each: told.append(each)
    )
    assert [each.id for each in found] == [each.id for each in cases]
    assert sorted(told) == [(done, 40) for done in range(1, 41)]


def test_what_is_longer_than_the_context_is_said_and_no_failure(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers.jsonl")
    (found,) = examine(examinee(Pupil(), cache), [case(prompt="A very long one.")], ABOUT)
    assert not found.passed and "longer" in found.skipped


def test_a_choice_by_likelihood_writes_nothing(tmp_path: Path) -> None:
    choice = {"kind": "choice", "choices": ["London", "Paris"], "answer": 1, "by": "likelihood"}
    cache = AnswerCache(tmp_path / "answers.jsonl")
    (found,) = examine(examinee(Pupil(), cache), [case(checks=[choice])], ABOUT)
    assert found.passed and found.reply == "" and found.trouble is None


def test_a_style_asks_twice_and_a_system_text_stands_in_place_of_the_persona(
    tmp_path: Path,
) -> None:
    pupil, cache = Pupil(), AnswerCache(tmp_path / "answers.jsonl")
    ratio = {"kind": "ratio", "unit": "words", "least": 1}
    examine(examinee(pupil, cache), [case(checks=[ratio], system="Be plain.")], ABOUT)
    said = [messages[-1]["content"] for messages in pupil.asked]
    assert sorted(text.split()[0] for text in said) == ["<STYLE_TERSE>", "<STYLE_VERBOSE>"]
    assert {messages[0]["content"] for messages in pupil.asked} == {"Be plain."}


def test_exchanges_stand_between_prompt_and_question(tmp_path: Path) -> None:
    pupil, cache = Pupil(), AnswerCache(tmp_path / "answers.jsonl")
    exchanges = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]
    examine(examinee(pupil, cache, exchanges=exchanges), [case()], ABOUT)
    assert [each["role"] for each in pupil.asked[0]] == ["system", "user", "assistant", "user"]


def test_an_error_ends_the_exam_and_what_was_answered_is_kept(tmp_path: Path) -> None:
    class Dying(Pupil):
        def reply(self, *rest: Any) -> Said:
            if len(self.asked) >= 5:
                raise ConnectionError("gone")
            return super().reply(*rest)

    path = tmp_path / "answers.jsonl"
    cases = [case(id=f"g{i}", prompt=f"Question {i}?") for i in range(20)]
    with pytest.raises(ConnectionError):
        examine(examinee(Dying(), AnswerCache(path)), cases, ABOUT, parallel=1)
    pupil = Pupil()
    assert len(examine(examinee(pupil, AnswerCache(path)), cases, ABOUT)) == 20
    assert len(pupil.asked) == 15


def test_variety_tells_who_says_the_same_again(tmp_path: Path) -> None:
    class Parrot(Pupil):
        def reply(self, *rest: Any) -> Said:
            super().reply(*rest)
            return Said("always this", 2)

    cache = AnswerCache(tmp_path / "answers.jsonl")
    asked = [case(id="p1"), case(id="p2", prompt="Another?")]
    pupil = Pupil()
    varied = varieties(reply_again(examinee(pupil, cache, "a"), asked))
    assert len(pupil.asked) == 2 * SAMPLES
    assert set(varied) == {"p1", "p2"} and all(0 < value < 1 for value in varied.values())
    assert varieties(reply_again(examinee(Parrot(), cache, "b"), asked)) == {"p1": 0.0, "p2": 0.0}
