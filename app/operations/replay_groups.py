"""Changing the replay groups: targets, groups and items of one's own, and what is left out."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from app.errors import ReplayRefused
from app.operations.personas import LANGUAGES
from app.store import Store
from app.store.values import ReplayGroup, ReplayItem
from replay.measures.language import language_of
from replay.mix import EARLIER_STAGE, GROUP_TARGETS, PERSONA_GROUP

OWN = "own"
MOST_IN_A_GROUP = 10_000
LONGEST_NAME = 40
_LONGEST_WORDS = 8_000
_WORDS_OF_THE_MIX = ("new", EARLIER_STAGE)


@dataclass(frozen=True)
class RemovedGroup:
    """What it takes to put a group back."""

    group: ReplayGroup
    items: tuple[ReplayItem, ...]


def leave_out(store: Store, item_id: int, left_out: bool) -> None:
    """Draw an item no more, or again; of what is for everybody, for every persona."""
    store.replay.set_left_out(item_id, left_out)


def set_target(store: Store, name: str, target: int) -> int:
    """How many items a group's buffer holds; the target before."""
    group = _known(store, name)
    store.replay.set_group(name, _checked_target(target))
    return group.target


def add_group(store: Store, name: str, target: int, language: str = "") -> ReplayGroup:
    """A group of the user's own; a language keeps it to personas that speak it."""
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    known = {group.name.casefold() for group in store.replay.groups()}
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise ReplayRefused(
            f"A group needs a name of up to {LONGEST_NAME} letters.", "Write one and try again."
        )
    if plain.casefold() in known:
        raise ReplayRefused(f"There is a group {plain} already.", "Choose another name.")
    if plain.casefold() in _WORDS_OF_THE_MIX or any(sign in plain for sign in "=:"):
        raise ReplayRefused(
            f"A group cannot be called {plain}: the mix uses the word or the sign itself.",
            "Choose another name.",
        )
    if language and language not in LANGUAGES:
        raise ReplayRefused(
            f"Nobody here speaks {language}.", f"Choose from: {', '.join(LANGUAGES)}."
        )
    store.replay.set_group(plain, _checked_target(target), language)
    return ReplayGroup(plain, target, language)


def remove_group(store: Store, name: str) -> RemovedGroup:
    """Remove a group of the user's own with its items; what is given back restores it."""
    group = _known(store, name)
    if name in GROUP_TARGETS:
        raise ReplayRefused(
            f"The group {name} belongs to every home.", "Set its target to 0 to draw nothing."
        )
    with store.transaction():
        items = tuple(store.replay.all([name]))
        store.replay.drop_group(name)
    return RemovedGroup(group, items)


def restore_group(store: Store, removed: RemovedGroup) -> None:
    """Take a removal back."""
    group = removed.group
    with store.transaction():
        store.replay.set_group(group.name, group.target, group.language)
        store.replay.put_back(removed.items)


def add_item(store: Store, persona_id: int, group: str, question: str, answer: str) -> ReplayItem:
    """An item by hand; in the persona's group it is this persona's, elsewhere everybody's."""
    _known(store, group)
    asked, answered = question.strip(), answer.strip()
    if not asked or not answered:
        raise ReplayRefused(
            "An item needs a question and an answer.", "Write both.", kind="replay_words"
        )
    if max(len(asked), len(answered)) > _LONGEST_WORDS:
        raise ReplayRefused(
            f"A question or an answer has more than {_LONGEST_WORDS} characters.",
            "Shorten it, or make two items of it.",
            kind="replay_words",
        )
    spoken = language_of(answered)
    row = {
        "id": f"{OWN}:{uuid.uuid4().hex}",
        "group": group,
        "language": spoken if spoken in ("en", "ko") else "",
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": answered},
        ],
    }
    with store.transaction():
        owner = persona_id if group == PERSONA_GROUP else None
        store.replay.add_all([row], OWN, persona_id=owner)
        return next(each for each in store.replay.all([group]) if each.external_id == row["id"])


def delete_item(store: Store, item_id: int) -> ReplayItem | None:
    """Delete an item that was written by hand; what is given back restores it."""
    found = store.replay.of_ids([item_id])
    if not found:
        return None
    if found[0].source != OWN:
        raise ReplayRefused(
            "Only items written by hand are deleted.",
            "Leave this one out instead: nothing is drawn of it then.",
            kind="replay_words",
        )
    store.replay.remove([item_id])
    return found[0]


def restore_items(store: Store, items: Iterable[ReplayItem]) -> None:
    """Take deletions back."""
    store.replay.put_back(items)


def _known(store: Store, name: str) -> ReplayGroup:
    for group in store.replay.groups():
        if group.name == name:
            return group
    raise ReplayRefused(
        f"There is no replay group {name}.",
        "It may have been removed by another window; look at the list again.",
        kind="replay_unknown",
    )


def _checked_target(target: int) -> int:
    if not 0 <= target <= MOST_IN_A_GROUP:
        raise ReplayRefused(
            f"A target is a number from 0 to {MOST_IN_A_GROUP}, not {target}.",
            "Choose another one.",
        )
    return target
