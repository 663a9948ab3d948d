"""The replay buffers of a persona: what it can draw from, group by group."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import resources
from app.store import Persona, Store
from app.store.values import ReplayGroup, ReplayItem, ReplayMark
from replay.buffer import reservoir
from replay.example import Example, replay_example
from replay.filters import fits_language
from trainer.contract.folder import read_rows

STARTER = "starter"
RETENTION = "retention"
REHEARSED = "rehearsed:"
SAID = "said:"
# What the base could do must not be crowded out by all that the persona has said over the years.
PAST_SHARE = 0.5
_SETS_KEY = "replay:sets"

# In the buffer, beside it, out by the user's word, only to judge by, again among what is new,
# answered by the base itself instead, or in a language that persona and base do not share.
ItemState = Literal["buffer", "waiting", "left_out", "judges", "as_new", "replaced", "foreign"]


@dataclass(frozen=True)
class Standing:
    """An item that a persona may come by, and what becomes of it."""

    mark: ReplayMark
    state: ItemState


def provide_starter_replay(store: Store) -> None:
    """Have the sets that come with the app in the home; only read when they have changed."""
    folder = Path(resources.__file__).parent
    files = {
        name: sorted((folder / place).glob("*.jsonl"))
        for name, place in ((STARTER, "replay"), (RETENTION, "retention"))
    }
    stamp = _stamp(path for paths in files.values() for path in paths)
    if store.settings.get(_SETS_KEY) == stamp:
        return
    with store.transaction():
        for name, paths in files.items():
            rows: list[dict[str, Any]] = [row for path in paths for row in read_rows(path)]
            store.replay.remove_others(name, (row["id"] for row in rows))
            store.replay.add_all(rows, name, judges=name == RETENTION)
        store.settings.set(_SETS_KEY, stamp)


def spoken_languages(store: Store, persona: Persona) -> tuple[str, ...]:
    """The languages of the persona that its base can speak, as far as that is known."""
    base = store.bases.get(persona.base_id) if persona.base_id is not None else None
    able = base.languages if base is not None else ()
    return tuple(each for each in persona.languages if not able or each in able)


def standings(store: Store, persona: Persona, *, said_is_new: bool) -> list[Standing]:
    """What becomes of every item that a persona may come by.

    A buffer holds as many as its target, a fair sample of what would fit. `said_is_new`
    when a training learns everything once said anew: then it takes no place in a buffer.
    """
    groups = {group.name: group for group in store.replay.groups()}
    spoken = spoken_languages(store, persona)
    by_group: dict[str, list[ReplayMark]] = {}
    for mark in store.replay.marks(persona.id, persona.base_id):
        by_group.setdefault(mark.group, []).append(mark)
    return [
        standing
        for name, marks in by_group.items()
        for standing in _standings(marks, groups.get(name), spoken, said_is_new)
    ]


def buffers_of(
    store: Store, persona: Persona, *, said_is_new: bool = True
) -> dict[str, list[tuple[ReplayItem, ReplayMark]]]:
    """Each group's buffer, with what only judges beside it.

    What cannot be spoken takes no place in it and is there too, so that the mix can say why.
    """
    wanted = {
        each.mark.id: each.mark
        for each in standings(store, persona, said_is_new=said_is_new)
        if each.state in ("buffer", "judges", "foreign")
    }
    found: dict[str, list[tuple[ReplayItem, ReplayMark]]] = {}
    for item in store.replay.of_ids(wanted):
        found.setdefault(item.group, []).append((item, wanted[item.id]))
    return found


def replay_examples(
    store: Store, persona: Persona, *, said_is_new: bool = True
) -> dict[str, list[Example]]:
    """The buffers as examples for the mix."""
    return {
        group: [
            replay_example(
                item.external_id,
                group,
                item.messages,
                item.language,
                "" if item.conversation_id is None else f"c{item.conversation_id}",
                judges=item.judges,
                learned=item.message_id is not None,
                uses=mark.uses,
            )
            for item, mark in members
        ]
        for group, members in buffers_of(store, persona, said_is_new=said_is_new).items()
    }


def original_of(external_id: str) -> str:
    """The item whose question a base answered itself; any other one's own name."""
    return external_id.split(":", 2)[2] if external_id.startswith(REHEARSED) else external_id


def _standings(
    marks: list[ReplayMark], group: ReplayGroup | None, spoken: tuple[str, ...], said_is_new: bool
) -> list[Standing]:
    rehearsed = {
        original_of(mark.external_id)
        for mark in marks
        if mark.external_id.startswith(REHEARSED) and not mark.left_out
    }
    language = group.language if group is not None else ""
    states: dict[int, ItemState] = {}
    free: dict[str, int] = {}
    for mark in marks:
        if mark.external_id in rehearsed:
            states[mark.id] = "replaced"
        elif mark.left_out:
            states[mark.id] = "left_out"
        elif mark.judges:
            states[mark.id] = "judges"
        elif not (fits_language(language, spoken) and fits_language(mark.language, spoken)):
            states[mark.id] = "foreign"
        elif said_is_new and mark.message_id is not None:
            states[mark.id] = "as_new"
        else:
            # By the question's name: an answer of the base's own takes the place of the first.
            free[original_of(mark.external_id)] = mark.id
    chosen = _sampled(free, group.target if group is not None else 0)
    states |= {at: "buffer" if name in chosen else "waiting" for name, at in free.items()}
    return [Standing(mark, states[mark.id]) for mark in marks]


def _sampled(names: Iterable[str], target: int) -> set[str]:
    """A fair sample; past replies take half of it, or what the others leave free."""
    past, others = set[str](), set[str]()
    for name in names:
        (past if name.startswith(SAID) else others).add(name)
    of_past = min(len(past), max(int(target * PAST_SHARE), target - len(others)))
    return reservoir(past, of_past) | reservoir(others, target - of_past)


def _stamp(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
