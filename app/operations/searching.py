"""Searching everything that was ever said, to whichever persona and on whichever branch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.operations import chat
from app.operations.chat import Talk
from app.store.store import Store
from app.store.terms import folded, part_pattern, query_parts
from app.store.values import Role

PAGE_ROWS = 30
# Up to here the search compares the same messages for every page. Nobody reads on for more;
# another word finds it sooner.
MOST_ROWS = 180

# What is folded into one letter together: a Korean syllable in parts, a letter with its accents.
_CLUSTER = re.compile(
    r"[\u1100-\u115f\ua960-\ua97f]+[\u1160-\u11a7\ud7b0-\ud7c6]*[\u11a8-\u11ff\ud7cb-\ud7fb]*"
    r"|.[\u0300-\u036f\u3099\u309a]*",
    re.DOTALL,
)


@dataclass(frozen=True)
class Found:
    """A message that was found: who it was said to, where it stands, the words around."""

    message_id: int
    conversation_id: int
    persona_id: int
    persona: str
    colour: str
    role: Role
    title: str
    created: str
    passage: str


@dataclass(frozen=True)
class FoundPage:
    """Some of what was found, best first, and whether there is more."""

    found: tuple[Found, ...]
    more: bool


def search(store: Store, query: str, already: int = 0) -> FoundPage:
    """The next page of the messages that hold every part of the query.

    What was said off the record is stored nowhere, and what was deleted is not found.
    """
    wanted = min(already + PAGE_ROWS, MOST_ROWS)
    hits = store.search.find(query, limit=wanted)
    personas = {persona.id: persona for persona in store.personas.all()}
    messages = store.messages.several(hit.message_id for hit in hits[already:])
    conversations = store.conversations.several(hit.conversation_id for hit in hits[already:])
    found = []
    for hit in hits[already:]:
        message = messages.get(hit.message_id)
        conversation = conversations.get(hit.conversation_id)
        persona = personas.get(conversation.persona_id) if conversation is not None else None
        # What was deleted meanwhile is left out, and a deleted persona can be talked to by nobody.
        if message is None or conversation is None or persona is None:
            continue
        found.append(
            Found(
                message.id, conversation.id, persona.id, persona.name, persona.colour,
                message.role, conversation.title, message.created, hit.snippet,
            )
        )  # fmt: skip
    return FoundPage(tuple(found), len(hits) == wanted < MOST_ROWS)


def single_words(query: str) -> list[str]:
    """The words of a query of several, the longest first: one alone may be found."""
    words = list(dict.fromkeys(query.split()))
    return sorted(words, key=len, reverse=True) if len(words) > 1 else []


def open_at(store: Store, message_id: int) -> Talk:
    """The conversation of a message, on the branch that it stands on."""
    message = store.messages.get(message_id)
    path = store.messages.path(message.conversation_id)
    if message_id not in {each.id for each in path}:
        store.messages.choose(message_id)
    return chat.read(store, message.conversation_id)


def matches(passage: str, query: str) -> list[tuple[int, int]]:
    """Where the parts of a query stand in a passage, in order, none over another."""
    text, places = _folded(passage)
    found = sorted(
        (places[start], places[end])
        for part in query_parts(query)
        for start, end in _spans(part, text)
    )
    marks: list[tuple[int, int]] = []
    for start, end in found:
        if start < end and (not marks or start >= marks[-1][1]):
            marks.append((start, end))
    return marks


def _spans(part: str, text: str) -> Iterator[tuple[int, int]]:
    for match in part_pattern(part).finditer(text):
        yield match.start(), match.start() + len(part)


def _folded(passage: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its letters where that stands in the passage."""
    pieces: list[str] = []
    places: list[int] = []
    for cluster in _CLUSTER.finditer(passage):
        piece = folded(cluster[0])
        pieces.append(piece)
        places += [cluster.start()] * len(piece)
    return "".join(pieces), [*places, len(passage)]
