"""Replay that can be drawn from, and replay that only judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from replay import filters, splits
from replay.example import Example
from replay.filters import NOBODY_JUDGES, Judging, LengthBounds
from replay.splits import Cluster


@dataclass(frozen=True)
class Fitting:
    """The items that a persona can draw from, and why it cannot draw from the others."""

    items: tuple[Example, ...]
    found: Mapping[str, int]
    left_out: Mapping[str, Counter[str]]


@dataclass(frozen=True)
class Pool:
    """What is drawn from, in the order of drawing, and what judges."""

    found: Mapping[str, int]
    left_out: Mapping[str, Counter[str]]
    held_out: tuple[Example, ...]
    drawn_from: tuple[Cluster, ...]


def fitting(
    replay: Mapping[str, Sequence[Example]],
    groups: Mapping[str, int],
    group_languages: Mapping[str, str],
    languages: Sequence[str],
    bounds: LengthBounds,
    judging: Judging = NOBODY_JUDGES,
) -> Fitting:
    """The items of these groups in these languages that can be learned from."""
    items: list[Example] = []
    found: dict[str, int] = {}
    left_out: dict[str, Counter[str]] = {}
    for group, members in replay.items():
        found[group] = splits.replies_of(members)
        counted = left_out[group] = Counter()
        if group not in groups:
            counted[filters.LEFT_OUT_GROUP] += found[group]
            continue
        spoken = [
            item
            for item in members
            if filters.fits_language(item.language, languages)
            and filters.fits_language(group_languages.get(group, ""), languages)
        ]
        if len(spoken) < len(members):
            counted[filters.OTHER_LANGUAGE] += found[group] - splits.replies_of(spoken)
        kept, faults = filters.usable(spoken, bounds, judging)
        counted.update(faults)
        items += [item if item.group == group else replace(item, group=group) for item in kept]
    return Fitting(tuple(items), found, left_out)


def pool_of(
    fits: Fitting, labels: Sequence[int], taken: set[int], groups: Mapping[str, int], seed: int
) -> Pool:
    """Everything that shares no question with what is new, apart in what judges and the rest.

    What was drawn least often comes first, then the seed decides: each month draws differently
    but evenly.
    """
    own = [
        (item, label) for item, label in zip(fits.items, labels, strict=True) if label not in taken
    ]
    left_out = {group: Counter(counted) for group, counted in fits.left_out.items()}
    for item, label in zip(fits.items, labels, strict=True):
        if label in taken:
            left_out[item.group][filters.SAME_QUESTION] += item.replies
    free, free_labels = [item for item, _ in own], [label for _, label in own]
    fixed = splits.clusters(free, free_labels, splits.REPLAY_SALT)
    judges = splits.hold_out_replay(fixed, groups)
    drawn_from: list[Cluster] = []
    for cluster in splits.clusters(free, free_labels, seed):
        if not any(item.id in judges for item in cluster):
            drawn_from.append(cluster)
            continue
        for item in cluster:
            if item.id not in judges:
                left_out[item.group][filters.LIKE_A_JUDGE] += item.replies
    drawn_from.sort(key=lambda cluster: max(item.uses for item in cluster))
    return Pool(
        fits.found,
        left_out,
        tuple([item for item in free if item.id in judges]),
        tuple(drawn_from),
    )


def draw(
    pool: Sequence[Cluster], quotas: Mapping[str, int]
) -> tuple[tuple[Example, ...], tuple[Cluster, ...]]:
    """Items up to each group's quota, and the clusters of which nothing was taken."""
    left = dict(quotas)
    taken: list[Example] = []
    untouched: list[Cluster] = []
    for cluster in pool:
        before = len(taken)
        for item in cluster:
            if item.replies <= left[item.group]:
                left[item.group] -= item.replies
                taken.append(item)
        if len(taken) == before:
            untouched.append(cluster)
    return tuple(taken), tuple(untouched)
