"""Examples: conversations up to their last approved reply, with what each reply teaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from replay.meaning import APPROVED_ELSEWHERE, APPROVED_OWN, REJECTED_REPLY, Meaning, meaning_of


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of a conversation with what the user said of it.

    `own` when a model of this home wrote it; `signature` says what it is a near-duplicate of.
    """

    message_id: int
    role: str
    content: str
    rating: str | None = None
    correction: str | None = None
    used: bool = False
    own: bool = False
    topic: str = ""
    signature: bytes = b""

    @property
    def meaning(self) -> Meaning:
        return meaning_of(self.rating, self.correction, own=self.own)

    @property
    def text(self) -> str:
        """What the user would have it say."""
        return self.content if self.correction is None else self.correction

    @property
    def rejected(self) -> bool:
        return self.meaning is REJECTED_REPLY

    @property
    def approved(self) -> bool:
        return self.meaning.weight > 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """The active branch of a conversation, under the persona's prompt of its day."""

    conversation_id: int
    system_prompt: str
    turns: Sequence[Turn]
    day: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of an example; a weight of 0 is context and teaches nothing."""

    role: str
    content: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Example:
    """The unit that is trained on; it counts by its approved replies.

    `message_ids` are the approved replies in the store, for the run to record what it used;
    `own_ids` those of them in the persona's own unedited words. What is `learned` an adapter in
    use was taught before: it judges none, and as replay it stays under the prompt.
    """

    id: str
    group: str
    messages: tuple[Message, ...]
    conversation: str = ""
    language: str = ""
    message_ids: tuple[int, ...] = ()
    own_ids: tuple[int, ...] = ()
    topic: str = ""
    day: str = ""
    signatures: tuple[bytes, ...] = ()
    judges: bool = False
    learned: bool = False
    uses: int = 0
    replies: int = field(init=False)  # counted once: a mix asks for it many times

    def __post_init__(self) -> None:
        replies = sum([message.weight > 0 for message in self.messages])
        object.__setattr__(self, "replies", replies)

    def under(self, system_prompt: str) -> Example:
        """The same under this system prompt."""
        return Example(
            self.id,
            self.group,
            under_prompt(self.messages, system_prompt),
            self.conversation,
            self.language,
            self.message_ids,
            judges=self.judges,
            learned=self.learned,
        )

    def without(self, message_ids: AbstractSet[int]) -> Example | None:
        """The same with these replies as context; None when nothing else is taught."""
        taught = iter(self.message_ids)
        kept: list[int] = []
        messages = []
        for message in self.messages:
            if message.weight > 0:
                message_id = next(taught)
                if message_id in message_ids:
                    message = Message(message.role, message.content)
                else:
                    kept.append(message_id)
            messages.append(message)
        if not kept:
            return None
        while messages[-1].weight == 0:
            messages.pop()
        own = tuple(each for each in self.own_ids if each in kept)
        return replace(self, messages=tuple(messages), message_ids=tuple(kept), own_ids=own)

    def weighted(self, factor: float) -> Example:
        """The same, each reply teaching so many times as much."""
        if factor == 1.0:
            return self
        messages = tuple(replace(each, weight=each.weight * factor) for each in self.messages)
        return replace(self, messages=messages)

    def row(self) -> dict[str, Any]:
        """The example as a line of a data file."""
        return {
            "id": self.id,
            "group": self.group,
            "messages": [
                {"role": message.role, "content": message.content, "weight": message.weight}
                for message in self.messages
            ],
        }


def example_of(conversation: Conversation) -> Example | None:
    """A conversation up to its last new approved reply; None when it has none.

    It is cut before the first rejected reply that was not corrected: what follows answers to
    words that the user did not want.
    """
    said: list[Message] = []
    taught: list[Turn] = []
    end = 0
    for turn in conversation.turns:
        if turn.role == "assistant" and turn.rejected:
            break
        said.append(_message(turn))
        if said[-1].weight > 0:
            taught.append(turn)
            end = len(said)
    if not taught:
        return None
    name = f"c{conversation.conversation_id}"
    return Example(
        f"{name}:m{taught[-1].message_id}",
        "new",
        under_prompt(said[:end], conversation.system_prompt),
        name,
        message_ids=tuple([turn.message_id for turn in taught]),
        own_ids=tuple([turn.message_id for turn in taught if turn.meaning is APPROVED_OWN]),
        topic=_most_common([turn.topic for turn in taught]),
        day=conversation.day,
        signatures=tuple([turn.signature for turn in taught if turn.signature]),
    )


def replay_example(
    item_id: str,
    group: str,
    messages: Sequence[Mapping[str, Any]],
    language: str = "",
    conversation: str = "",
    *,
    judges: bool = False,
    learned: bool = False,
    uses: int = 0,
) -> Example:
    """An item of a replay group: its replies teach unless their weight says otherwise."""
    return Example(
        item_id,
        group,
        tuple(
            Message(
                str(message["role"]),
                str(message["content"]),
                float(message.get("weight", APPROVED_ELSEWHERE.weight))
                if message["role"] == "assistant"
                else 0.0,
            )
            for message in messages
        ),
        conversation or item_id,
        language,
        judges=judges,
        learned=learned,
        uses=uses,
    )


def under_prompt(messages: Sequence[Message], system_prompt: str) -> tuple[Message, ...]:
    """The messages under this system prompt and no other; none when it is empty."""
    rest = tuple([message for message in messages if message.role != "system"])
    return (Message("system", system_prompt), *rest) if system_prompt.strip() else rest


def _message(turn: Turn) -> Message:
    if turn.role != "assistant" or turn.used:
        return Message(turn.role, turn.text)
    return Message(turn.role, turn.text, turn.meaning.weight)


def _most_common(topics: Sequence[str]) -> str:
    return max(sorted(set(topics)), key=topics.count)
