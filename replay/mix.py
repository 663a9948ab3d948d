"""The mix: what is new and what keeps old abilities alive, in a ratio, split without a leak."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from replay import filters, splits
from replay.example import Example
from replay.explaining import Drawn, explain
from replay.filters import LengthBounds
from replay.manifest import Manifest
from replay.quotas import largest_remainder
from replay.splits import Cluster

GROUP_TARGETS: Mapping[str, int] = MappingProxyType(
    {"persona": 200, "korean": 300, "coding": 300, "general": 200}
)
PERSONA_GROUP = "persona"
GROUP_LANGUAGES: Mapping[str, str] = MappingProxyType({"korean": "ko"})


@dataclass(frozen=True)
class MixPlan:
    """What to draw.

    `short` says what happens when replay does not reach for the ratio: `shrink` keeps the ratio
    and leaves new conversations for a later month, `keep_all` takes all that is new.
    """

    seed: int
    system_prompt: str = ""
    languages: tuple[str, ...] = ("en",)
    ratio_new: float = 0.7
    group_targets: Mapping[str, int] = field(default_factory=lambda: GROUP_TARGETS)
    short: Literal["shrink", "keep_all"] = "shrink"
    replay: bool = True
    bounds: LengthBounds = field(default_factory=LengthBounds)

    def __post_init__(self) -> None:
        if not 0 < self.ratio_new < 1:
            raise ValueError(f"ratio_new is a share between 0 and 1, not {self.ratio_new}")


@dataclass(frozen=True)
class Mix:
    """What a run learns from and is judged by."""

    train: tuple[Example, ...]
    valid: tuple[Example, ...]
    test: tuple[Example, ...]
    replay_test: tuple[Example, ...]
    manifest: Manifest

    @property
    def learned_message_ids(self) -> tuple[int, ...]:
        """The replies that are used up once the run is live; those that only judge stay new."""
        return tuple(
            message_id
            for example in self.train
            if example.group == "new"
            for message_id in example.message_ids
        )


@dataclass(frozen=True)
class _Amounts:
    """Approved replies to take; no limit on what is new when None."""

    train_new: int
    valid_new: int
    train_replay: int
    valid_replay: int


@dataclass(frozen=True)
class _Pool:
    """Replay that can be drawn from and replay that judges."""

    found: Mapping[str, int]
    left_out: Mapping[str, Counter[str]]
    held_out: tuple[Example, ...]
    drawn_from: tuple[Cluster, ...]


def draw_mix(new: Sequence[Example], replay: Mapping[str, Sequence[Example]], plan: MixPlan) -> Mix:
    """Draw a mix; the same for the same seed, whatever the order of what comes in."""
    with _uncollected():
        return _draw_mix(new, replay, plan)


@contextmanager
def _uncollected() -> Iterator[None]:
    """A long history stays in memory anyway; walking it for garbage takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _draw_mix(
    new: Sequence[Example], replay: Mapping[str, Sequence[Example]], plan: MixPlan
) -> Mix:
    items = [item for group in sorted(replay) for item in replay[group]]
    _check_ids([*new, *items])
    kept, reasons = filters.usable(new, plan.bounds)
    fitting, found, item_reasons = _fitting(replay, plan)
    labels = splits.shared_labels([*kept, *fitting])
    sides = splits.split(splits.clusters(kept, labels[: len(kept)], plan.seed))
    pool = _pool(fitting, labels, len(kept), found, item_reasons, plan)
    available = splits.count_by_group(_all(pool.drawn_from), plan.group_targets)
    amounts, quotas = _amounts(sides, available, plan)

    valid_quotas = largest_remainder(amounts.valid_replay, quotas, quotas)
    valid_replay, left = _draw(pool.drawn_from, valid_quotas)
    train_replay, _ = _draw(left, {name: quotas[name] - valid_quotas[name] for name in quotas})
    valid_new = _fill(_all(sides.valid), amounts.valid_new)
    train_new = _fill(_all(sides.train), amounts.train_new)
    drawn = Drawn(
        found=tuple(new),
        left_out=reasons,
        usable=tuple(kept),
        train_new=train_new,
        valid_new=valid_new,
        train_replay=train_replay,
        valid_replay=valid_replay,
        test=_all(sides.test),
        replay_test=pool.held_out,
        size=sides.size,
        groups_found=pool.found,
        groups_left_out=pool.left_out,
        available=available,
        quotas=quotas,
    )
    return Mix(
        _ordered([*train_new, *_prompted(train_replay, plan)], plan.seed),
        _ordered([*valid_new, *_prompted(valid_replay, plan)], plan.seed),
        _ordered(drawn.test, plan.seed),
        _ordered([item.under(plan.system_prompt) for item in pool.held_out], plan.seed),
        explain(drawn, plan),
    )


