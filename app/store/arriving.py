"""Conversations on their way into the store, as values that name no row yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from app.store.conversations import title_of
from app.store.values import RatingValue

# What an external id says: all of the words (so the same id is the same conversation), or only
# a name (so that the conversation may have grown since, also by branches).
Identity = Literal["words", "name"]


@dataclass(frozen=True, slots=True)
class ArrivingRating:
    """What somebody said of a reply where it comes from."""

    value: RatingValue | None
    correction: str | None = None
    reasons: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ArrivingMessage:
    """A message; `parent` is the place of the message it answers, always before its own.

    Times are ISO 8601 in UTC, or empty where the source has none.
    """

    role: Literal["user", "assistant"]
    content: str
    parent: int | None
    created: str = ""
    speaker: str = ""
    model: str = ""
    rating: ArrivingRating | None = None


@dataclass(frozen=True, slots=True)
class ArrivingConversation:
    """A tree of messages; `leaf` is the end of its active branch, the last message without it.

    `earlier_ids` are the ids that it had when it was shorter; `choices` are pairs of places: a
    reply, and the one beside it that was passed over.
    """

    external_id: str
    messages: tuple[ArrivingMessage, ...]
    system_prompt: str = ""
    title: str = ""
    created: str = ""
    updated: str = ""
    leaf: int | None = None
    identity: Identity = "words"
    earlier_ids: tuple[str, ...] = ()
    choices: tuple[tuple[int, int], ...] = ()

    @property
    def known_as(self) -> str:
        """Its title, or the first words that were said to it."""
        if self.title:
            return self.title
        return next((title_of(each.content) for each in self.messages if each.role == "user"), "")


def without(arriving: ArrivingConversation, out: Collection[int]) -> ArrivingConversation:
    """A conversation without the messages at some places, and without what follows them."""
    if not out:
        return arriving
    lost, moved = set(out), dict[int, int]()
    messages: list[ArrivingMessage] = []
    for place, message in enumerate(arriving.messages):
        if place in lost or message.parent in lost:
            lost.add(place)
            continue
        moved[place] = len(messages)
        parent = None if message.parent is None else moved[message.parent]
        messages.append(replace(message, parent=parent))
    pairs = (pair for pair in arriving.choices if moved.keys() >= set(pair))
    return replace(
        arriving,
        messages=tuple(messages),
        title="" if any(_begins(arriving, place) for place in lost) else arriving.title,
        leaf=_leaf(arriving, moved),
        choices=tuple((moved[chosen], moved[passed]) for chosen, passed in pairs),
    )


def _begins(arriving: ArrivingConversation, place: int) -> bool:
    """Whether the title is the beginning of a message."""
    words = " ".join(arriving.messages[place].content.split())
    return bool(arriving.title) and words.startswith(arriving.title.rstrip("…"))


def _leaf(arriving: ArrivingConversation, moved: Mapping[int, int]) -> int | None:
    """The end of the active branch; where that is cut off, of another that goes on from there."""
    end = len(arriving.messages) - 1 if arriving.leaf is None else arriving.leaf
    at: int | None = end
    while at is not None and at not in moved:
        at = arriving.messages[at].parent
    if at is None or at == end:
        return None if at is None else moved[at]
    branch, end = {at}, at
    for place in moved:
        if arriving.messages[place].parent in branch:
            branch.add(place)
            end = place
    return moved[end]
