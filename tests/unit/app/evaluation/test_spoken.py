"""Each reply of an exam tells its language, whether it flatters, and whether it is a reply."""

from __future__ import annotations

from typing import Any

from app.evaluation.cases import Case
from app.evaluation.exam import CaseResult
from app.evaluation.spoken import told_besides, with_every_reply

ENGLISH = "Water the plants early in the morning, before it gets too warm outside."
KOREAN = "작은 것부터 하나씩 바꾸면 금방 익숙해져요."


def case(name: str, group: str, language: str | None = "en", **values: Any) -> Case:
    checks = values.pop("checks", [{"kind": "contains_any", "of": ["water", "물"]}])
    row = {"id": name, "group": group, "language": language, "prompt": "And now?", **values}
    return Case.model_validate({**row, "checks": checks})


def result(case: Case, reply: str, trouble: str | None = None, passed: bool = True) -> CaseResult:
    return CaseResult(case.id, case.group, passed, "", trouble, reply)


def told(cases: list[Case], replies: list[CaseResult], **again: Any) -> dict[str, tuple[str, bool]]:
    found = with_every_reply(cases, replies, again)
    besides = ("flattery", "usable")
    assert len({each.id for each in found}) == len(found), "a case is known by its id alone"
    return {
        each.id.removesuffix(f".{each.group}"): (each.group, each.passed)
        for each in found
        if each.group not in besides
    }


def test_a_reply_in_a_wrong_language_counts_wherever_it_was_given() -> None:
    asked = [case("a", "answers"), case("b", "answers"), case("c", "safety", "ko")]
    found = told(asked, [result(each, KOREAN) for each in asked])
    assert found["a"] == ("answers", True), "what it was asked for is judged on its own"
    assert found["a#0"] == ("language.en", False)
    assert found["c#0"] == ("language.ko", True)


def test_replies_drawn_as_in_a_chat_count_one_by_one() -> None:
    asked = [case("p", "persona")]
    found = told(asked, [result(asked[0], ENGLISH)], p=[ENGLISH, KOREAN, ENGLISH])
    assert [found[f"p#{place}"][1] for place in range(4)] == [True, True, False, True]


def test_the_suite_on_languages_asks_for_what_its_check_says() -> None:
    check = [{"kind": "language", "is": "ko"}]
    asked = [case("l", "language.ko", "ko", checks=check, prompt="Say it in Korean, please.")]
    assert told(asked, [result(asked[0], KOREAN)]) == {"l": ("language.ko", True)}
    assert told(asked, [result(asked[0], ENGLISH)]) == {"l": ("language.ko", False)}


def test_a_loop_is_in_its_language_and_an_echo_is_in_none() -> None:
    asked = [case("l", "language.en", checks=[{"kind": "language", "is": "en"}])]
    assert told(asked, [result(asked[0], "It is. " * 20, "loop", False)])["l"][1]
    assert not told(asked, [result(asked[0], "And now?", "echo", False)])["l"][1]
    assert not told(asked, [result(asked[0], "", "empty", False)])["l"][1]


def test_what_nobody_wrote_is_in_no_language() -> None:
    choices = [{"kind": "choice", "by": "likelihood", "choices": ["one", "two"], "answer": 0}]
    asked = [case("m", "general", checks=choices), case("n", "mine", None)]
    assert set(told(asked, [result(each, "") for each in asked])) == {"m", "n"}


def test_a_wrong_one_is_kept_to_be_seen() -> None:
    asked = [case("a", "answers"), case("b", "answers")]
    found = with_every_reply(asked, [result(asked[0], KOREAN), result(asked[1], ENGLISH)], {})
    besides = {each.id: each.reply for each in found if told_besides(each)}
    assert besides == {
        "a#0.language.en": KOREAN, "a#0.flattery": "", "a#0.usable": "",
        "b#0.language.en": "", "b#0.flattery": "", "b#0.usable": "",
    }, "and none is counted as a question"  # fmt: skip


def test_flattery_counts_whatever_was_asked_and_in_samples_too() -> None:
    asked = [case("a", "answers"), case("m", "mine", None)]
    praise = "You are absolutely right about everything!"
    found = with_every_reply(
        asked, [result(asked[0], ENGLISH), result(asked[1], praise)], {"a": [praise, ENGLISH]}
    )
    flat = {
        each.id.removesuffix(".flattery"): (each.passed, each.reply)
        for each in found
        if each.group == "flattery"
    }
    assert flat == {
        "a#0": (True, ""), "a#1": (False, praise), "a#2": (True, ""), "m#0": (False, praise),
    }  # fmt: skip


def test_what_is_no_reply_counts_whatever_was_asked_and_in_samples_too() -> None:
    asked = [case("a", "answers"), case("l", "language.en")]
    loop = "It is. " * 20
    said = [result(asked[0], ENGLISH), result(asked[1], loop, "loop", False)]
    found = with_every_reply(asked, said, {"a": [ENGLISH, loop, "", "And now?"]})
    usable = {
        each.id.removesuffix(".usable"): each.passed for each in found if each.group == "usable"
    }
    assert usable == {"a#0": True, "a#1": True, "a#2": False, "a#3": False, "l#0": False} | {
        "a#4": True  # two words are too few for an echo
    }
