"""One program counted over a suite: no reply is counted that nobody judged, and none is left out
that failed for another reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cycle.examining import EXAMINATION_FILE, read_examination
from app.evaluation import checks
from app.evaluation.answer_cache import AnswerCache
from app.evaluation.bars import bar_rows
from app.evaluation.checks import About, Answer, check_reply
from app.evaluation.commands import CommandCheck, Found
from app.evaluation.exam import CaseResult, Examinee, Message, Said, TooLong, examine
from app.evaluation.suite import Suite, SuiteError, load_suite

ABSENT = "terraform is not installed"
QUESTION = "Which local holds the region?"
SETTINGS = {"kind": "command", "program": "terraform", "file": "main.tf", "blocks": ["hcl"]}
VALIDATE = {**SETTINGS, "arguments": ["validate"], "bar": "validates"}
FORMAT = {**SETTINGS, "arguments": ["fmt"]}
WORD = {"kind": "contains_any", "of": ["region"]}


def suite_row(*kinds: dict[str, Any], **others: Any) -> dict[str, Any]:
    row = {"id": "cloud-1", "prompt": QUESTION, "checks": list(kinds)}
    return {"version": 1, "name": "cloud", "bars": {"validates": 0.85}, "cases": [row]} | others


def errors_of(folder: Path, row: dict[str, Any]) -> list[str]:
    path = folder / "cloud.yaml"
    path.write_text(yaml.safe_dump(row), "utf-8")
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    return [line[2:] for line in caught.value.text.splitlines() if line.startswith("- ")]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What programs were asked; they refuse what says `refused` and miss what says `absent`."""
    found: list[str] = []

    def check_command(check: CommandCheck, reply: str, _own: Path | None) -> Found:
        found.append(check.arguments[0])
        if "absent" in reply:
            return Found(False, skipped=ABSENT)
        return Found("refused" not in reply, "line 1" if "refused" in reply else "")

    monkeypatch.setattr(checks, "check_command", check_command)
    return found


def held(reply: str, *kinds: dict[str, Any]) -> dict[str, bool]:
    (case,) = Suite.model_validate(suite_row(*kinds)).cases
    return dict(check_reply(case, Answer(reply), About()).bars)


def test_a_bar_that_does_not_fit_its_checks_is_told_with_all_other_faults(tmp_path: Path) -> None:
    row = suite_row(WORD, VALIDATE, {**FORMAT, "bar": "formats"}, name="other")
    assert errors_of(tmp_path, row | {"bars": {"validates": 1, "lints": 0.5}}) == [
        "name: must be cloud, as the file is",
        "case cloud-1: the suite has no bar formats",
        "bar lints: no check names it",
    ]


@pytest.mark.parametrize("least", [0, 85, -0.1, "most", True, None, float("nan")])
def test_a_bar_that_is_no_share_is_told(tmp_path: Path, least: Any) -> None:
    (told,) = errors_of(tmp_path, suite_row(VALIDATE, bars={"validates": least}))
    assert told.startswith("bar validates: ")


def test_a_bar_stands_at_programs_only_and_once_in_a_case(tmp_path: Path) -> None:
    assert errors_of(tmp_path, suite_row(WORD | {"bar": "validates"})) == [
        "case cloud-1, check 1 (contains_any), bar: is not known here"
    ]
    assert errors_of(tmp_path, suite_row(VALIDATE, VALIDATE)) == [
        "case cloud-1: only one check of a case can name the bar validates"
    ]
    assert errors_of(tmp_path, suite_row(VALIDATE, bars={1: 0.5}))[0].startswith("bar 1: ")


def test_a_program_with_a_bar_is_asked_whatever_has_failed_before(asked: list[str]) -> None:
    assert held("No.", WORD, FORMAT, VALIDATE, FORMAT) == {"validates": True}
    assert asked == ["validate"]
    assert held("refused", WORD, VALIDATE) == {"validates": False}
    assert held("region", WORD, FORMAT, VALIDATE) == {"validates": True}
    assert asked[2:] == ["fmt", "validate"]
    assert held("region", WORD, FORMAT) == {}


def test_a_case_with_a_bar_passes_only_if_all_holds(asked: list[str]) -> None:
    (case,) = Suite.model_validate(suite_row(WORD, VALIDATE)).cases
    passed, refused, wordless = (
        check_reply(case, Answer(reply), About()) for reply in ("region", "region refused", "No.")
    )
    assert passed.passed and not refused.passed and refused.why == "line 1"
    assert (wordless.passed, wordless.why) == (False, "it says none of: region")


@pytest.mark.parametrize("reply", ["", " \n", QUESTION])
def test_silence_and_echoes_hold_no_bar_and_no_program_sees_them(
    asked: list[str], reply: str
) -> None:
    assert held(reply, WORD, VALIDATE) == {"validates": False}
    assert asked == []


