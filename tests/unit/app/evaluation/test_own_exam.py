"""A user's own exam must count what is right, and say how sure that is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.evaluation.answer_cache import AnswerCache
from app.evaluation.exam import Examinee, Message, Said, TooLong
from app.evaluation.own_exam import (
    OwnResult,
    examine_own,
    examine_questions,
    own_scores,
    read_own,
    write_own,
)
from app.evaluation.page_scores import row_name
from app.evaluation.score_table import own_rows
from app.home import Home
from app.operations.own_tests import add_test
from app.store import Persona, open_store
from app.words import Words
from replay.own_questions import OwnQuestion


@dataclass
class Parrot:
    """Says what it was told to say, and likes what it was told to like."""

    says: dict[str, str] = field(default_factory=dict)
    likes: str = ""

    def reply(
        self, messages: Sequence[Message], max_tokens: int, temperature: float, seed: int
    ) -> Said:
        asked = messages[-1]["content"]
        if asked == "Too long?":
            raise TooLong
        return Said(self.says.get(asked, asked), 5)

    def likelihood(self, messages: Sequence[Message], reply: str) -> float:
        """A byte that it likes costs less than one that it does not."""
        return -len(reply.encode()) * (0.5 if reply == self.likes else 1.0)


def examinee(folder: Path, parrot: Parrot, name: str = "p") -> Examinee:
    return Examinee(parrot, AnswerCache(folder / f"{name}.jsonl"), ("b", name), "Be short.")


def test_choices_are_told_by_likelihood_a_byte(tmp_path: Path) -> None:
    """Or the shortest choice would always win."""
    long = "a choice that takes many more words than the other one"
    question = OwnQuestion("q", "Which?", (), ("short", long), 1)
    (right,) = examine_questions(examinee(tmp_path, Parrot(likes=long)), [question])
    assert right == OwnResult(long, True)
    (even,) = examine_questions(examinee(tmp_path, Parrot(), "even"), [question])
    assert even.passed is False


def test_open_answers_are_told_by_what_a_reply_says_and_an_echo_never_counts(
    tmp_path: Path,
) -> None:
    prompts = ("Capital of Korea?", "Is it tea or is it rain?", "Too long?", "Nothing?")
    questions = [OwnQuestion(prompt, prompt, ("서울", "rain")) for prompt in prompts]
    parrot = Parrot({"Capital of Korea?": "서울이에요!", "Nothing?": " "})
    found = examine_questions(examinee(tmp_path, parrot), questions)
    assert [each.passed for each in found] == [True, False, None, False]


def test_shares_are_counted_by_type_beside_chance_and_base() -> None:
    questions = [
        OwnQuestion("1", "1", (), ("a", "b"), 0, ("x",)),
        OwnQuestion("2", "2", (), ("a", "b", "c", "d"), 0, ("x", "y")),
        OwnQuestion("3", "3", ("a",)),
        OwnQuestion("4", "4", ("a",), (), 0, ("y",)),
    ]
    answers = {
        "base": [OwnResult("", passed) for passed in (True, False, True, None)],
        "adapter": [OwnResult("", passed) for passed in (False, True, True, True)],
    }
    rows = {row["kind"]: row for row in own_scores(questions, answers)}
    assert list(rows) == ["All", "x", "y", "Untyped"]
    assert [rows[kind]["questions"] for kind in rows] == [4, 2, 2, 1]
    assert (rows["x"]["chance"], rows["Untyped"]["chance"]) == (0.375, None)
    base, adapter = rows["All"]["subjects"]["base"], rows["All"]["subjects"]["adapter"]
    assert (base["right"], base["of"], adapter["right"], adapter["of"]) == (2, 3, 3, 4)
    assert base["low"] < base["value"] < base["high"]
    assert (adapter["gained"], adapter["lost"]) == (1, 1)


@pytest.fixture
def sunny(home: Home) -> Persona:
    with open_store(home) as store:
        return store.personas.add("Sunny", "Be short.")


def test_results_and_split_are_written_beside_the_run(
    home: Home, sunny: Persona, tmp_path: Path
) -> None:
    file = tmp_path / "kitchen.csv"
    file.write_text("question,answer,type\nWet?,rain,weather\nDry?,sand,\n", "utf-8")
    add_test(home, file)
    subjects = {
        "base": examinee(tmp_path, Parrot(), "base"),
        "candidate": examinee(tmp_path, Parrot({"Wet?": "Rain."}), "candidate"),
    }
    told: list[tuple[int, int]] = []
    found = examine_own(home, sunny, subjects, lambda done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    folder = tmp_path / "run"
    write_own(folder, found)
    results = json.loads((folder / "results.json").read_text("utf-8"))
    (test,) = results["tests"]
    assert (test["name"], test["questions"], test["too_long"]) == ("kitchen", 2, 0)
    assert test["answers"][0]["subjects"]["candidate"] == {"said": "Rain.", "passed": True}
    (split,) = json.loads((folder / "test_split.json").read_text("utf-8"))["tests"]
    assert split["test"] == [each["id"] for each in test["answers"]]
    assert (split["train"], split["sha256"]) == ([], test["sha256"])
    every, weather, other = own_rows(read_own(folder))
    assert (every["group"], every["kind"], every["chance"]) == ("kitchen", "All", None)
    assert every["values"]["candidate"]["value"] == 0.5 and every["values"]["parent"] is None
    assert (weather["kind"], weather["values"]["candidate"]["value"]) == ("weather", 1.0)
    assert row_name(weather, Words("en")) == "kitchen: weather"
    assert row_name({**other, "chance": 0.2}, Words("ko")) == "kitchen: 유형 없음(찍으면 20 %)"


def test_a_home_without_test_sets_writes_nothing(
    home: Home, sunny: Persona, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "results.json").write_text('{"tests": [{"name": "removed"}]}', "utf-8")
    found = examine_own(home, sunny, {"base": examinee(tmp_path, Parrot())})
    write_own(folder, found)
    assert found["tests"] == [] == read_own(folder) == list(folder.iterdir())
