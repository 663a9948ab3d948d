"""Examining: every reply that comes in is looked at once, by the rules of today."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.home import Home
from app.store.looks import Alike, StoredFlag, StoredLook, Subject, band_keys, is_full
from app.store.store import Store
from replay.looking import Look, Reply, look_at, look_version
from replay.measures.manner import manner_of
from replay.measures.near import similarity
from replay.near import NEARLY_THE_SAME
from trainer.contract.folder import read_rows

CHUNK = 200  # replies a transaction: others wait for it some hundredths of a second
MANNER_FROM = 300
RUNS_HELD_OUT = 3

_OF_CONVERSATION = re.compile(r"c(\d+):m\d+")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Examined:
    """How many replies were looked at, and how many are left after a stop."""

    looked: int
    left: int


def examine(
    home: Home,
    store: Store,
    persona_id: int,
    *,
    progress: Progress | None = None,
    stopped: Callable[[], bool] | None = None,
) -> Examined:
    """Look at all replies of a persona that nobody looked at by these rules, newest first.

    Safe to stop, to kill and to run beside itself: what is stored is whole, the rest is left.
    """
    manner = manner_of(store.looks.approved_words(persona_id, MANNER_FROM))
    version = look_version(manner)
    left = store.looks.left(persona_id, version)
    total, looked = left, 0
    held_out = _held_out(home, store, persona_id) if left else frozenset()
    for subjects in _chunks(store, persona_id, version):
        if stopped is not None and stopped():
            break
        looks = [
            look_at(Reply(each.question, each.reply, each.finish), manner) for each in subjects
        ]
        looked += len(_store(store, persona_id, version, subjects, looks, held_out))
        if progress is not None:
            progress(min(looked, total), total)
    return Examined(looked, store.looks.left(persona_id, version) if left else 0)


def left_to_examine(store: Store, persona_id: int) -> int:
    """How many replies wait to be looked at."""
    manner = manner_of(store.looks.approved_words(persona_id, MANNER_FROM))
    return store.looks.left(persona_id, look_version(manner))


def _chunks(store: Store, persona_id: int, version: int) -> Iterator[list[Subject]]:
    """Each reply once, also where its words change while it is looked at."""
    for looked in store.looks.outdated(persona_id, version):
        before: int | None = None
        while subjects := store.looks.to_look_at(persona_id, looked, before, CHUNK):
            before = subjects[-1].message_id
            yield subjects


def _store(
    store: Store,
    persona_id: int,
    version: int,
    subjects: Sequence[Subject],
    looks: Sequence[Look],
    held_out: AbstractSet[int],
) -> set[int]:
    keys = [band_keys(persona_id, look.signature) for look in looks]
    known: defaultdict[int, list[Alike]] = defaultdict(list)
    for alike in store.looks.alike({key for each in keys for key in each}):
        known[alike.band].append(alike)
    stored: list[StoredLook] = []
    flags: list[StoredFlag] = []
    doubled: set[int] = set()
    for subject, look, own_keys in zip(subjects, looks, keys, strict=True):
        flags += [StoredFlag(subject.message_id, flag.kind, flag.detail) for flag in look.flags]
        flags += _near_duplicate(subject, look, known, own_keys, held_out, doubled)
        free = tuple(key for key in own_keys if not is_full(len(known[key])))
        for key in free:
            known[key].append(
                Alike(
                    key,
                    subject.message_id,
                    look.signature,
                    subject.conversation_id,
                    subject.parent_id,
                )
            )
        stored.append(StoredLook(subject, look.topic, look.signature, free))
    return store.looks.put(version, stored, flags)


def _near_duplicate(
    subject: Subject,
    look: Look,
    known: defaultdict[int, list[Alike]],
    keys: Iterable[int],
    held_out: AbstractSet[int],
    doubled: set[int],
) -> Iterator[StoredFlag]:
    """Of any number that are nearly the same all are flagged but one: the oldest that is met,
    and never one that judges."""
    met = {alike.message_id: alike for key in keys for alike in known[key]}
    same = [
        (alike.message_id not in doubled and not alike.doubled, share, alike)
        for alike in met.values()
        if alike.message_id != subject.message_id
        and not _beside(subject, alike)
        and (share := similarity(look.signature, alike.signature)) >= NEARLY_THE_SAME
    ]
    if not same:
        return
    before = met.get(subject.message_id)  # not on a first look, nor when its words changed
    judges = subject.conversation_id in held_out
    if before is not None:
        yield from _flagged_again(subject, same, held_out)
        same = [each for each in same if each[0]] or (same if before.doubled else [])
        if not same:
            return
    single, share, other = max(same, key=lambda each: (*each[:2], -each[2].message_id))
    other_judges = other.conversation_id in held_out
    own = not single or subject.message_id > other.message_id
    if before is not None and before.doubled:
        own = True
    if judges != other_judges:
        own = other_judges
    flagged, like = (subject, other) if own else (other, subject)
    doubled.add(flagged.message_id)
    detail = {"share": round(share, 2), "held_out": judges or other_judges}
    yield StoredFlag(flagged.message_id, "near_duplicate", detail, like.message_id)
    if not own:
        yield from _flagged_as_well(subject, same, held_out, doubled)


def _flagged_as_well(
    subject: Subject,
    same: Iterable[tuple[bool, float, Alike]],
    held_out: AbstractSet[int],
    doubled: set[int],
) -> Iterator[StoredFlag]:
    """The flags of what is like this one but not like one another: alternatives, for one."""
    for single, share, other in same:
        newer = other.message_id > subject.message_id and other.message_id not in doubled
        if single and newer and other.conversation_id not in held_out:
            doubled.add(other.message_id)
            judges = subject.conversation_id in held_out
            detail = {"share": round(share, 2), "held_out": judges}
            yield StoredFlag(other.message_id, "near_duplicate", detail, subject.message_id)


def _flagged_again(
    subject: Subject, same: Iterable[tuple[bool, float, Alike]], held_out: AbstractSet[int]
) -> Iterator[StoredFlag]:
    """The flags of others that end with this one's last look; what they have beside it stays."""
    judges = subject.conversation_id in held_out
    for single, share, other in same:
        if not single and other.conversation_id not in held_out:
            detail = {"share": round(share, 2), "held_out": judges}
            yield StoredFlag(other.message_id, "near_duplicate", detail, subject.message_id)


def _beside(subject: Subject, alike: Alike) -> bool:
    """Whether both answer the same message: alternatives are alike by their nature."""
    return subject.parent_id is not None and subject.parent_id == alike.parent_id


def _held_out(home: Home, store: Store, persona_id: int) -> frozenset[int]:
    """The conversations that the last runs were judged by."""
    found: set[int] = set()
    for run in store.runs.of_persona(persona_id)[:RUNS_HELD_OUT]:
        for name in ("valid.jsonl", "test.jsonl"):
            path = home.runs / run.id / "data" / name
            if not path.is_file():
                continue
            for row in read_rows(path):
                match = _OF_CONVERSATION.fullmatch(str(row.get("id", "")))
                if match:
                    found.add(int(match[1]))
    return frozenset(found)
