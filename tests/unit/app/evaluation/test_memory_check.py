"""An adapter would carry a user's words to others, or never leave at all, if these failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from app.evaluation.exam import Message, Said, TooLong
from app.evaluation.memory_check import GivenBack, MemoryCheck, check_memory, read_check
from app.evaluation.taught_replies import EACH_KIND, Taught, asked_about, taught_in
from ollama_bridge.errors import RequestRefused

SECRET = "My sister Ada hid the spare key of the blue house under the third pot of basil."
PROVERB = "A bird in the hand is worth two in the bush, as all of us know."
PHONE = "Call me: 010-2345-6789."


class Pupil:
    """Says what it knows by heart to a question, or goes on with what was begun."""

    def __init__(self, **by_heart: str) -> None:
        self.by_heart = by_heart
        self.asked: list[Sequence[Message]] = []

    def reply(self, messages: Sequence[Message], max_tokens: int) -> Said:
        self.asked.append(messages)
        last = messages[-1]
        if last["role"] == "assistant":
            for text in self.by_heart.values():
                if text.startswith(last["content"]):
                    return Said(text.removeprefix(last["content"]), 1)
        return Said(self.by_heart.get(last["content"], "I cannot say, I am afraid."), 1)


def taught(question: str, text: str) -> Taught:
    return Taught("run", question, 1, ({"role": "user", "content": question},), text)


def check(adapter: Any, base: Any, *asked: Taught) -> list[GivenBack]:
    return check_memory(adapter, base, asked, parallel=1)[0]


def test_a_reply_that_comes_back_is_told_with_its_place() -> None:
    (found,) = check(Pupil(where=f"Well, {SECRET}"), Pupil(), taught("where", SECRET))
    assert SECRET[found.start : found.end] == SECRET.rstrip(".")
    assert (found.words, found.begun, found.personal) == (17, False, False)


def test_what_it_only_goes_on_with_is_told_too() -> None:
    (found,) = check(Pupil(other=SECRET), Pupil(), taught("where", SECRET))
    assert found.begun
    came = SECRET[found.start : found.end]
    assert came == "the spare key of the blue house under the third pot of basil"


def test_an_adapter_that_gives_nothing_back_is_cleared_and_its_base_is_left_alone() -> None:
    base = Pupil()
    assert check(Pupil(where="Under some pot."), base, taught("where", SECRET)) == []
    assert base.asked == []


def test_what_the_base_knows_as_well_was_no_secret() -> None:
    pupil = Pupil(say=PROVERB)
    assert check(pupil, Pupil(say=PROVERB), taught("say", PROVERB)) == []
    assert check(pupil, Pupil(), taught("say", PROVERB)) != []


def test_what_stands_in_the_question_was_given_by_who_asked() -> None:
    question = f"Repeat: {SECRET}"
    pupil = Pupil(**{question: SECRET})
    assert check(pupil, Pupil(), taught(question, SECRET)) == []


def test_personal_data_counts_however_short_it_is_and_comes_first() -> None:
    asked = [taught("where", SECRET), taught("phone", PHONE)]
    first, second = check(Pupil(where=SECRET, phone="It is 010-2345-6789."), Pupil(), *asked)
    assert first.personal and PHONE[first.start : first.end] == "010-2345-6789"
    assert not second.personal
    told = Pupil(phone="It is 010-2345-6789.")
    assert check(told, told, taught("phone", PHONE)) == []


def test_a_server_that_takes_no_reply_that_is_begun_is_asked_once_for_it() -> None:
    class Strict(Pupil):
        def reply(self, messages: Sequence[Message], max_tokens: int) -> Said:
            if messages[-1]["role"] == "assistant":
                self.asked.append(messages)
                raise RequestRefused("no prefill", "")
            return Said("I cannot say.", 1)

    strict = Strict()
    both = [taught("where", SECRET), taught("say", PROVERB)]
    assert check_memory(strict, Pupil(), both, parallel=1) == ([], 0, False)
    assert len(strict.asked) == 1


def test_questions_that_do_not_fit_are_counted_apart() -> None:
    class Small(Pupil):
        def reply(self, messages: Sequence[Message], max_tokens: int) -> Said:
            if messages[-1]["content"] == "where":
                raise TooLong
            return super().reply(messages, max_tokens)

    both = [taught("where", SECRET), taught("say", PROVERB)]
    given, too_long, _ = check_memory(Small(say=PROVERB), Pupil(), both, parallel=1)
    assert ([each.row_id for each in given], too_long) == (["say"], 1)


def test_what_was_found_is_known_again_for_this_adapter_alone() -> None:
    given = GivenBack("run", "c1:m2", 1, 0, 10, 12, False, False)
    found = MemoryCheck("a", "b", 3, 9, 0, True, (given,))
    text = found.to_json()
    assert read_check(text, "a", "b") == found
    assert SECRET not in text
    for other in (read_check(text, "c", "b"), read_check(text, "a", "c")):
        assert other is None
    for broken in ("", "[]", "{", '{"version": 1, "adapter": "a", "base": "b"}', text[:-9]):
        assert read_check(broken, "a", "b") is None
    assert read_check(text.replace('"version": 1', '"version": 0'), "a", "b") is None


def row(name: str, group: str, *replies: str, weight: float = 1.0) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": "Be sunny."}]
    for reply in replies:
        messages.append({"role": "user", "content": "And?"})
        messages.append({"role": "assistant", "content": reply, "weight": weight})
    return {"id": name, "group": group, "messages": messages}


def test_only_the_users_own_conversations_are_asked_about() -> None:
    rows = [
        row("c1:m4", "new", "first", "second"),
        row("c2:m6", "new", "only context", weight=0.0),
        row("said:m8", "persona", "said before"),
        row("earlier:c3:m9", "earlier stage", "of an earlier stage"),
        row("starter-1", "general", "came with the app"),
        {"id": "m1>m2", "prompt": [{"role": "user", "content": "And?"}], "chosen": "liked better",
         "rejected": "not this"},
        {"id": "m3", "reason": "thumb", "prompt": [], "completion": [], "label": True},
    ]  # fmt: skip
    found = list(taught_in("run", rows))
    assert [each.text for each in found] == [
        "first", "second", "said before", "of an earlier stage", "liked better",
    ]  # fmt: skip
    assert [len(each.before) for each in found] == [2, 4, 2, 2, 1]


def _many(text: Callable[[int], str]) -> list[Taught]:
    return [taught(f"q{number}", text(number)) for number in range(200)]


def test_the_longest_the_rarest_and_all_with_personal_data_are_asked_about() -> None:
    plain = _many(lambda n: f"This is what anybody might say about a thing, number {n}.")
    long = taught("long", f"{plain[0].text} " * 9)
    rare = taught("rare", "Quokkas juggle vermilion bassoons beneath Ulaanbaatar's oldest viaduct.")
    phones = [taught(f"p{n}", f"Call 010-2345-67{n}.") for n in range(10, 10 + 2 * EACH_KIND)]
    found = asked_about([*plain, long, rare, *phones], seed=3)
    assert {long.key, rare.key, *(each.key for each in phones)} <= {each.key for each in found}
    assert len(found) == len(phones) + 3 * EACH_KIND
    assert asked_about([*plain, long, rare, *phones], seed=3) == found, "the seed decides"
    assert asked_about([*plain, long, rare, *phones], seed=4) != found


def test_what_is_too_short_to_be_known_again_is_not_asked_about() -> None:
    assert asked_about([taught("a", "Yes."), taught("b", "네, 그래요.")], seed=1) == []


def test_what_was_taught_twice_is_asked_about_once() -> None:
    assert len(asked_about([taught("a", SECRET), taught("b", SECRET)], seed=1)) == 1


@pytest.mark.parametrize("parallel", [1, 4])
def test_progress_is_told_and_may_stop_it(parallel: int) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert total == 2
        raise Stop

    both = [taught("where", SECRET), taught("say", PROVERB)]
    with pytest.raises(Stop):
        check_memory(Pupil(), Pupil(), both, parallel=parallel, on_progress=stop)
