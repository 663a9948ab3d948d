"""Talking: a message in, a streamed reply out, and what arrived is kept even when it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from app.operations import helping
from app.operations.helping import Help
from app.operations.prompt import Prompt
from app.operations.reply_stream import DEFAULT_SAMPLING, ReplySource, ReplyStream
from app.store.conversations import title_of
from app.store.store import Store
from app.store.values import (
    Adapter,
    Conversation,
    Finish,
    GivenExample,
    Message,
    Persona,
    Pick,
    Rating,
    RatingOrigin,
    SearchHit,
)
from ollama_bridge.runtime.values import Served


@dataclass(frozen=True)
class OffRecordReply:
    """A reply that is stored nowhere."""

    text: str
    finish: Finish
    with_note: bool = False


@dataclass(frozen=True)
class Line:
    """A message as it is shown: with its rating, its place among the alternatives, what helped
    it, whose word picked it over the others, and its words after masking."""

    message: Message
    rating: Rating | None
    place: int
    places: int
    helped_by: tuple[GivenExample, ...] = ()
    picked: RatingOrigin | None = None
    masked: str | None = None

    @property
    def correction(self) -> str | None:
        return self.rating.correction if self.rating is not None else None

    @property
    def words(self) -> str:
        """What stands for the message wherever something is learned."""
        return self.correction or self.masked or self.message.content


@dataclass(frozen=True)
class Talk:
    """A conversation as it is shown."""

    conversation: Conversation | None
    lines: tuple[Line, ...]


def _never() -> bool:
    return False


def served(store: Store, persona: Persona) -> list[Served]:
    """Every adapter on the persona's base that some persona speaks through."""
    if persona.base_id is None:
        return []
    live = {other.active_adapter_id for other in store.personas.all()}
    adapters = store.adapters.of_base(persona.base_id)
    return [Served(adapter.run_id, adapter.gguf_path) for adapter in adapters if adapter.id in live]


def live_adapter(store: Store, persona: Persona) -> Adapter | None:
    """The adapter that a persona speaks through."""
    if persona.active_adapter_id is None:
        return None
    return store.adapters.get(persona.active_adapter_id)


def say(
    store: Store,
    runtime: ReplySource,
    persona: Persona,
    conversation_id: int | None,
    text: str,
    *,
    off_record: bool = False,
    history: Sequence[Mapping[str, str]] = (),
    on_delta: Callable[[str], None],
    stopped: Callable[[], bool] = _never,
) -> Message | OffRecordReply | None:
    """Say something and have it answered; `history` is what was said before off the record."""
    if off_record:
        said = [*history, {"role": "user", "content": text}]
        riding = helping.note_for(store, persona, persona.system_prompt, said)
        prompt = Prompt(persona.system_prompt, said, riding)
        reply = ReplyStream(on_delta, stopped, lambda _text: None)
        answered = prompt.answer(reply, runtime, live_adapter(store, persona))
        return OffRecordReply(*answered, with_note=bool(prompt.riding.note))
    question = ask(store, persona, conversation_id, text)
    return answer(store, runtime, persona, question.id, on_delta=on_delta, stopped=stopped)


def ask(
    store: Store,
    persona: Persona,
    conversation_id: int | None,
    text: str,
    *,
    never_train: bool = False,
) -> Message:
    """Store what the user says, in a new conversation when there is none yet."""
    with store.transaction():
        if conversation_id is None:
            title = title_of(text)
            conversation = store.conversations.add(
                persona.id, persona.system_prompt, title, never_train=never_train
            )
        else:
            conversation = store.conversations.get(conversation_id)
        return store.messages.add(conversation.id, conversation.leaf_id, "user", text)


def again(
    store: Store,
    runtime: ReplySource,
    persona: Persona,
    message_id: int,
    *,
    on_delta: Callable[[str], None],
    stopped: Callable[[], bool] = _never,
) -> Message | None:
    """Another reply beside this one; of a question, the reply that it never got."""
    message = store.messages.get(message_id)
    asked = message.id if message.role == "user" else message.parent_id
    if asked is None:
        raise ValueError(f"message {message_id} answers nothing")
    return answer(store, runtime, persona, asked, on_delta=on_delta, stopped=stopped)


