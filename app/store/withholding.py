"""What of arriving conversations was forgotten here, and so stays out."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from app.store.arriving import ArrivingConversation, without
from app.store.database import Database
from app.store.tombstones import Marks, marks_of, standing


@dataclass(frozen=True, slots=True)
class Admitted:
    """What may come in of a conversation, and how many of its messages may not."""

    arriving: ArrivingConversation
    forgotten: int = 0


def admit(
    database: Database,
    persona_id: int,
    batch: Sequence[ArrivingConversation],
    here: Container[str],
) -> list[Admitted]:
    """Take out what was forgotten; `here` are the external ids of conversations that are here.

    What follows a forgotten message is out with it.
    """
    marks = marks_of(database, persona_id)
    if marks is None:
        return [Admitted(each) for each in batch]
    whole = _Whole(database, persona_id, marks, batch)
    parts = _Parts(database, persona_id, marks, batch, here)
    admitted = []
    for number, each in enumerate(batch):
        gone = whole.forgotten(each, here)
        out = range(len(each.messages)) if gone else parts.forgotten(number)
        left = without(each, out)
        admitted.append(Admitted(left, len(each.messages) - len(left.messages)))
    return admitted


class _Whole:
    """Conversations that were forgotten as a whole."""

    def __init__(
        self,
        database: Database,
        persona_id: int,
        marks: Marks,
        batch: Sequence[ArrivingConversation],
    ) -> None:
        self._marks = {name: marks.conversation(name) for each in batch for name in _names(each)}
        own = [self._marks[each.external_id] for each in batch]
        self._gone = standing(database, persona_id, "conversation", self._marks.values())
        self._begun = standing(database, persona_id, "beginning", own)

    def forgotten(self, each: ArrivingConversation, here: Container[str]) -> bool:
        """Whether this is one of them, grown or as it once was; of its forms the longest counts."""
        for name in _names(each):
            if name in here:
                return False
            if self._marks[name] in self._gone:
                return True
        return self._marks[each.external_id] in self._begun


class _Parts:
    """Messages that were forgotten: by their words, or where they stood in what is here."""

    def __init__(
        self,
        database: Database,
        persona_id: int,
        marks: Marks,
        batch: Sequence[ArrivingConversation],
        here: Container[str],
    ) -> None:
        self._words = [
            [marks.message(message.role, message.content) for message in each.messages]
            for each in batch
        ]
        self._places = [_places(each, here, marks) for each in batch]
        said = {mark for words in self._words for mark in words if mark}
        self._said = standing(database, persona_id, "message", said)
        stood = [mark for places in self._places for mark in places]
        self._stood = standing(database, persona_id, "place", stood)

    def forgotten(self, number: int) -> list[int]:
        """The places of those in a conversation of the batch."""
        words, places = self._words[number], self._places[number]
        out = [at for at, mark in enumerate(words) if mark in self._said]
        return out + [at for at, mark in enumerate(places) if mark in self._stood]


def _names(each: ArrivingConversation) -> tuple[str, ...]:
    return (each.external_id, *reversed(each.earlier_ids))


def _places(each: ArrivingConversation, here: Container[str], marks: Marks) -> list[str]:
    name = next((name for name in _names(each) if name in here), None)
    if name is None:
        return []
    start = marks.conversation(name)
    found: list[str] = []
    for message in each.messages:
        before = start if message.parent is None else found[message.parent]
        found.append(marks.place(before, message.role, message.content))
    return found
