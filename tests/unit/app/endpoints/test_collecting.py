"""What is said through a program comes into the review once, and only where that was agreed to."""

from __future__ import annotations

import os
from typing import Any

import pytest

from app.operations import conversations, programs, reviewing
from app.operations.forgetting import forget, plan_conversations
from app.store import open_store
from app.store.review import ReviewFilter, ReviewItem
from tests.unit.app.endpoints.desk import Desk, events

SYSTEM = {"role": "system", "content": "You are in a terminal."}


def review_of(desk: Desk) -> list[ReviewItem]:
    """The replies that wait for a word of the user."""
    desk.ended()
    with open_store(desk.home) as store:
        found = reviewing.queue(store, desk.sunny.id, ReviewFilter("all")).items
    desk.server.start()
    return list(found)


def test_nothing_is_collected_unless_it_was_agreed_to(desk: Desk) -> None:
    desk.say("Hi")
    assert desk.talks() == [] and desk.last().kept == ""


def test_an_exchange_waits_for_review_marked_by_its_program(desk: Desk) -> None:
    desk.collect()
    desk.say("Hi", reply="Hello.", temperature=0.25)
    (item,) = review_of(desk)
    assert (item.question, item.reply, item.source) == ("Hi", "Hello.", "program:Chatter")
    assert (item.own, item.state) == (True, "open")
    with open_store(desk.home) as store:
        kept = store.messages.get(item.message_id)
        assert (kept.base_id, kept.sampling["temperature"]) == (desk.sunny.base_id, 0.25)
        assert (kept.system_prompt, kept.finish) == ("Be sunny.", "stop")
        (program,) = programs.programs(store)
    assert program.requests == 1 and program.last_used


def test_a_conversation_that_goes_on_is_appended_to(desk: Desk) -> None:
    desk.collect()
    desk.say("Hi", reply="Hello.  How are\nyou? ")
    # Chat programs trim what they were given.
    desk.say("Hi", "Hello. How are you?", "Well.", reply="Good.")
    desk.say("Hi", "Hello. How are you?", "Well.", "Good.", "Bye.", reply="Bye!")
    ((talk, said),) = desk.talks()
    assert said == ["Hi", "Hello.  How are\nyou? ", "Well.", "Good.", "Bye.", "Bye!"]
    assert talk.title == "Hi"
    assert [line.kept for line in desk.ended()] == ["collected"] * 3


def test_another_conversation_with_the_same_hello_is_another_one(desk: Desk) -> None:
    desk.collect()
    desk.say("Hi", reply="Hello.")
    desk.say("Hi", reply="Good day.")
    desk.say("Hi", "Hello.", "One?", reply="One.")
    desk.say("Hi", "Good day.", "Two?", reply="Two.")
    assert [said for _, said in desk.talks()] == [
        ["Hi", "Hello.", "One?", "One."],
        ["Hi", "Good day.", "Two?", "Two."],
    ]


def test_what_is_asked_and_answered_the_same_is_kept_once(desk: Desk) -> None:
    desk.collect()
    for _ in range(2):
        desk.say("Hi", reply="Hello.")
        desk.say("Hi", "Hello.", "One?", reply="One.")
    assert len(review_of(desk)) == 2
    assert [line.kept for line in desk.ended()][2:] == ["here_already"] * 2


def test_a_reply_written_again_and_an_edited_question_are_branches(desk: Desk) -> None:
    desk.collect()
    desk.say("Hi", reply="Hello.")
    desk.say("Hi", "Hello.", "One?", reply="One.")
    desk.say("Hi", "Hello.", "One?", reply="Uno.")
    ((_, said),) = desk.talks()
    assert said[-1] == "Uno."
    desk.say("Hi", "Hello.", "One, please?", reply="1.")
    ((talk, said),) = desk.talks()
    assert said == ["Hi", "Hello.", "One, please?", "1."]
    with open_store(desk.home) as store:
        here = store.sources.standing(desk.sunny.id, [talk.external_id or ""])
    assert [each.content for each in here].count("Hello.") == 1
    assert len(here) == 7


def test_a_beginning_that_the_program_leaves_out_is_found_again(desk: Desk) -> None:
    desk.collect()
    desk.say("Hi", reply="Hello.")
    desk.say("Hi", "Hello.", "One?", reply="One.")
    desk.say("One?", "One.", "Two?", reply="Two.")
    desk.say("Two?", "Two.", "Three?", reply="Three.")
    ((_, said),) = desk.talks()
    assert said == ["Hi", "Hello.", "One?", "One.", "Two?", "Two.", "Three?", "Three."]