def answer(
    store: Store,
    runtime: ReplySource,
    persona: Persona,
    question_id: int,
    *,
    on_delta: Callable[[str], None],
    stopped: Callable[[], bool] = _never,
) -> Message | None:
    """Stream a reply below a message; what arrived is stored every second, and at the end.

    None when it was stopped before the first word.
    """
    question = store.messages.get(question_id)
    conversation = store.conversations.get(question.conversation_id)
    adapter = live_adapter(store, persona)
    spoken = _spoken(store, _branch(store, question))
    riding = helping.help_for(store, persona, question, conversation.system_prompt, spoken)
    prompt = Prompt(conversation.system_prompt, spoken, riding)
    stored: list[Message] = []

    def save(text: str, finish: Finish) -> Message:
        """Stored with the first words: a reply that never came leaves no empty message."""
        if stored:
            stored[0] = store.messages.set_content(stored[0].id, text, finish)
        else:
            rode = prompt.riding
            stored.append(
                _add_reply(store, persona, question, conversation, adapter, rode, text, finish)
            )
        return stored[0]

    # Until it has ended it counts as broken off: a kill leaves it so.
    reply = ReplyStream(on_delta, stopped, lambda text: save(text, "error"))
    try:
        text, finish = prompt.answer(reply, runtime, adapter)
    except BaseException:
        if reply.text:
            save(reply.text, "error")
        raise
    return save(text, finish) if text or finish != "stopped" else None


def read(store: Store, conversation_id: int) -> Talk:
    """A conversation with its ratings and alternatives."""
    messages = store.messages.path(conversation_id)
    ratings = store.ratings.of(message.id for message in messages)
    given = store.helping.given(message.id for message in messages)
    picks = store.preferences.picked(
        message.parent_id for message in messages if message.parent_id is not None
    )
    masked = store.actions.reworded(message.id for message in messages)
    places = store.messages.places(conversation_id)
    lines = []
    for message in messages:
        place, alternatives = places[message.id]
        helped_by = given.get(message.id, ())
        picked = _picked(picks, message)
        lines.append(
            Line(
                message, ratings.get(message.id), place, alternatives, helped_by, picked,
                masked.get(message.id),
            )
        )  # fmt: skip
    return Talk(store.conversations.get(conversation_id), tuple(lines))


def read_around(store: Store, message_id: int) -> Talk:
    """The conversation that a message stands in."""
    return read(store, store.messages.get(message_id).conversation_id)


def read_latest(store: Store, persona_id: int) -> Talk:
    """The conversation that a persona was last spoken to in."""
    latest = store.conversations.page(persona_id, limit=1)
    return read(store, latest[0].id) if latest else Talk(None, ())


def conversations(
    store: Store, persona_id: int, limit: int, before: int | None
) -> list[Conversation]:
    """A page of the conversations last spoken in; `before` is the last id of the page above."""
    return store.conversations.page(persona_id, limit, before)


def find(store: Store, persona_id: int, query: str) -> list[SearchHit]:
    """The messages of a persona that hold the words."""
    return store.search.find(query, persona_id)


def set_never_train(store: Store, conversation_id: int, on: bool) -> Talk:
    """Keep a conversation, but never learn from it."""
    store.conversations.set_never_train(conversation_id, on)
    return read(store, conversation_id)


def step(store: Store, message_id: int, by: int) -> None:
    """Turn to the next alternative of a reply, or to the one before."""
    ids = [message.id for message in store.messages.siblings(message_id)]
    place = ids.index(message_id) + by
    if 0 <= place < len(ids):
        store.messages.choose(ids[place])


def _picked(picks: Mapping[int, Pick], message: Message) -> RatingOrigin | None:
    pick = picks.get(message.parent_id) if message.parent_id is not None else None
    return pick.origin if pick is not None and pick.message_id == message.id else None


def _branch(store: Store, message: Message) -> list[Message]:
    """What was said up to a message."""
    branch = [message]
    while branch[-1].parent_id is not None:
        branch.append(store.messages.get(branch[-1].parent_id))
    return branch[::-1]


def _spoken(store: Store, messages: Sequence[Message]) -> list[dict[str, str]]:
    """What the model reads: a corrected reply stands as it was corrected."""
    ratings = store.ratings.of(message.id for message in messages)
    spoken = []
    for message in messages:
        rating = ratings.get(message.id)
        corrected = rating.correction if rating else None
        spoken.append({"role": message.role, "content": corrected or message.content})
    return spoken


def _add_reply(
    store: Store,
    persona: Persona,
    question: Message,
    conversation: Conversation,
    adapter: Adapter | None,
    riding: Help,
    text: str,
    finish: Finish,
) -> Message:
    """A reply that has begun, under the plain prompt, and what rode along with its question."""
    with store.transaction():
        reply = store.messages.add(
            conversation.id,
            question.id,
            "assistant",
            text,
            base_id=persona.base_id,
            adapter_id=adapter.id if adapter else None,
            system_prompt=conversation.system_prompt,
            sampling=asdict(DEFAULT_SAMPLING),
            finish=finish,
        )
        store.helping.record(reply.id, riding.example_ids, with_note=bool(riding.note))
        return store.messages.get(reply.id)