def _check_ids(examples: Iterable[Example]) -> None:
    seen: set[str] = set()
    for example in examples:
        if example.id in seen:
            raise ValueError(f"two examples are called {example.id}")
        seen.add(example.id)


def _fitting(
    replay: Mapping[str, Sequence[Example]], plan: MixPlan
) -> tuple[list[Example], dict[str, int], dict[str, Counter[str]]]:
    """The items that this persona can draw from, and why it cannot draw from others."""
    fitting: list[Example] = []
    found: dict[str, int] = {}
    reasons: dict[str, Counter[str]] = {}
    for group, items in replay.items():
        found[group] = len(items)
        counted = reasons[group] = Counter()
        if group not in plan.group_targets:
            counted[filters.LEFT_OUT_GROUP] += len(items)
            continue
        spoken = [
            item
            for item in items
            if filters.fits_language(item.language, plan.languages)
            and filters.fits_language(GROUP_LANGUAGES.get(group, ""), plan.languages)
        ]
        if len(spoken) < len(items):
            counted[filters.OTHER_LANGUAGE] += len(items) - len(spoken)
        kept, faults = filters.usable(spoken, plan.bounds)
        counted.update(faults)
        fitting += [item if item.group == group else replace(item, group=group) for item in kept]
    return fitting, found, reasons


def _pool(
    items: Sequence[Example],
    labels: Sequence[int],
    new_count: int,
    found: Mapping[str, int],
    reasons: dict[str, Counter[str]],
    plan: MixPlan,
) -> _Pool:
    taken = set(labels[:new_count])
    own = [
        (item, label)
        for item, label in zip(items, labels[new_count:], strict=True)
        if label not in taken
    ]
    dropped = Counter(item.group for item in items)
    dropped.subtract(item.group for item, _ in own)
    for group, number in dropped.items():
        if number:
            reasons[group][filters.SAME_QUESTION] += number
    free, free_labels = [item for item, _ in own], [label for _, label in own]
    fixed = splits.clusters(free, free_labels, splits.REPLAY_SALT)
    judges = splits.hold_out_replay(fixed, plan.group_targets)
    ordered = splits.clusters(free, free_labels, plan.seed)
    return _Pool(
        found,
        reasons,
        tuple(item for item in free if item.id in judges),
        tuple(each for each in ordered if each[0].id not in judges),
    )


def _amounts(
    sides: splits.Sides, available: Mapping[str, int], plan: MixPlan
) -> tuple[_Amounts, dict[str, int]]:
    """How many replies of each kind, and how much of each replay group."""
    train = sum(splits.replies_of(cluster) for cluster in sides.train)
    valid = sum(splits.replies_of(cluster) for cluster in sides.valid)
    if not plan.replay:
        return _Amounts(train, valid, 0, 0), dict.fromkeys(plan.group_targets, 0)
    replay_a_new = (1 - _exact(plan.ratio_new)) / _exact(plan.ratio_new)
    wanted = {"train": round(train * replay_a_new), "valid": round(valid * replay_a_new)}
    quotas = largest_remainder(sum(wanted.values()), plan.group_targets, available)
    got = sum(quotas.values())
    shared = largest_remainder(got, wanted, wanted)
    if got < sum(wanted.values()) and plan.short == "shrink":
        train = min(train, int(shared["train"] / replay_a_new))
        valid = min(valid, int(shared["valid"] / replay_a_new))
    return _Amounts(train, valid, shared["train"], shared["valid"]), quotas


def _draw(
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


def _fill(examples: Iterable[Example], replies: int) -> tuple[Example, ...]:
    taken: list[Example] = []
    for example in examples:
        size = example.replies
        if size <= replies:
            replies -= size
            taken.append(example)
    return tuple(taken)


def _prompted(items: Sequence[Example], plan: MixPlan) -> list[Example]:
    """Every other item of a group under the persona's prompt, so that both manners last.

    What the persona itself once said is always under its prompt: without, it would spread.
    """
    seen: Counter[str] = Counter()
    made = []
    for item in items:
        seen[item.group] += 1
        own = item.group == PERSONA_GROUP or seen[item.group] % 2 == 1
        made.append(item.under(plan.system_prompt if own else ""))
    return made


def _ordered(examples: Iterable[Example], seed: int) -> tuple[Example, ...]:
    return tuple(sorted(examples, key=lambda each: splits.rank(seed, each.id)))


def _all(ordered: Iterable[Cluster]) -> tuple[Example, ...]:
    return tuple(example for cluster in ordered for example in cluster)


def _exact(share: float) -> Fraction:
    return Fraction(str(share))
