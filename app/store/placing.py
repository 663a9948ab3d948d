"""Which arriving conversations are here already, and what of them is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.store.arriving import ArrivingConversation
from app.store.database import Database, id_list, to_json
from app.store.withholding import admit

State = Literal["new", "grown", "known", "forgotten"]
_Key = tuple[int | None, str, str]


@dataclass(frozen=True, slots=True)
class Placement:
    """An arriving conversation, the one here that it belongs to, and what has to be written.

    `ids` are the messages' ids here, 0 for those to be added; `forgotten` messages were forgotten
    here, and are in none of it.
    """

    arriving: ArrivingConversation
    state: State
    conversation_id: int = 0
    ids: tuple[int, ...] = ()
    forgotten: int = 0

    @property
    def added(self) -> list[int]:
        """The places of the messages that come in."""
        if self.state in ("known", "forgotten"):
            return []
        if self.state == "new":
            return list(range(len(self.arriving.messages)))
        return [place for place, message_id in enumerate(self.ids) if not message_id]


def place(
    database: Database, persona_id: int, batch: Sequence[ArrivingConversation]
) -> list[Placement]:
    """Where each of these belongs, up to the first one that depends on another of them."""
    ready = _independent(batch)
    known = _known(database, persona_id, ready)
    found = _once_each([_conversation_of(each, known) for each in ready])
    admitted = admit(database, persona_id, ready[: len(found)], known)
    ready = [each.arriving for each in admitted]
    compared = [
        conversation_id
        for each, conversation_id in zip(ready, found, strict=True)
        if conversation_id and _must_compare(each, known)
    ]
    trees = _trees(database, compared)
    placed = [
        _placement(each, conversation_id, trees.get(conversation_id), known)
        for each, conversation_id in zip(ready, found, strict=True)
    ]
    return [
        replace(placement, forgotten=each.forgotten) if each.forgotten else placement
        for placement, each in zip(placed, admitted, strict=True)
    ]


def _once_each(conversation_ids: list[int]) -> list[int]:
    """Up to the first that meets another one of the batch in the same conversation here."""
    met: set[int] = set()
    for count, conversation_id in enumerate(conversation_ids):
        if conversation_id in met:
            return conversation_ids[:count]
        if conversation_id:
            met.add(conversation_id)
    return conversation_ids


def _independent(batch: Sequence[ArrivingConversation]) -> Sequence[ArrivingConversation]:
    names: set[str] = set()
    for count, each in enumerate(batch):
        if each.external_id in names or not names.isdisjoint(each.earlier_ids):
            return batch[:count]
        names.add(each.external_id)
    return batch


def _known(
    database: Database, persona_id: int, batch: Iterable[ArrivingConversation]
) -> dict[str, int]:
    names = {name for each in batch for name in (each.external_id, *each.earlier_ids)}
    rows = database.rows(
        "SELECT external_id, id FROM conversations WHERE persona_id = ?"
        " AND external_id IN (SELECT value FROM json_each(?))",
        (persona_id, to_json(list(names))),
    )
    return {row["external_id"]: row["id"] for row in rows}


def _conversation_of(each: ArrivingConversation, known: dict[str, int]) -> int:
    """The conversation here; of several shorter forms the longest."""
    names = (each.external_id, *reversed(each.earlier_ids))
    return next((known[name] for name in names if name in known), 0)


def _must_compare(each: ArrivingConversation, known: dict[str, int]) -> bool:
    """The same words need no look, unless there may be a new word about them."""
    return (
        each.identity == "name"
        or each.external_id not in known
        or any(message.rating for message in each.messages)
    )


def _trees(database: Database, conversation_ids: list[int]) -> dict[int, dict[_Key, int]]:
    """The messages of conversations by parent, role and words."""
    trees: dict[int, dict[_Key, int]] = {each: {} for each in conversation_ids}
    if not trees:
        return trees
    for row in database.rows(
        "SELECT id, conversation_id, parent_id, role, content FROM messages"
        " WHERE conversation_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC",
        (id_list(trees),),
    ):
        # Backwards, so that of two that say the same the older one counts.
        trees[row["conversation_id"]][row["parent_id"], row["role"], row["content"]] = row["id"]
    return trees


def _placement(
    each: ArrivingConversation,
    conversation_id: int,
    tree: dict[_Key, int] | None,
    known: dict[str, int],
) -> Placement:
    if not conversation_id:
        return Placement(each, "new" if each.messages else "forgotten")
    if tree is None:
        return Placement(each, "known", conversation_id)
    ids: list[int] = []
    for message in each.messages:
        parent_id = None if message.parent is None else ids[message.parent]
        # A child of what is not here is not here either: no row has the id 0.
        ids.append(tree.get((parent_id, message.role, message.content), 0))
    if all(ids):
        return Placement(each, "known", conversation_id, tuple(ids))
    if each.identity == "words" and not _goes_on(each, ids, tree):
        return Placement(each, "known" if each.external_id in known else "new", conversation_id)
    return Placement(each, "grown", conversation_id, tuple(ids))


def _goes_on(each: ArrivingConversation, ids: list[int], tree: dict[_Key, int]) -> bool:
    """Whether what is new follows the end of what is here.

    A conversation without a name of its own that goes another way is another conversation.
    """
    parent = each.messages[ids.index(0)].parent
    return parent is not None and all(ids[parent] != parent_id for parent_id, _, _ in tree)
