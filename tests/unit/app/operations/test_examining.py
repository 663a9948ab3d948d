"""Examining: what is not looked at is not seen, and a look at old words is worse than none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.home import Home
from app.operations import examining, rating, reviewing
from app.operations.examining import examine
from app.operations.reviewing import ReviewFilter
from app.store import Persona, Store, open_store

LONG = (
    "Keep a loaf of bread in a linen bag at room temperature, cut side down on the board, and"
    " freeze in slices whatever you do not eat within two days, so that nothing is wasted"
)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("tiny", "gguf", Path("tiny.gguf"), "d1", "llama", 10)
    return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


def say(store: Store, persona: Persona, question: str, reply: str) -> int:
    talk = store.conversations.add(persona.id, "")
    asked = store.messages.add(talk.id, None, "user", question)
    return store.messages.add(talk.id, asked.id, "assistant", reply).id


def flags(store: Store, persona: Persona) -> dict[int, list[str]]:
    """The kinds of flags of every reply that has any."""
    page = reviewing.queue(store, persona.id, ReviewFilter("all"), 1_000)
    return {
        item.message_id: [flag.kind for flag in item.flags] for item in page.items if item.flags
    }


def test_everything_is_looked_at_once(home: Home, store: Store, sunny: Persona) -> None:
    broken = say(store, sunny, "Bread?", "<|im_end|>It is.")
    for number in range(examining.CHUNK + 20):
        say(store, sunny, f"What about number {number}?", f"Number {number} is fine, my friend.")
    told: list[tuple[int, int]] = []
    done = examine(home, store, sunny.id, progress=lambda done, total: told.append((done, total)))
    total = examining.CHUNK + 21
    assert (done.looked, done.left) == (total, 0)
    assert told == [(examining.CHUNK, total), (total, total)]
    assert "broken" in flags(store, sunny)[broken]
    assert examine(home, store, sunny.id) == examining.Examined(0, 0)


def test_a_stop_keeps_what_was_looked_at_and_the_rest_goes_on(
    home: Home, store: Store, sunny: Persona
) -> None:
    for number in range(examining.CHUNK + 5):
        say(store, sunny, f"What about number {number}?", f"Number {number} is fine, my friend.")
    answers = iter([False, True])
    first = examine(home, store, sunny.id, stopped=lambda: next(answers))
    assert (first.looked, first.left) == (examining.CHUNK, 5)
    assert examine(home, store, sunny.id) == examining.Examined(5, 0)


def test_changed_words_are_looked_at_again(home: Home, store: Store, sunny: Persona) -> None:
    reply = say(store, sunny, "Bread for anna@firma.com?", "<|im_end|>It is.")
    examine(home, store, sunny.id)
    assert flags(store, sunny) == {reply: ["broken", "personal_data"]}
    action = store.actions.begin(sunny.id, "mask")
    question = store.messages.get(reply).parent_id
    assert question is not None
    store.actions.edit(question, "Bread?", action.id)
    assert examining.left_to_examine(store, sunny.id) == 1
    examine(home, store, sunny.id)
    assert flags(store, sunny) == {reply: ["broken"]}
    store.messages.set_content(reply, "It is, my friend.", "stop")
    examine(home, store, sunny.id)
    assert flags(store, sunny) == {}
    rating.correct(store, reply, "[INST] It is.")
    assert examining.left_to_examine(store, sunny.id) == 1
    rating.undo(store, reply)
    reviewing.undo(store, sunny.id)
    examine(home, store, sunny.id)
    assert flags(store, sunny) == {reply: ["personal_data"]}


def test_a_thumb_does_not_cost_another_look(home: Home, store: Store, sunny: Persona) -> None:
    reply = say(store, sunny, "Bread?", "It is, my friend.")
    rating.correct(store, reply, "It is, my dear.")
    examine(home, store, sunny.id)
    rating.thumb_up(store, reply)
    assert examining.left_to_examine(store, sunny.id) == 0


def test_words_that_change_while_they_are_looked_at_get_no_look(
    home: Home, store: Store, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process writes between reading and storing; its words must not pass unseen."""
    reply = say(store, sunny, "Bread?", "It is, my friend.")
    look_at = examining.look_at

    def slow(*arguments: object) -> object:
        with open_store(home) as other:
            other.messages.set_content(reply, "<|im_end|> as before.", "stop")
        return look_at(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(examining, "look_at", slow)
    assert examine(home, store, sunny.id) == examining.Examined(0, 1)
    monkeypatch.setattr(examining, "look_at", look_at)
    assert examine(home, store, sunny.id).looked == 1
    assert flags(store, sunny) == {reply: ["broken"]}


def test_the_newer_of_two_that_are_nearly_the_same_is_flagged(
    home: Home, store: Store, sunny: Persona
) -> None:
    first = say(store, sunny, "How do I keep bread?", f"{LONG}.")
    say(store, sunny, "Why is the sky blue?", "Blue light is scattered more than red light is.")
    second = say(store, sunny, "How do I keep bread?", f"{LONG}!")
    other = store.personas.add("Other")
    say(store, other, "How do I keep bread?", f"{LONG}.")
    examine(home, store, sunny.id)
    examine(home, store, other.id)
    assert flags(store, sunny) == {second: ["near_duplicate"]}
    assert flags(store, other) == {}
    item = reviewing.queue(store, sunny.id, ReviewFilter("flagged", "near_duplicate")).items[0]
    assert (item.flags[0].other_id, item.flags[0].detail["held_out"]) == (first, False)
    third = say(store, sunny, "how do i keep bread", f"{LONG}, dear.")
    examine(home, store, sunny.id)
    assert set(flags(store, sunny)) == {second, third}


def test_korean_near_duplicates_are_seen(home: Home, store: Store, sunny: Persona) -> None:
    words = (
        "빵은 마른 천에 싸서 실온에 두시고 이틀 안에 드시지 않을 것은 썰어서 얼려 두시는 게 좋아요"
    )
    say(store, sunny, "빵을 어떻게 보관해요?", f"{words}.")
    say(store, sunny, "오늘 날씨가 어때요?", "맑고 바람이 조금 불어요. 산책하기 좋은 날이에요.")
    newer = say(store, sunny, "빵을 어떻게 보관해요?", f"네, {words}!")
    examine(home, store, sunny.id)
    assert flags(store, sunny) == {newer: ["near_duplicate"]}


def test_a_flag_ends_with_the_other_of_the_two(home: Home, store: Store, sunny: Persona) -> None:
    first = say(store, sunny, "How do I keep bread?", f"{LONG}.")
    second = say(store, sunny, "How do I keep bread?", f"{LONG}!")
    examine(home, store, sunny.id)
    assert set(flags(store, sunny)) == {second}
    store.conversations.delete(store.messages.get(first).conversation_id)
    assert flags(store, sunny) == {}
    assert reviewing.count(store, sunny.id, ReviewFilter("flagged")) == 0


def test_another_look_flags_the_same_ones_again(
    home: Home, store: Store, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty approved replies have all looked at anew: the one of two that stays must not turn
    up beside the other in the queue."""
    say(store, sunny, "How do I keep bread?", f"{LONG}.")
    newer = [say(store, sunny, "How do I keep bread?", f"{LONG}!"),
             say(store, sunny, "How do I keep bread?", f"{LONG}?")]  # fmt: skip
    newer.append(say(store, sunny, "How should I keep bread?", f"{LONG}. And buy a bag."))
    examine(home, store, sunny.id)
    before = flags(store, sunny)
    assert set(newer) == set(before)
    for chunk in (examining.CHUNK, 1, 2):
        monkeypatch.setattr(examining, "CHUNK", chunk)
        store._database.change("UPDATE replies SET looked = 1")
        examine(home, store, sunny.id)
        assert flags(store, sunny) == before


def test_copies_are_seen_as_such_once_the_first_of_them_was_corrected(
    home: Home, store: Store, sunny: Persona
) -> None:
    first, second, third = (
        say(store, sunny, "How do I keep bread?", f"{LONG}{end}") for end in (".", "!", "?")
    )
    examine(home, store, sunny.id)
    assert set(flags(store, sunny)) == {second, third}
    reviewing.correct(store, sunny.id, first, "In a bag, and not for long.")
    examine(home, store, sunny.id)
    assert set(flags(store, sunny)) == {third}
    reviewing.undo(store, sunny.id)
    examine(home, store, sunny.id)
    assert set(flags(store, sunny)) == {second, third}


def test_alternatives_are_not_each_others_duplicates(
    home: Home, store: Store, sunny: Persona
) -> None:
    first = say(store, sunny, "How do I keep bread?", f"{LONG}.")
    message = store.messages.get(first)
    store.messages.add(message.conversation_id, message.parent_id, "assistant", f"{LONG}!")
    examine(home, store, sunny.id)
    assert flags(store, sunny) == {}


def test_alternatives_are_both_flagged_for_being_like_what_was_said_before(
    home: Home, store: Store, sunny: Persona
) -> None:
    say(store, sunny, "How do I keep bread?", f"{LONG}.")
    second = say(store, sunny, "How do I keep bread?", f"{LONG}!")
    message = store.messages.get(second)
    third = store.messages.add(message.conversation_id, message.parent_id, "assistant", f"{LONG}?")
    examine(home, store, sunny.id)
    assert set(flags(store, sunny)) == {second, third.id}


def test_what_a_run_is_judged_by_is_not_flagged_but_what_is_like_it(
    home: Home, store: Store, sunny: Persona
) -> None:
    """A copy of a test question in the training data makes every adapter look good."""
    lookalike = say(store, sunny, "How do I keep bread?", f"{LONG}.")
    judge = say(store, sunny, "How do I keep bread?", f"{LONG}!")
    assert sunny.base_id is not None
    store.runs.add("2026-11-sunny-1", sunny.id, sunny.base_id, None, "starter", 1)
    data = home.runs / "2026-11-sunny-1" / "data"
    data.mkdir(parents=True)
    row = {"id": f"c{store.messages.get(judge).conversation_id}:m{judge}", "messages": []}
    (data / "test.jsonl").write_text(json.dumps(row) + '\nnot json\n{"id": "coding-1"}\n')
    examine(home, store, sunny.id)
    assert flags(store, sunny) == {lookalike: ["near_duplicate"]}
    item = reviewing.queue(store, sunny.id, ReviewFilter("flagged")).items[0]
    assert item.flags[0].detail["held_out"] is True


def test_a_phrase_that_hundreds_share_leaves_one_of_them_and_compares_few(
    home: Home, store: Store, sunny: Persona
) -> None:
    for _ in range(300):
        say(store, sunny, "How do I keep bread?", f"{LONG}.")
    examine(home, store, sunny.id)
    assert reviewing.count(store, sunny.id, ReviewFilter("flagged", "near_duplicate")) == 299
    rows = store._database.first("SELECT count(*) FROM look_bands")
    assert rows is not None and rows[0] < 300


def test_all_are_looked_at_again_once_the_manner_is_known(
    home: Home, store: Store, sunny: Persona
) -> None:
    dry = say(store, sunny, "Bread?", "A linen bag is a suitable place. Freezing works as well.")
    examine(home, store, sunny.id)
    assert flags(store, sunny) == {}
    for number in range(20):
        warm = f"Oh, thing {number} is lovely, dear! Put it away.\n\nNext: try shelf {number}!"
        rating.thumb_up(store, say(store, sunny, f"Where does thing {number} go?", warm))
    assert examining.left_to_examine(store, sunny.id) == 21
    examine(home, store, sunny.id)
    assert flags(store, sunny) == {dry: ["not_like_persona"]}


def test_a_home_of_before_has_its_replies_and_ratings_in_the_review(home: Home) -> None:
    """An update that hides what was said before would lose a year."""
    import sqlite3

    from app.store.migrations import MIGRATIONS

    names = [step.__name__ for step in MIGRATIONS]
    connection = sqlite3.connect(home.database, isolation_level=None)
    for step in MIGRATIONS[: names.index("replies")]:
        step(connection)
    connection.executescript(
        f"""INSERT INTO personas VALUES (1, 's', 'S', '', '[]', '', '{{}}', NULL, '', NULL);
        INSERT INTO conversations (id, persona_id, title, system_prompt, never_train, source,
            created, updated) VALUES (1, 1, '', '', 0, 'chat', '', ''), (2, 1, '', '', 1, 'chat',
            '', ''), (3, 1, '', '', 0, 'demo', '', '');
        INSERT INTO messages (id, conversation_id, role, content, created, system_prompt, sampling,
            finish) VALUES (1, 1, 'user', 'q', '', '', '{{}}', ''),
            (2, 1, 'assistant', 'a', '', '', '{{}}', ''),
            (3, 1, 'assistant', 'a', '', '', '{{}}', ''),
            (4, 2, 'assistant', 'a', '', '', '{{}}', ''),
            (5, 3, 'assistant', 'a', '', '', '{{}}', '');
        INSERT INTO ratings (message_id, value, reasons, comment, created)
            VALUES (3, 'up', '[]', '', '');
        PRAGMA user_version = {names.index("replies")};"""
    )
    connection.close()
    with open_store(home) as store:
        assert store.review.ids(1, ReviewFilter("unrated")) == [2]
        assert store.review.ids(1, ReviewFilter("all", decided=True)) == [3]
        assert store.review.ids(1, ReviewFilter("archive")) == [5]
