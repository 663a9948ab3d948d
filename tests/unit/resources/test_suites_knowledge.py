"""The suites on knowledge, length, manner and untaught abilities must be whole and fair."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import resources
from app.evaluation.cases import Case, ChoiceCheck
from app.evaluation.checks import About, Answer, check_reply
from app.evaluation.suite import load_suite
from replay.measures.near import signature, similarity

HERE = Path(resources.__file__).parent
SUITES = ("general", "verbosity", "canaries", "persona")
COUNTS = {
    "general": {"en": (70, 40), "ko": (30, 20)},
    "verbosity": {"en": (15, 0), "ko": (10, 0)},
    "canaries": {"en": (62, 20), "ko": (62, 12)},
    "persona": {"en": (30, 15), "ko": (30, 15)},
}
ABILITIES = {
    "long": (5, 3),
    "json": (16, 16),
    "summary": (16, 16),
    "arithmetic": (16, 16),
    "order": (3, 4),
    "extract": (3, 4),
    "form": (3, 3),
}
TAUGHT = ("replay", "retention", "lessons", "demo")
NEARLY_THE_SAME = 0.6
LONGEST_CHOICE = 3.0  # times the shortest
LONG_WORDS = range(250, 401)
ABOUT = About()


@cache
def cases(suite: str) -> tuple[Case, ...]:
    return load_suite(HERE / "suites" / f"{suite}.yaml").cases


def everything() -> list[Case]:
    return [case for suite in SUITES for case in cases(suite)]


def choice_of(case: Case) -> ChoiceCheck:
    (check,) = case.checks
    assert isinstance(check, ChoiceCheck), case.id
    return check


def taught() -> Iterator[str]:
    """Whatever a user says in what is learned or measured elsewhere."""
    for place in TAUGHT:
        for path in sorted((HERE / place).glob("*.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                yield from _asked(json.loads(line))


def _asked(row: dict[str, Any]) -> Iterator[str]:
    if "question" in row:
        yield row["question"]
    for message in row.get("messages", ()):
        if message["role"] == "user":
            yield message["content"]


@pytest.mark.parametrize("suite", SUITES)
def test_each_language_has_its_questions(suite: str) -> None:
    found = {
        language: (
            sum(case.language == language for case in cases(suite)),
            sum(case.language == language and case.quick for case in cases(suite)),
        )
        for language in ("en", "ko")
    }
    assert found == COUNTS[suite]
    assert {case.group for case in cases(suite)} == {suite}


def test_no_id_and_no_question_is_there_twice() -> None:
    assert [n for n, times in Counter(case.id for case in everything()).items() if times > 1] == []
    asked = Counter(case.asked.casefold() for case in everything())
    assert [text for text, times in asked.items() if times > 1] == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_always_naming_the_same_place_earns_no_more_than_chance(language: str) -> None:
    own = [case for case in cases("general") if case.language == language]
    for group in (own, [case for case in own if case.quick]):
        places = Counter(choice_of(case).answer for case in group)
        assert set(places) == {0, 1, 2, 3}
        assert max(places.values()) - min(places.values()) <= 1


def test_no_choice_is_told_by_its_length() -> None:
    """The likelihood of a text goes with its length."""
    longest = 0
    for case in cases("general"):
        check = choice_of(case)
        lengths = [len(text) for text in check.choices]
        assert len(lengths) == 4, case.id
        assert max(lengths) <= LONGEST_CHOICE * min(lengths), case.id
        longest += lengths[check.answer] == max(lengths) and lengths.count(max(lengths)) == 1
    assert longest <= len(cases("general")) / 3


def test_letters_are_asked_for_only_where_the_prompt_names_them() -> None:
    by_letter = [case for case in cases("general") if choice_of(case).by == "letter"]
    assert len(by_letter) == 10
    for case in by_letter:
        assert not case.quick, case.id
        for letter, text in zip("ABCD", choice_of(case).choices, strict=True):
            assert f"{letter}) {text}\n" in case.asked, case.id


def test_every_ability_that_replay_lacks_is_watched() -> None:
    kinds = Counter(tuple(case.id.split("-")[1:3]) for case in cases("canaries"))
    assert kinds == {
        (ability, language): count
        for ability, counts in ABILITIES.items()
        for language, count in zip(("en", "ko"), counts, strict=True)
    }
    for case in cases("canaries"):
        assert 60 <= case.max_tokens <= 100, case.id
        if "-long-" in case.id:
            assert len(case.asked.partition("\n")[0].split()) in LONG_WORDS, case.id


@pytest.mark.parametrize("case", cases("canaries"), ids=lambda case: case.id)
def test_the_good_reply_of_a_canary_is_good(case: Case) -> None:
    assert case.reply
    checked = check_reply(case, Answer(text=case.reply), ABOUT)
    assert checked.passed, checked.why


@pytest.mark.parametrize("case", cases("canaries"), ids=lambda case: case.id)
def test_no_canary_is_passed_without_its_ability(case: Case) -> None:
    for reply in ("I am not sure about that.", "잘 모르겠어요.", case.asked):
        assert not check_reply(case, Answer(text=reply), ABOUT).passed, reply


def test_nothing_asked_here_was_taught_or_measured_elsewhere() -> None:
    """A remembered answer would pass for an ability."""
    elsewhere = {text.casefold(): signature(text) for text in taught()}
    assert len(elsewhere) > 1_000
    for case in everything():
        assert case.asked.casefold() not in elsewhere, case.id
        mine = signature(case.asked)
        assert max(similarity(mine, other) for other in elsewhere.values()) < NEARLY_THE_SAME, (
            case.id
        )


def test_persona_and_length_are_asked_in_one_way_each() -> None:
    assert {check.kind for case in cases("persona") for check in case.checks} == {"persona"}
    assert {check.kind for case in cases("verbosity") for check in case.checks} == {"ratio"}
    assert {case.max_tokens for case in cases("persona")} == {120}
    assert {case.max_tokens for case in cases("verbosity")} == {400}
