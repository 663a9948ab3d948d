"""A correction must help with the very next question like it, and must never be learned from the
prompt that it rides in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.errors import PerennialError
from app.home import Home
from app.operations import chat, helping, rating
from app.operations.helping import HelpSwitches
from app.operations.mixing import draw_month
from app.store import Message, Persona, Store, open_store
from ollama_bridge.errors import ContextTooLong
from ollama_bridge.runtime.sizing import DEFAULT_CONTEXT_TOKENS
from ollama_bridge.runtime.values import Delta, Sampling

ASKED = {"en": "How do I reverse a list in Python?", "ko": "파이썬 리스트를 뒤집는 방법 알려줘"}
NEARLY = {"en": "How can I reverse a Python list?", "ko": "파이썬으로 리스트를 뒤집고 싶어요"}
RIGHT = {
    "en": "Use items[::-1]. Next: try it on three words.",
    "ko": "items[::-1]을 쓰세요. 다음: 세 낱말로 해 보세요.",
}
FAR = {"en": "What shall I cook for my sister tonight?", "ko": "오늘 저녁에 뭘 먹으면 좋을까?"}
NOTE = "I live in Busan and never eat peanuts."


class Model:
    """Says the same each time, and remembers what it was asked; may hold only so many messages."""

    def __init__(self, *words: str, holds: int = 99) -> None:
        self.words = words or ("Fine.",)
        self.holds = holds
        self.asked: list[dict[str, str]] = []

    def chat(
        self, messages: Sequence[Mapping[str, str]], *, adapter: str | None, sampling: Any = None
    ) -> Iterator[Delta]:
        if len(messages) > self.holds or (self.holds < 3 and NOTE in str(messages)):
            raise ContextTooLong(3_000, 2_048)
        self.asked = [dict(message) for message in messages]
        yield from map(Delta, self.words)
        yield Delta("", "stop")


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("B", "gguf", "b.gguf", "d")
    return store.personas.add("Sunny", "Be sunny.", languages=("en", "ko"), base_id=base.id)


def say(
    store: Store, sunny: Persona, text: str, talk: int | None = None, model: Model | None = None
) -> tuple[Message, list[dict[str, str]]]:
    """What was replied, and what the model had read."""
    model = model or Model()
    reply = chat.say(store, model, sunny, talk, text, on_delta=lambda _text: None)
    assert isinstance(reply, Message)
    return reply, model.asked


def corrected(store: Store, sunny: Persona, question: str, right: str) -> Message:
    """A reply that the user put right, in a conversation of its own."""
    reply, _ = say(store, sunny, question, model=Model("No idea."))
    rating.correct(store, reply.id, right)
    return reply


def examples_in(asked: Sequence[Mapping[str, str]]) -> list[str]:
    """The replies that the model read before the question."""
    return [each["content"] for each in asked if each["role"] == "assistant"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_correction_is_in_the_prompt_of_the_next_question_like_it(
    store: Store, sunny: Persona, language: str
) -> None:
    put_right = corrected(store, sunny, ASKED[language], RIGHT[language])
    reply, asked = say(store, sunny, NEARLY[language])
    assert asked == [
        {"role": "system", "content": "Be sunny."},
        {"role": "user", "content": ASKED[language]},
        {"role": "assistant", "content": RIGHT[language]},
        {"role": "user", "content": NEARLY[language]},
    ]
    (line,) = [each for each in chat.read(store, reply.conversation_id).lines if each.helped_by]
    assert [(each.message_id, each.words) for each in line.helped_by] == [
        (put_right.id, ASKED[language])
    ]
    found = helping.exchange(store, put_right.id)
    assert found is not None and found.corrected and found.reply == RIGHT[language]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_nothing_rides_along_when_nothing_is_near(
    store: Store, sunny: Persona, language: str
) -> None:
    corrected(store, sunny, ASKED[language], RIGHT[language])
    reply, asked = say(store, sunny, FAR[language])
    assert [each["role"] for each in asked] == ["system", "user"]
    assert store.helping.given([reply.id]) == {}


def test_only_what_the_user_approves_of_now_helps(store: Store, sunny: Persona) -> None:
    """A reply that was voted down, unrated, or only rated by where it came from is no example."""
    for value, origin in (("down", "user"), ("up", "import"), (None, "user")):
        reply, _ = say(store, sunny, ASKED["en"], model=Model(f"Wrong, {value} {origin}."))
        store.ratings.rate(reply.id, value, origin=origin)  # type: ignore[arg-type]
    approved, _ = say(store, sunny, ASKED["en"], model=Model("Approved."))
    rating.thumb_up(store, approved.id)
    assert examples_in(say(store, sunny, NEARLY["en"])[1]) == ["Approved."]
    rating.undo(store, approved.id)
    assert examples_in(say(store, sunny, NEARLY["en"])[1]) == []


def test_what_is_out_of_sight_or_somebody_elses_does_not_help(store: Store, sunny: Persona) -> None:
    deleted = corrected(store, sunny, ASKED["en"], "Deleted.")
    action = store.actions.begin(sunny.id, "delete")
    store.actions.delete_conversation(deleted.conversation_id, action.id)
    secret = corrected(store, sunny, ASKED["en"], "Never to be trained on.")
    store.conversations.set_never_train(secret.conversation_id, True)
    forgotten = corrected(store, sunny, ASKED["en"], "Forgotten.")
    store.conversations.delete(forgotten.conversation_id)
    other = store.personas.add("Other", "Be other.", base_id=sunny.base_id)
    corrected(store, other, ASKED["en"], "Another persona's.")
    assert examples_in(say(store, sunny, NEARLY["en"])[1]) == []
    store.actions.undo(sunny.id)
    assert examples_in(say(store, sunny, NEARLY["en"])[1]) == ["Deleted."]


def test_a_conversation_is_no_example_to_itself(store: Store, sunny: Persona) -> None:
    reply = corrected(store, sunny, ASKED["en"], RIGHT["en"])
    _, asked = say(store, sunny, NEARLY["en"], reply.conversation_id)
    assert examples_in(asked) == [RIGHT["en"]]  # once, where it was said
    again = Model()
    chat.again(store, again, sunny, reply.id, on_delta=lambda _text: None)
    assert examples_in(again.asked) == []


def test_corrected_ones_come_first_and_three_are_the_most(store: Store, sunny: Persona) -> None:
    for number in range(4):
        asked = f"{ASKED['en']} Way {number}, please."
        reply, _ = say(store, sunny, asked, model=Model(f"Approved {number}."))
        rating.thumb_up(store, reply.id)
    corrected(store, sunny, f"{ASKED['en']} Or a tuple, or a string?", "Corrected.")
    riding = examples_in(say(store, sunny, ASKED["en"])[1])
    assert len(riding) == 3
    assert riding[-1] == "Corrected."  # the best stands next to the question


def test_the_last_word_on_a_question_counts(store: Store, sunny: Persona) -> None:
    corrected(store, sunny, ASKED["en"], "The first word.")
    last = corrected(store, sunny, ASKED["en"], "The second word.")
    store.actions.edit(store.messages.get(last.id).parent_id or 0, ASKED["en"].upper())
    _, asked = say(store, sunny, NEARLY["en"])
    assert [each["content"] for each in asked[1:3]] == [ASKED["en"].upper(), "The second word."]
    assert len(asked) == 4


def test_a_follow_up_keeps_the_examples_and_their_order(store: Store, sunny: Persona) -> None:
    """Otherwise the model reads the whole conversation anew with every "tell me more"."""
    corrected(store, sunny, ASKED["en"], RIGHT["en"])
    reply, _ = say(store, sunny, NEARLY["en"])
    second, asked = say(store, sunny, "Tell me more", reply.conversation_id)
    assert examples_in(asked) == [RIGHT["en"], "Fine."]
    corrected(store, sunny, f"{ASKED['en']} In one line.", "One line.")
    _, asked = say(store, sunny, ASKED["en"], second.conversation_id)
    assert examples_in(asked)[:2] == [RIGHT["en"], "One line."]
    _, asked = say(store, sunny, FAR["en"], second.conversation_id)
    assert RIGHT["en"] not in examples_in(asked)


def test_a_follow_up_that_means_nothing_alone_is_no_example(store: Store, sunny: Persona) -> None:
    first, _ = say(store, sunny, "Tell me about my town")
    more, _ = say(store, sunny, "Go on please", first.conversation_id, Model("It has a river."))
    rating.thumb_up(store, more.id)
    assert examples_in(say(store, sunny, "Go on please")[1]) == []


def test_long_exchanges_are_cut_and_stay_within_a_quarter_of_the_context(
    store: Store, sunny: Persona
) -> None:
    long = "A sentence that says a little. " * 200
    for number in range(3):
        corrected(store, sunny, f"{ASKED['en']} Case {number}.", f"{number}. {long}")
    _, asked = say(store, sunny, NEARLY["en"])
    riding = asked[1:-1]
    assert riding and all(len(each["content"]) <= helping.REPLY_LENGTH for each in riding)
    assert riding[-1]["content"].endswith("a little.")
    size = sum(len(each["content"]) for each in riding)
    assert size / 3 <= helping.CONTEXT_TOKENS / 4
    assert helping.CONTEXT_TOKENS == DEFAULT_CONTEXT_TOKENS
    assert Sampling().max_tokens == helping.REPLY_TOKENS


def test_a_long_conversation_leaves_no_room_for_examples(store: Store, sunny: Persona) -> None:
    corrected(store, sunny, ASKED["en"], RIGHT["en"])
    reply, _ = say(store, sunny, FAR["en"], model=Model("A long story. " * 400))
    _, asked = say(store, sunny, NEARLY["en"], reply.conversation_id)
    assert RIGHT["en"] not in examples_in(asked)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
@example(text='"list" OR NEAR(python*) AND -x {terms}: ^a')
@example(text="x" * 200_000)
def test_no_question_breaks_the_search(store: Store, sunny: Persona, text: str) -> None:
    question = Message(1, 1, None, "user", text, "")
    assert helping.nearest(store, sunny, question) == []
    assert len(helping.shortened(text, 40)) <= 50


def test_a_cut_code_block_is_closed() -> None:
    text = "Like this:\n\n```python\n" + "line = 1\n" * 100 + "```\nDone."
    cut = helping.shortened(text, 200)
    assert len(cut) <= 210 and cut.count("```") == 2 and cut.endswith("line = 1\n```")
    assert helping.shortened("  short ", 200) == "short"


def test_the_note_rides_in_the_system_prompt_and_is_seen_below_the_reply(
    store: Store, sunny: Persona
) -> None:
    helping.set_about_me(store, f"  {NOTE}\n")
    reply, asked = say(store, sunny, FAR["en"])
    assert asked[0]["role"] == "system"
    assert asked[0]["content"].startswith("Be sunny.\n\nAbout the user")
    assert asked[0]["content"].endswith(NOTE)
    assert reply.with_note and store.messages.get(reply.id).with_note
    bare = store.personas.add("Bare", "", base_id=sunny.base_id)
    assert NOTE in say(store, bare, "Hello there")[1][0]["content"]


def test_a_note_that_is_too_long_is_refused_and_the_one_before_kept(
    store: Store, sunny: Persona
) -> None:
    helping.set_about_me(store, NOTE)
    with pytest.raises(PerennialError, match=r"2,001 characters"):
        helping.set_about_me(store, "n" * 2_001)
    assert helping.about_me(store) == NOTE
    assert helping.set_about_me(store, "n" * 2_000) == "n" * 2_000


def test_a_note_that_would_leave_no_room_for_a_reply_stays_out(
    store: Store, sunny: Persona
) -> None:
    """A base reads a Korean character as a token or more: the reply would end after a word."""
    note = "부산에 살고 땅콩은 먹지 않아요. " * 72
    helping.set_about_me(store, note)
    reply, asked = say(store, sunny, FAR["ko"])
    assert reply.with_note and note.strip() in asked[0]["content"]
    reply, _ = say(store, sunny, FAR["ko"], reply.conversation_id, Model("긴 이야기예요. " * 60))
    reply, asked = say(store, sunny, FAR["ko"], reply.conversation_id)
    assert not reply.with_note and asked[0]["content"] == "Be sunny."
    helping.set_about_me(store, "n" * 2_000)
    assert say(store, sunny, FAR["ko"], reply.conversation_id)[0].with_note


def test_switched_off_is_remembered_for_the_persona_alone(store: Store, sunny: Persona) -> None:
    helping.set_about_me(store, NOTE)
    corrected(store, sunny, ASKED["en"], RIGHT["en"])
    helping.set_switches(store, sunny, HelpSwitches(examples=False, note=False))
    reply, asked = say(store, sunny, NEARLY["en"])
    assert asked == [
        {"role": "system", "content": "Be sunny."}, {"role": "user", "content": NEARLY["en"]},
    ]  # fmt: skip
    assert not reply.with_note
    other = store.personas.add("Other", "Be other.", base_id=sunny.base_id)
    assert NOTE in say(store, other, NEARLY["en"])[1][0]["content"]


def test_off_the_record_the_note_is_used_and_nothing_is_stored(
    store: Store, sunny: Persona
) -> None:
    helping.set_about_me(store, NOTE)
    corrected(store, sunny, ASKED["en"], RIGHT["en"])
    talks = store.conversations.page(sunny.id)
    model = Model("Quiet.")
    reply = chat.say(
        store, model, sunny, None, NEARLY["en"], off_record=True, on_delta=lambda _text: None
    )
    assert reply == chat.OffRecordReply("Quiet.", "stop", with_note=True)
    assert NOTE in model.asked[0]["content"] and examples_in(model.asked) == []
    assert store.conversations.page(sunny.id) == talks


@pytest.mark.parametrize(("holds", "helped", "noted"), [(3, False, True), (2, False, False)])
def test_help_never_costs_a_reply(
    store: Store, sunny: Persona, holds: int, helped: bool, noted: bool
) -> None:
    """Where the context holds less than was thought, less rides along, and that is what is told."""
    helping.set_about_me(store, NOTE)
    corrected(store, sunny, ASKED["en"], RIGHT["en"])
    reply, asked = say(store, sunny, NEARLY["en"], model=Model(holds=holds))
    assert reply.content == "Fine." and len(asked) == 2
    assert (bool(store.helping.given([reply.id])), reply.with_note) == (helped, noted)


def test_a_conversation_that_is_too_long_by_itself_says_so(store: Store, sunny: Persona) -> None:
    with pytest.raises(ContextTooLong):
        say(store, sunny, FAR["en"], model=Model(holds=1))


def test_an_example_that_is_forgotten_vanishes_below_the_reply(
    store: Store, sunny: Persona
) -> None:
    example = corrected(store, sunny, ASKED["en"], RIGHT["en"])
    reply, _ = say(store, sunny, NEARLY["en"])
    assert store.helping.given([reply.id])
    action = store.actions.begin(sunny.id, "delete")
    store.actions.delete_conversation(example.conversation_id, action.id)
    assert store.helping.given([reply.id]) == {}
    assert helping.exchange(store, example.id) is None
    store.actions.undo(sunny.id)
    store.conversations.delete(example.conversation_id)
    assert store.helping.given([reply.id]) == {}
    assert chat.read(store, reply.conversation_id).lines[-1].helped_by == ()


def test_nothing_that_rode_along_is_ever_learned(store: Store, sunny: Persona) -> None:
    """Otherwise a persona would learn the user's private facts, and its examples twice over."""
    helping.set_about_me(store, NOTE)
    mine = [f"{word} is what turns it around." for word in ("Slicing", "Reversed", "Sorting",
            "Swapping", "Recursion", "Popping", "Looping", "Joining", "Zipping")]  # fmt: skip
    for number, right in enumerate(mine):
        reply, asked = say(store, sunny, f"{NEARLY['en']} Way {number}.")
        assert NOTE in asked[0]["content"] and bool(examples_in(asked)) == (number > 0)
        assert reply.system_prompt == "Be sunny."
        rating.correct(store, reply.id, right)
    drawn = draw_month(store, sunny, seed=7, replay=False)
    examples = [*drawn.mix.train, *drawn.mix.valid, *drawn.mix.test]
    texts = [[message.content for message in example.messages] for example in examples]
    assert len(texts) > 3
    assert all(len(text) == 3 and text[0] == "Be sunny." for text in texts), texts
    assert all(text[2] in mine for text in texts)
    learnable = [turn.content for talk in store.learnable(sunny.id) for turn in talk.turns]
    assert len(learnable) == 2 * len(mine) and NOTE not in str(learnable)
