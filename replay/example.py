"""Examples: conversations up to their last approved reply, with what each reply teaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

APPROVED = ("up", "kept")
REJECTED = ("down", "dropped")
APPROVED_WEIGHT = 1.0
CORRECTED_WEIGHT = 1.5  # the user wrote these words, and asked for them


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of a conversation with what the user said of it."""

    message_id: int
    role: str
    content: str
    rating: str | None = None
    correction: str | None = None
    used: bool = False

    @property
    def rejected(self) -> bool:
        return self.rating in REJECTED and self.correction is None

    @property
    def approved(self) -> bool:
        return self.rating in APPROVED or self.correction is not None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The active branch of a conversation, under the persona's prompt of its day."""

    conversation_id: int
    system_prompt: str
    turns: Sequence[Turn]


@dataclass(frozen=True, slots=True)
class Message:
    """A message of an example; a weight of 0 is context and teaches nothing."""

    role: str
    content: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Example:
    """The unit that is trained on; it counts by its approved replies.

    `message_ids` are the approved replies in the store, for the run to record what it used.
    """

    id: str
    group: str
    messages: tuple[Message, ...]
    conversation: str = ""
    language: str = ""
    message_ids: tuple[int, ...] = ()
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
        )

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
    learned: list[int] = []
    end = 0
    for turn in conversation.turns:
        if turn.role == "assistant" and turn.rejected:
            break
        said.append(Message(turn.role, *_taught(turn)))
        if said[-1].weight > 0:
            learned.append(turn.message_id)
            end = len(said)
    if not learned:
        return None
    name = f"c{conversation.conversation_id}"
    messages = under_prompt(said[:end], conversation.system_prompt)
    return Example(f"{name}:m{learned[-1]}", "new", messages, name, message_ids=tuple(learned))


def replay_example(
    item_id: str,
    group: str,
    messages: Sequence[Mapping[str, Any]],
    language: str = "",
    conversation: str = "",
) -> Example:
    """An item of a replay group: its replies teach unless their weight says otherwise."""
    return Example(
        item_id,
        group,
        tuple(
            Message(
                str(message["role"]),
                str(message["content"]),
                float(message.get("weight", APPROVED_WEIGHT))
                if message["role"] == "assistant"
                else 0.0,
            )
            for message in messages
        ),
        conversation or item_id,
        language,
    )


def under_prompt(messages: Sequence[Message], system_prompt: str) -> tuple[Message, ...]:
    """The messages under this system prompt and no other; none when it is empty."""
    rest = tuple([message for message in messages if message.role != "system"])
    return (Message("system", system_prompt), *rest) if system_prompt.strip() else rest


def _taught(turn: Turn) -> tuple[str, float]:
    content = turn.content if turn.correction is None else turn.correction
    if turn.role != "assistant" or turn.used or not turn.approved:
        return content, 0.0
    return content, APPROVED_WEIGHT if turn.correction is None else CORRECTED_WEIGHT