def test_a_conversation_from_before_the_consent_comes_whole(desk: Desk) -> None:
    desk.say("Hi", reply="Hello.")
    desk.collect()
    desk.say("Hi", "Hello.", "One?", reply="One.")
    ((_, said),) = desk.talks()
    assert said == ["Hi", "Hello.", "One?", "One."]


def test_the_persona_learns_only_from_its_own_words_as_such(desk: Desk) -> None:
    """An echo of itself is worth less than what somebody else wrote; so both must be told apart."""
    desk.collect()
    desk.say("Hi", "I am another model.", "And you?", reply="I am Sunny.")
    assert {item.reply: item.own for item in review_of(desk)} == {
        "I am another model.": False, "I am Sunny.": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "### Task:\nGenerate a concise title.\n### Output: JSON"}],
        [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello, my"},
        ],
    ],
)
def test_a_programs_own_tasks_are_not_collected(desk: Desk, messages: list[dict[str, str]]) -> None:
    desk.collect()
    with desk.client() as client:
        client.post("/v1/chat/completions", json={"model": "sunny", "messages": messages})
    assert desk.talks() == [] and desk.last().kept == "no_talk"


def test_a_programs_own_text_is_not_kept(desk: Desk) -> None:
    desk.collect()
    with desk.client() as client:
        messages = [SYSTEM, {"role": "user", "content": "Hi"}]
        client.post("/v1/chat/completions", json={"model": "sunny", "messages": messages})
    ((talk, said),) = desk.talks()
    assert (talk.system_prompt, said) == ("Be sunny.", ["Hi", "Hello."])


def test_two_programs_never_go_on_in_each_others_conversations(desk: Desk) -> None:
    desk.collect()
    desk.say("Hi", reply="Hello.")
    with open_store(desk.home) as store:
        desk.key = programs.add_program(store, "Editor", collect=True).key
    desk.say("Hi", "Hello.", "One?", reply="One.")
    assert [(talk.source, len(said)) for talk, said in desk.talks()] == [
        ("program:Chatter", 2), ("program:Editor", 4),
    ]  # fmt: skip


def test_a_consent_taken_back_during_a_reply_counts(desk: Desk) -> None:
    desk.collect()
    desk.runtime.before = lambda _place: desk.collect(on=False)
    assert desk.say("Hi").status_code == 200
    assert desk.talks() == []


def test_a_consent_given_during_a_reply_is_for_the_next_one(desk: Desk) -> None:
    desk.runtime.before = lambda _place: desk.collect()
    desk.say("Hi")
    assert desk.talks() == []


def test_what_was_forgotten_does_not_come_back(desk: Desk) -> None:
    desk.collect()
    desk.say("Hi", reply="Hello.")
    ((talk, _),) = desk.talks()
    desk.ended()
    with open_store(desk.home) as store:
        forget(desk.home, store, plan_conversations(desk.home, store, [talk.id]))
    desk.server.start()
    desk.say("Hi", "Hello.", "One?", reply="One.")
    assert desk.talks() == [] and desk.last().kept == "forgotten"


def test_what_was_deleted_stays_out_of_sight(desk: Desk) -> None:
    desk.collect()
    desk.say("Hi", reply="Hello.")
    ((talk, _),) = desk.talks()
    with open_store(desk.home) as store:
        conversations.delete(store, talk.id)
    desk.say("Hi", "Hello.", "One?", reply="One.")
    assert desk.talks() == [] and review_of(desk) == []


def test_a_reply_is_delivered_though_it_cannot_be_collected(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_store, "__kwdefaults__", {"busy_timeout_s": 0.01})
    desk.collect()
    with open_store(desk.home) as other, other.transaction():
        response = desk.say("Hi", stream=True)
        assert events(response)[-1] == "[DONE]"
        line = desk.last()
    assert line.status == 200 and line.trouble == "NOT collected: locked"
    assert "NOT collected: locked" in str(line)
    assert desk.talks() == []


def test_a_reply_is_delivered_though_the_home_became_read_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.collect()
    desk.runtime.before = lambda _place: monkeypatch.setattr(os, "access", lambda *_: False)
    assert desk.say("Hi").json()["choices"][0]["message"]["content"] == "Hello."
    assert desk.last().trouble == "NOT collected: read_only"


def test_a_store_that_is_gone_is_told_to_the_program(desk: Desk) -> None:
    desk.ended()
    desk.home.database.write_bytes(b"no database at all" * 100)
    desk.server.start()
    body: dict[str, Any] = desk.say("Hi").json()
    assert body["error"]["code"] == "damaged"
