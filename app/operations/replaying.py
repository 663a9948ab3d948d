"""The replay groups as a person sees them: how full, of what, and what becomes of each item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from app.operations.buffers import (
    ItemState,
    Standing,
    provide_starter_replay,
    spoken_languages,
    standings,
)
from app.operations.mixing import history_of, rebuild_wanted
from app.operations.rehearsing import questions_left
from app.operations.replay_groups import OWN
from app.store import Persona, Store
from app.store.review import ReviewFilter
from app.store.values import ReplayGroup, ReplayItem
from replay import rounds
from replay.filters import fits_language
from replay.mix import GROUP_TARGETS

PAGE = 50

# Why a group gives nothing: no target, a language that the persona or only its base lacks, or
# nothing in it.
Blocked = Literal["", "no_target", "persona_language", "base_language", "empty"]


@dataclass(frozen=True)
class GroupView:
    """A group as it stands for one persona; `own` when the user made it."""

    name: str
    target: int
    language: str
    own: bool
    states: Mapping[ItemState, int]
    sources: Mapping[str, int]
    languages: Mapping[str, int]
    questions_left: int
    blocked: Blocked

    @property
    def in_buffer(self) -> int:
        return self.states.get("buffer", 0)


@dataclass(frozen=True)
class Overview:
    """Every group, and what becomes of each item.

    `said_is_new` when the next training learns everything once said anew.
    """

    persona: Persona
    base_name: str
    groups: tuple[GroupView, ...]
    said_is_new: bool
    states: Mapping[int, ItemState]

    def group(self, name: str) -> GroupView | None:
        return next((each for each in self.groups if each.name == name), None)


@dataclass(frozen=True)
class ItemView:
    """An item with where it comes from and what becomes of it."""

    item: ReplayItem
    state: ItemState
    base_name: str = ""

    @property
    def question(self) -> str:
        """What was asked last."""
        asked = [each["content"] for each in self.item.messages if each["role"] == "user"]
        return str(asked[-1]) if asked else ""

    @property
    def own(self) -> bool:
        """Whether a person wrote it here, and may delete it."""
        return self.item.source == OWN


@dataclass(frozen=True)
class ItemPage:
    """Items of a group; `after` asks for the next ones, None when these are the last."""

    items: tuple[ItemView, ...]
    after: int | None


def overview(store: Store, persona_id: int) -> Overview:
    """The groups of the home, as a persona on its base draws from them."""
    provide_starter_replay(store)
    persona = store.personas.get(persona_id)
    said_is_new = _said_is_new(store, persona)
    members: dict[str, list[Standing]] = {}
    states: dict[int, ItemState] = {}
    for each in standings(store, persona, said_is_new=said_is_new):
        members.setdefault(each.mark.group, []).append(each)
        states[each.mark.id] = each.state
    groups = [
        _view(store, persona, group, members.get(group.name, ())) for group in store.replay.groups()
    ]
    base = store.bases.get(persona.base_id).name if persona.base_id is not None else ""
    return Overview(persona, base, tuple(groups), said_is_new, states)


def page(
    store: Store,
    shown: Overview,
    group: str,
    limit: int = PAGE,
    after: int | None = None,
    text: str = "",
) -> ItemPage:
    """Items of a group as the overview knows them, the oldest first; with a text those of it."""
    persona = shown.persona
    items = store.replay.page(persona.id, persona.base_id, group, limit, after or 0, text.strip())
    bases = {base.id: base.name for base in store.bases.all()}
    views = tuple(
        ItemView(item, shown.states[item.id], bases.get(item.base_id or 0, ""))
        for item in items
        if item.id in shown.states
    )
    return ItemPage(views, items[-1].id if len(items) == limit else None)


def _view(
    store: Store, persona: Persona, group: ReplayGroup, members: Iterable[Standing]
) -> GroupView:
    standing = list(members)
    states = Counter(each.state for each in standing)
    drawn = [each.mark for each in standing if each.state not in ("judges", "replaced")]
    return GroupView(
        group.name,
        group.target,
        group.language,
        group.name not in GROUP_TARGETS,
        dict(states),
        dict(Counter(mark.source for mark in drawn)),
        dict(Counter(mark.language for mark in drawn)),
        len(questions_left(store, persona, group.name)),
        _blocked(store, persona, group, states),
    )


def _blocked(
    store: Store, persona: Persona, group: ReplayGroup, states: Mapping[ItemState, int]
) -> Blocked:
    if not fits_language(group.language, persona.languages):
        return "persona_language"
    if not fits_language(group.language, spoken_languages(store, persona)):
        return "base_language"
    if not group.target:
        return "no_target"
    return "" if states.get("buffer") else "empty"


def _said_is_new(store: Store, persona: Persona) -> bool:
    """Whether the next round is built anew; near the border alone everything is walked through."""
    decided = store.review.count(persona.id, ReviewFilter("all", decided=True))
    if decided <= rounds.EARLY_UP_TO or rebuild_wanted(store, persona):
        return True
    if decided > 2 * rounds.EARLY_UP_TO:
        live = persona.active_adapter_id
        return live is None or store.adapters.get(live).base_id != persona.base_id
    return not rounds.propose(history_of(store, persona, store.learnable(persona.id))).from_parent
