"""A test set that can be learned, lost or mixed up judges nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.home import Home
from app.operations import importing
from app.operations.mixing import draw_month
from app.operations.month import month_progress
from app.operations.own_tests import (
    OwnTestRefused,
    add_test,
    held_out,
    own_test_named,
    own_tests_of,
    remove_test,
)
from app.operations.preferring import preference_rows, preferred
from app.store import Persona, Store, open_store
from replay.filters import TEST_QUESTION

QUESTIONS = [
    f"Which {thing} would you bring to the {place} on a {day}?"
    for thing in ("lantern", "umbrella", "violin", "basket", "mirror")
    for place in ("harbour", "mountain", "museum", "orchard")
    for day in ("holiday", "Tuesday", "rainy afternoon")
]


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("B", "gguf", "b.gguf", "d", languages=("en",))
    return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


def questions_file(folder: Path, prompts: Sequence[str], name: str = "Kitchen sink.jsonl") -> Path:
    path = folder / name
    rows = (json.dumps({"prompt": prompt, "answer": "Yes."}) for prompt in prompts)
    path.write_text("\n".join(rows), "utf-8")
    return path


def say(store: Store, persona: Persona, asked: str, reply: str, rating: str = "up") -> int:
    talk = store.conversations.add(persona.id, persona.system_prompt)
    question = store.messages.add(talk.id, None, "user", asked)
    answer = store.messages.add(talk.id, question.id, "assistant", reply)
    store.ratings.rate(answer.id, rating)  # type: ignore[arg-type]
    return answer.id


def test_a_test_set_is_a_copy_in_the_home(home: Home, sunny: Persona, tmp_path: Path) -> None:
    file = questions_file(tmp_path, QUESTIONS)
    added = add_test(home, file, personas=["sunny"])
    file.unlink()
    assert (added.sides["test"], added.lessons) == (len(QUESTIONS), None)
    (test,) = own_tests_of(home)
    assert (test.name, test.personas, test.all_held_out) == ("kitchen-sink", ("sunny",), True)
    assert [question.prompt for question in test.judging()] == QUESTIONS
    assert own_test_named(home, "Kitchen sink") == test


def test_only_those_who_it_is_for_are_examined_with_it(
    home: Home, store: Store, sunny: Persona, tmp_path: Path
) -> None:
    other = store.personas.add("Other", "Be other.")
    file = questions_file(tmp_path, QUESTIONS)
    add_test(home, file, personas=["sunny"])
    add_test(home, file, name="for all")
    assert [test.name for test in own_tests_of(home, sunny)] == ["for-all", "kitchen-sink"]
    assert [test.name for test in own_tests_of(home, other)] == ["for-all"]


def test_a_second_one_of_the_same_name_replaces_nothing(home: Home, tmp_path: Path) -> None:
    add_test(home, questions_file(tmp_path, QUESTIONS))
    with pytest.raises(OwnTestRefused, match="already"):
        add_test(home, questions_file(tmp_path, QUESTIONS[:1]))
    assert len(own_test_named(home, "kitchen-sink").questions()) == len(QUESTIONS)


def test_a_wrong_file_is_refused_whole(home: Home, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("\n".join('{"prompt": "Well?"}' for _ in range(30)), "utf-8")
    with pytest.raises(OwnTestRefused) as refused:
        add_test(home, wrong)
    assert "has 30 errors" in str(refused.value) and "and 10 more" in str(refused.value)
    assert str(refused.value).count("line ") == 20
    assert own_tests_of(home) == []
    with pytest.raises(OwnTestRefused, match="no name"):
        add_test(home, questions_file(tmp_path, QUESTIONS), name="../..")


def test_a_damaged_note_never_lets_a_held_out_question_be_learned(
    home: Home, store: Store, sunny: Persona, tmp_path: Path
) -> None:
    add_test(home, questions_file(tmp_path, QUESTIONS))
    (home.root / "tests" / "kitchen-sink.about.json").write_text("{", "utf-8")
    with pytest.raises(OwnTestRefused, match="damaged"):
        draw_month(store, sunny, seed=1)
    (home.root / "tests" / "kitchen-sink.about.json").write_text(
        json.dumps({"file": "../elsewhere.csv"}), "utf-8"
    )
    with pytest.raises(OwnTestRefused, match="damaged"):
        own_tests_of(home)


def test_what_a_test_set_asks_is_learned_by_nobody(
    home: Home, store: Store, sunny: Persona, tmp_path: Path
) -> None:
    """Neither from a conversation, in other spelling or late in it, nor from a preference."""
    add_test(home, questions_file(tmp_path, QUESTIONS[:3]))
    with store.transaction():
        for number in range(60):
            say(store, sunny, f"Tell me of number {number} in words, please.", f"It is {number}!")
        asked = [
            say(store, sunny, QUESTIONS[0].upper(), "A lantern, surely."),
            say(store, sunny, f"{QUESTIONS[1]}!!", "Hardly any."),
            say(store, sunny, QUESTIONS[2], "None at all.", "down"),
        ]
        talk = store.messages.get(asked[0]).conversation_id
        later = store.messages.add(talk, asked[0], "user", "And why is that?")
        reply = store.messages.add(talk, later.id, "assistant", "It shines.")
        store.ratings.rate(reply.id, "up")
    drawn = draw_month(store, sunny, seed=1)
    mix = drawn.mix
    said = {
        message.content
        for side in (mix.train, mix.valid, mix.test)
        for example in side
        for message in example.messages
    }
    assert said and not {QUESTIONS[0].upper(), f"{QUESTIONS[1]}!!", QUESTIONS[2]} & said
    assert drawn.manifest()["left_out"] == {TEST_QUESTION: 3}
    thumbs = {row["id"] for row in preference_rows(preferred(store, sunny), mix)}
    assert thumbs and not {f"m{each}" for each in asked} & thumbs

    remove_test(home, "kitchen-sink")
    assert draw_month(store, sunny, seed=1).manifest()["left_out"] == {}
    assert list((home.root / "tests").iterdir()) == []


def test_replay_that_asks_a_test_question_stays_out_too(
    home: Home, store: Store, sunny: Persona, tmp_path: Path
) -> None:
    messages = [
        {"role": "user", "content": QUESTIONS[0]},
        {"role": "assistant", "content": "A lantern."},
    ]
    item = {"id": "own-1", "group": "general", "language": "en", "messages": messages}
    store.replay.add_all([item], "test")
    add_test(home, questions_file(tmp_path, QUESTIONS))
    groups = draw_month(store, sunny, seed=1).manifest()["groups"]
    assert groups["general"]["left_out"][TEST_QUESTION] == 1


def test_the_part_to_learn_can_be_imported_and_the_rest_is_held_out(
    home: Home, store: Store, sunny: Persona, tmp_path: Path
) -> None:
    added = add_test(home, questions_file(tmp_path, QUESTIONS), all_held_out=False)
    assert added.lessons is not None
    assert sum(added.sides.values()) == len(QUESTIONS) and added.sides["test"] > 0
    asked = [
        json.loads(line)["messages"][0]["content"]
        for line in added.lessons.read_text("utf-8").splitlines()
    ]
    assert len(asked) == added.sides["train"] - added.left_out
    judging = held_out(home, sunny)
    assert not any(map(judging.asks, asked))
    held = [each.prompt for each in added.test.questions() if added.test.side(each) != "train"]
    assert all(map(judging.asks, held))
    importing.import_files(store, sunny.id, [added.lessons], reviewed=True)
    assert month_progress(store, sunny.id).usable == len(asked)
