"""Trees of messages that name their parents, put into an order in which parents come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.importers.findings import Aside
from app.store.arriving import ArrivingMessage


@dataclass(frozen=True, slots=True)
class Node:
    """A message of a tree; without one it is passed over, and what follows hangs on its parent."""

    key: str
    parent: str | None
    message: ArrivingMessage | None


@dataclass(frozen=True)
class Tree:
    """The messages in order, and where each node ended up: at its message or the one before it."""

    messages: tuple[ArrivingMessage, ...]
    places: Mapping[str, int | None]

    def leaf(self, key: object) -> int | None:
        """The end of the branch that a node stands for."""
        return self.places.get(key) if isinstance(key, str) else None


def grow(nodes: Sequence[Node], aside: Aside) -> Tree:
    """A tree of nodes in any order; rings are left out, and orphans begin branches of their own."""
    by_key: dict[str, Node] = {}
    for node in nodes:
        by_key.setdefault(node.key, node)
    messages: list[ArrivingMessage] = []
    places: dict[str, int | None] = {}
    ringed: set[str] = set()
    for node in by_key.values():
        trail, end = _climb(node.key, by_key, places, ringed)
        if end in ringed or (end is not None and end in by_key and end not in places):
            ringed.update(trail)
            continue
        if end is not None and end not in by_key:
            aside.count("orphan")
        at = places[end] if end is not None and end in places else None
        for key in reversed(trail):
            message = by_key[key].message
            if message is not None:
                messages.append(replace(message, parent=at))
                at = len(messages) - 1
            places[key] = at
    if ringed:
        aside.fault(f"{len(ringed)} messages answer one another in a ring")
    return Tree(tuple(messages), places)


def _climb(
    key: str, by_key: Mapping[str, Node], places: Mapping[str, int | None], ringed: set[str]
) -> tuple[list[str], str | None]:
    """The nodes from here up that have no place yet, and where the climb ended."""
    trail: dict[str, None] = {}
    at: str | None = key
    while at is not None and at in by_key and at not in places and at not in ringed:
        if at in trail:
            return list(trail), at
        trail[at] = None
        at = by_key[at].parent
    return list(trail), at
