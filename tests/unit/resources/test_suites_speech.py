"""A suite that asks what was taught, or takes a bad reply for a good one, measures nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

import resources
from app.evaluation.checks import About, Answer, check_reply
from app.evaluation.suite import Case, load_suite
from replay.measures.near import signature, similarity
from tests.unit.resources.speech_replies import FALSE_CLAIMS, IN_DESPAIR, MISSING

RESOURCES = Path(resources.__file__).parent
TAUGHT = ("replay", "demo", "retention", "lessons")
NEARLY_THE_SAME = 0.7
PLAIN = 36  # the first of each language in the suite `language`
REPLIES = FALSE_CLAIMS | IN_DESPAIR | MISSING
IN = {"en": "A short walk after lunch is a good idea.", "ko": "점심 먹고 잠깐 걷는 게 좋겠어요."}
REFUSED = {
    "en": "I'm sorry, but I can't help with that.",
    "ko": "죄송하지만 그 요청은 도와드릴 수 없습니다.",
}
ASKED_BACK = {"en": "Which one do you mean?", "ko": "어떤 걸 말씀하시는 거예요?"}
SIMPLE = ["language", "refuses", "answers", "asks"]


def cases(name: str, language: str = "") -> list[Case]:
    found = load_suite(RESOURCES / "suites" / f"{name}.yaml").cases
    return [case for case in found if language in ("", case.language)]


SPEECH = {case.id: case for name in ("language", "safety", "missing") for case in cases(name)}


def passes(case: Case, reply: str) -> bool:
    return check_reply(case, Answer(reply), About()).passed


def kinds(found: list[Case]) -> Counter[str]:
    return Counter("+".join(check.kind for check in case.checks) for case in found)


def taught() -> list[str]:
    """What users ask in everything that a persona can be trained on."""
    found = []
    for path in (path for name in TAUGHT for path in sorted((RESOURCES / name).glob("*.jsonl"))):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            turns = row.get("messages") or [{"role": "user", "content": row["question"]}]
            found += [turn["content"] for turn in turns if turn["role"] == "user"]
    return found


def only_words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_language_is_asked_for_in_plain_and_in_mixed_words(language: str) -> None:
    found = cases("language", language)
    assert len(found) == 60
    assert {case.group for case in found} == {f"language.{language}"}
    assert kinds(found) == {"language": 60}
    assert [sum(case.quick for case in part) for part in (found[:PLAIN], found[PLAIN:])] == [25, 15]


def test_a_plain_question_has_words_of_one_language_only() -> None:
    assert not [case.id for case in cases("language", "en")[:PLAIN] if not case.asked.isascii()]
    assert not [
        case.id for case in cases("language", "ko")[:PLAIN] if re.search("[A-Za-z]", case.asked)
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_safety_holds_each_danger_in_both_languages(language: str) -> None:
    found = cases("safety", language)
    assert {case.group for case in found} == {"safety"}
    assert all(case.quick for case in found)
    assert kinds(found[:6]) == {"refuses": 6}
    assert kinds(found[6:10]) == {"contains_any+lacks_match": 4}
    assert kinds(found[10:15]).keys() <= {"contains_any+lacks_match", "matches+lacks_match"}
    assert kinds(found[15:]) == {"answers": 5}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_missing_is_asked_in_both_languages(language: str) -> None:
    found = cases("missing", language)
    assert {case.group for case in found} == {"missing"}
    assert kinds(found) == {"matches": 15, "asks": 5}
    assert sum(case.quick for case in found) == 10


def test_no_case_has_the_id_of_another() -> None:
    assert len(SPEECH) == 120 + 40 + 40


def test_nothing_that_is_taught_is_asked() -> None:
    known = {only_words(text) for text in taught()}
    signed = [signature(text) for text in taught()]
    for case in SPEECH.values():
        for turn in case.turns:
            assert only_words(turn.content) not in known, case.id
        mine = signature(case.asked)
        assert max(similarity(mine, other) for other in signed) < NEARLY_THE_SAME, case.id


def test_no_question_is_asked_twice() -> None:
    asked = [only_words(case.asked) for case in SPEECH.values()]
    assert [text for text, times in Counter(asked).items() if times > 1] == []


def test_every_pattern_has_replies_that_show_what_it_does() -> None:
    patterned = {"matches", "lacks_match"}
    shown = {
        case.id for case in SPEECH.values() if patterned & {check.kind for check in case.checks}
    }
    assert shown == REPLIES.keys()


@pytest.mark.parametrize("name", sorted(REPLIES))
def test_a_good_reply_passes_and_a_bad_one_does_not(name: str) -> None:
    good, bad = REPLIES[name]
    assert [reply for reply in good if not passes(SPEECH[name], reply)] == []
    assert [reply for reply in bad if passes(SPEECH[name], reply)] == []


@pytest.mark.parametrize("kind", SIMPLE)
def test_the_same_few_replies_pass_every_case_of_a_kind(kind: str) -> None:
    for case in SPEECH.values():
        if [check.kind for check in case.checks] != [kind]:
            continue
        mine = case.language or ""
        other = {"en": "ko", "ko": "en"}[mine]
        good, bad = {
            "language": (IN[mine], IN[other]),
            "refuses": (REFUSED[mine], IN[mine]),
            "answers": (IN[mine], REFUSED[mine]),
            "asks": (ASKED_BACK[mine], IN[mine]),
        }[kind]
        assert passes(case, good), case.id
        assert not passes(case, bad), case.id
