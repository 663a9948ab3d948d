"""What was said and answered must be there tomorrow, whole or as far as it came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from app.home import Home
from app.operations import chat, rating, reply_stream
from app.store import Persona, Store, open_store
from ollama_bridge.errors import RuntimeLost
from ollama_bridge.runtime.values import Delta


class Words:
    """A source of replies that says what it is given, and may break."""

    def __init__(self, *words: str, breaks: bool = False) -> None:
        self.words = words
        self.breaks = breaks
        self.asked: list[dict[str, Any]] = []
        self.adapter: str | None = None
        self.closed = False

    def chat(
        self, messages: Sequence[Mapping[str, str]], *, adapter: str | None, sampling: Any = None
    ) -> Iterator[Delta]:
        self.asked = [dict(message) for message in messages]
        self.adapter = adapter
        try:
            for word in self.words:
                yield Delta(word)
            if self.breaks:
                raise RuntimeLost("It ended.", "Ask again.")
            yield Delta("", "stop")
        finally:
            self.closed = True


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with open_store(home) as opened:
        yield opened


@pytest.fixture
def sunny(store: Store) -> Persona:
    base = store.bases.add("B", "gguf", "b.gguf", "d")
    return store.personas.add("Sunny", "Be sunny.", base_id=base.id)


def _say(store: Store, source: Words, persona: Persona, talk: int | None, text: str) -> Any:
    return chat.say(store, source, persona, talk, text, on_delta=lambda _text: None)


def test_a_reply_remembers_what_made_it(store: Store, sunny: Persona) -> None:
    reply = _say(store, Words("Hel", "lo."), sunny, None, "Hi")
    kept = store.messages.get(reply.id)
    assert (kept.content, kept.finish, kept.base_id) == ("Hello.", "stop", sunny.base_id)
    assert (kept.system_prompt, kept.sampling["temperature"]) == ("Be sunny.", 0.7)


def test_the_conversation_goes_on_under_the_prompt_of_its_day(store: Store, sunny: Persona) -> None:
    reply = _say(store, Words("Hello."), sunny, None, "Hi")
    changed = store.personas.update(sunny.id, system_prompt="Be grave.")
    source = Words("Fine.")
    _say(store, source, changed, reply.conversation_id, "How are you?")
    assert [message["content"] for message in source.asked] == [
        "Be sunny.", "Hi", "Hello.", "How are you?",
    ]  # fmt: skip


def test_a_corrected_reply_stands_in_the_context_as_corrected(store: Store, sunny: Persona) -> None:
    reply = _say(store, Words("Hello."), sunny, None, "Hi")
    rating.correct(store, reply.id, "Hello, friend.")
    source = Words("Fine.")
    _say(store, source, sunny, reply.conversation_id, "How are you?")
    assert source.asked[2]["content"] == "Hello, friend."


def test_a_broken_reply_keeps_its_part(store: Store, sunny: Persona) -> None:
    with pytest.raises(RuntimeLost):
        _say(store, Words("Half a ", "thought", breaks=True), sunny, None, "Hi")
    talk = store.conversations.page(sunny.id)[0]
    kept = store.messages.path(talk.id)[-1]
    assert (kept.content, kept.finish) == ("Half a thought", "error")


def test_a_reply_that_never_began_leaves_the_question_alone(store: Store, sunny: Persona) -> None:
    with pytest.raises(RuntimeLost):
        _say(store, Words(breaks=True), sunny, None, "Hi")
    talk = store.conversations.page(sunny.id)[0]
    assert [message.role for message in store.messages.path(talk.id)] == ["user"]


def test_stopping_ends_the_request_and_keeps_the_part(store: Store, sunny: Persona) -> None:
    said: list[str] = []
    source = Words("One ", "two ", "three ")
    reply = chat.say(
        store, source, sunny, None, "Count", on_delta=said.append, stopped=lambda: len(said) == 2
    )
    assert isinstance(reply, chat.Message)
    assert (reply.content, reply.finish, source.closed) == ("One two ", "stopped", True)


def test_a_reply_stopped_before_its_first_word_is_not_asked_for_or_not_stored(
    store: Store, sunny: Persona
) -> None:
    good = _say(store, Words("One."), sunny, None, "Say something")
    source = Words("Two.")
    for asked, answers in ((0, [True]), (2, [False, True])):
        stopped = iter(answers)
        again = chat.again(
            store, source, sunny, good.id,
            on_delta=lambda _text: None, stopped=lambda stopped=stopped: next(stopped),
        )  # fmt: skip
        assert again is None and len(source.asked) == asked
    assert store.messages.siblings(good.id) == [store.messages.get(good.id)]


def test_again_answers_beside_and_can_be_turned_back(store: Store, sunny: Persona) -> None:
    first = _say(store, Words("One."), sunny, None, "Say something")
    second = chat.again(store, Words("Two."), sunny, first.id, on_delta=lambda _text: None)
    talk = chat.read(store, first.conversation_id)
    assert (talk.lines[-1].message.id, talk.lines[-1].place, talk.lines[-1].places) == (
        second.id, 2, 2,
    )  # fmt: skip
    chat.step(store, second.id, -1)
    assert chat.read(store, first.conversation_id).lines[-1].message.content == "One."
    chat.step(store, first.id, -1)
    assert chat.read(store, first.conversation_id).lines[-1].message.content == "One."


def test_another_process_that_writes_for_long_ends_no_reply(
    home: Home, sunny: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply_stream, "SAVE_EVERY_S", -1.0)
    with open_store(home) as other, open_store(home, busy_timeout_s=0.01) as busy:
        writing = ExitStack()

        def heard(text: str) -> None:
            if text == "two ":
                writing.enter_context(other.transaction())
            elif text == "four":
                writing.close()

        source = Words("one ", "two ", "three ", "four")
        reply = chat.say(busy, source, sunny, None, "Count", on_delta=heard)
        assert isinstance(reply, chat.Message)
        assert (reply.content, reply.finish) == ("one two three four", "stop")


def test_off_the_record_stores_nothing(store: Store, sunny: Persona) -> None:
    source = Words("Quiet.")
    reply = chat.say(
        store, source, sunny, None, "A secret", off_record=True,
        history=[{"role": "user", "content": "Psst"}], on_delta=lambda _text: None,
    )  # fmt: skip
    assert reply == chat.OffRecordReply("Quiet.", "stop")
    assert [message["content"] for message in source.asked] == ["Be sunny.", "Psst", "A secret"]
    assert store.conversations.page(sunny.id) == []


def test_only_adapters_that_somebody_speaks_through_are_served(
    store: Store, home: Home, sunny: Persona
) -> None:
    assert sunny.base_id is not None
    for run_id in ("r1", "r2"):
        store.runs.add(run_id, sunny.id, sunny.base_id, None, "starter", 1)
        store.adapters.add(
            sunny.id, sunny.base_id, run_id, None, home.runs, home.runs / run_id, run_id
        )
    live = store.adapters.of_run("r2")
    assert live is not None
    store.deployments.put_live(sunny.id, "r2", live.id, "runtime", "1", "runtime", {})
    sunny = store.personas.get(sunny.id)
    assert [served.name for served in chat.served(store, sunny)] == ["r2"]
    source = Words("New.")
    reply = _say(store, source, sunny, None, "Hi")
    assert (source.adapter, reply.adapter_id) == ("r2", live.id)