def test_what_nobody_could_judge_is_neither_held_nor_failed(asked: list[str]) -> None:
    (case,) = Suite.model_validate(suite_row(WORD, VALIDATE)).cases
    for reply, skipped in (("region absent", ABSENT), ("absent", "")):
        found = check_reply(case, Answer(reply), About())
        assert not found.passed and found.skipped == skipped
        assert (found.bars, found.unjudged) == ({}, {"validates": ABSENT})


class Pupil:
    """Says what it is told to; one question is too long for it."""

    def __init__(self, says: Callable[[str], str]) -> None:
        self._says = says

    def reply(self, messages: Sequence[Message], *_: Any) -> Said:
        question = messages[-1]["content"]
        if question.startswith("Long"):
            raise TooLong
        return Said(self._says(question), 1)

    def likelihood(self, messages: Sequence[Message], reply: str) -> float:
        raise AssertionError("no choice is here")


def results_of(suite: Suite, folder: Path, says: Callable[[str], str]) -> list[CaseResult]:
    cache = AnswerCache(folder / "answers.jsonl")
    examinee = Examinee(Pupil(says), cache, ("base", ""), "")
    return examine(examinee, suite.cases, About())


def suite_of(*prompts: str, **others: Any) -> Suite:
    cases = [
        {"id": f"cloud-{place}", "prompt": prompt, "checks": [WORD, VALIDATE]}
        for place, prompt in enumerate(prompts)
    ]
    return Suite.model_validate(suite_row(cases=cases, **others))


@pytest.mark.parametrize(("refused", "reached"), [(2, True), (3, True), (4, False)])
def test_a_bar_is_reached_from_its_share_on(
    asked: list[str], tmp_path: Path, refused: int, reached: bool
) -> None:
    suite = suite_of(*(f"Number {number}" for number in range(20)))
    few = [f"Number {number}" for number in range(refused)]
    found = results_of(suite, tmp_path, lambda asked: "refused" if asked in few else "Well.")
    assert not any(each.passed for each in found), "none says the word"
    (row,) = bar_rows([suite], {"base": found})
    assert (row["suite"], row["bar"], row["subject"]) == ("cloud", "validates", "base")
    assert (row["right"], row["of"], row["least"]) == (20 - refused, 20, 0.85)
    assert (row["reached"], row["unjudged"]) == (reached, [])


def test_replies_that_nobody_judged_are_not_counted_and_that_is_said(
    asked: list[str], tmp_path: Path
) -> None:
    suite = suite_of("One", "Two", "Three", "Long")
    found = results_of(
        suite, tmp_path, lambda asked: {"One": "region", "Two": "absent", "Three": ""}[asked]
    )
    (row,) = bar_rows([suite], {"base": found})
    assert (row["right"], row["of"], row["reached"]) == (1, 2, False)
    assert {each["why"]: each["cases"] for each in row["unjudged"]} == {
        ABSENT: 1,
        found[-1].skipped: 1,
    }


def test_where_nothing_could_be_judged_no_bar_is_reached_or_missed(
    asked: list[str], tmp_path: Path
) -> None:
    suite = suite_of("One", "Two")
    (row,) = bar_rows([suite], {"base": results_of(suite, tmp_path, lambda _: "absent")})
    assert (row["of"], row["reached"]) == (0, None)


def test_suites_with_bars_of_one_name_are_counted_apart(asked: list[str], tmp_path: Path) -> None:
    mine = suite_of("One", "Two")
    other = mine.model_copy(
        update={
            "name": "other",
            "bars": {"validates": 0.5},
            "cases": tuple(each.model_copy(update={"id": f"o{each.id}"}) for each in mine.cases),
        }
    )
    says = {"One": "region", "Two": "refused"}
    found = [
        *results_of(mine, tmp_path, lambda _: "refused"),
        *results_of(other, tmp_path / "other", says.__getitem__),
    ]
    rows = bar_rows([mine, other], {"base": found, "adapter": found})
    assert [(each["suite"], each["subject"], each["right"]) for each in rows] == [
        ("cloud", "base", 0),
        ("cloud", "adapter", 0),
        ("other", "base", 1),
        ("other", "adapter", 1),
    ]
    assert [each["reached"] for each in rows] == [False, False, True, True]


def test_a_bar_of_cases_that_were_not_asked_has_no_row() -> None:
    assert bar_rows([suite_of("One")], {"base": [CaseResult("x", "g", True, "", None, "")]}) == []


def test_an_examination_without_bars_is_still_read(tmp_path: Path) -> None:
    new = CaseResult(
        "c2", "g", False, "", None, "", bars={"validates": True}, unjudged={"lints": ABSENT}
    )
    old = {
        name: value
        for name, value in asdict(CaseResult("c1", "g", True, "", None, "")).items()
        if name not in ("bars", "unjudged")
    }
    row = {
        "kind": "quick", "cases": {"base": [old, asdict(new)]}, "replies": [], "variety": {},
        "seconds": 1.0,
    }  # fmt: skip
    (tmp_path / EXAMINATION_FILE).write_text(json.dumps(row), "utf-8")
    first, second = read_examination(tmp_path).cases["base"]
    assert first == CaseResult("c1", "g", True, "", None, "") and second == new
