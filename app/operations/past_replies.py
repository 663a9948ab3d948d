"""Replay from the past: what a persona once said, was approved of, and has learned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from app.operations.buffers import SAID
from app.operations.turns import turns_of
from app.store import Persona, Store
from app.store.values import LearnableConversation, ReplayItem
from replay.example import Turn
from replay.measures.language import language_of
from replay.measures.topics import topic_of

# What the words before a reply may take up: a long conversation is kept once for each reply.
CONTEXT_CHARACTERS = 6_000
GROUP_OF_TOPIC: Mapping[str, str] = MappingProxyType(
    {
        "persona": "persona",
        "korean": "korean",
        "translation": "korean",
        "coding": "coding",
        "general": "general",
    }
)
# Others are guessed too often from code and names; what was approved fits the persona anyway.
_TOLD_APART = ("en", "ko")


@dataclass(frozen=True)
class Filled:
    """What a filling changed, and how many past replies stand in the groups now."""

    added: int
    changed: int
    removed: int
    whole: int


def fill_from_conversations(
    store: Store, persona: Persona, conversations: Iterable[LearnableConversation] | None = None
) -> Filled:
    """Have every approved reply that a live line learned in its group, and nothing else.

    What was corrected anew changes, what was rejected later goes; done twice it changes nothing.
    """
    found = store.learnable(persona.id) if conversations is None else conversations
    known = {item.external_id: item for item in store.replay.learned_by(persona.id)}
    wanted = {row["id"]: row for talk in found for row in _rows(talk, known)}
    gone = [item.id for name, item in known.items() if name not in wanted]
    new = [row for name, row in wanted.items() if name not in known]
    changed = [row for name, row in wanted.items() if name in known and _differs(known[name], row)]
    # The store is kept from others only now: nobody could rate a reply while this reads.
    with store.transaction():
        store.replay.remove(gone)
        store.replay.add_all([*new, *changed], SAID.rstrip(":"), persona_id=persona.id)
    return Filled(len(new), len(changed), len(gone), len(wanted))


def message_of(external_id: str) -> int | None:
    """The message that an item was made of."""
    return int(external_id.removeprefix(SAID)) if external_id.startswith(SAID) else None


def _rows(talk: LearnableConversation, known: Mapping[str, ReplayItem]) -> Iterator[dict[str, Any]]:
    """An item for each reply that was learned, up to the first one that was rejected."""
    turns = turns_of(talk)
    for place, turn in enumerate(turns):
        if turn.role == "assistant" and turn.rejected:
            return
        asked = turns[place - 1] if place else None
        taught = turn.role == "assistant" and turn.used and turn.approved
        if taught and turn.text.strip() and asked is not None and asked.role == "user":
            yield _row(turns[:place], turn, known.get(f"{SAID}{turn.message_id}"))


def _row(before: Sequence[Turn], turn: Turn, known: ReplayItem | None) -> dict[str, Any]:
    reply = turn.text
    context = [{"role": each.role, "content": each.text, "weight": 0.0}
               for each in _last(before)]  # fmt: skip
    if known is not None and known.messages[-1]["content"] == reply:
        group, language = known.group, known.language  # finding them out again takes longest
    else:
        spoken = language_of(reply)
        group = GROUP_OF_TOPIC[topic_of(before[-1].text, reply)]
        language = spoken if spoken in _TOLD_APART else ""
    return {
        "id": f"{SAID}{turn.message_id}",
        "group": GROUP_OF_TOPIC.get(turn.topic, group),
        "language": language,
        "messages": [
            *context,
            {"role": "assistant", "content": reply, "weight": turn.meaning.weight},
        ],
        "message_id": turn.message_id,
    }


def _last(turns: Sequence[Turn]) -> list[Turn]:
    """The end of a conversation that is kept with a reply, from a question on."""
    kept: list[Turn] = []
    size = 0
    for turn in reversed([each for each in turns if each.role != "system"]):
        size += len(turn.text)
        if kept and size > CONTEXT_CHARACTERS:
            break
        kept.insert(0, turn)
    while kept[0].role != "user":
        kept.pop(0)
    return kept


def _differs(item: ReplayItem, row: Mapping[str, Any]) -> bool:
    return (item.group, item.language, item.messages) != (
        row["group"], row["language"], row["messages"],
    )  # fmt: skip
