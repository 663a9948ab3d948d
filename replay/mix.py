"""The mix: what is new and what keeps old abilities alive, in a ratio, split without a leak."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from replay import choosing, filters, pool, splits
from replay.choosing import Limits
from replay.example import Example
from replay.explaining import Drawn, explain
from replay.filters import NOBODY_JUDGES, Judging, LengthBounds
from replay.manifest import Manifest
from replay.quotas import largest_remainder
from replay.splits import Cluster

GROUP_TARGETS: Mapping[str, int] = MappingProxyType(
    {"persona": 200, "korean": 300, "coding": 300, "general": 200}
)
PERSONA_GROUP = "persona"
# What the adapter that a run starts from once learned; kept inside the share of replay.
EARLIER_STAGE = "earlier stage"
UNDER_PROMPT = (PERSONA_GROUP, EARLIER_STAGE)
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
    group_languages: Mapping[str, str] = field(default_factory=lambda: GROUP_LANGUAGES)
    limits: Limits = field(default_factory=Limits)
    earlier_share: float = 0.0
    short: Literal["shrink", "keep_all"] = "shrink"
    replay: bool = True
    bounds: LengthBounds = field(default_factory=LengthBounds)
    judging: Judging = NOBODY_JUDGES

    def __post_init__(self) -> None:
        if not 0 < self.ratio_new < 1:
            raise ValueError(f"ratio_new is a share between 0 and 1, not {self.ratio_new}")
        if not 0 <= self.earlier_share < 1:
            raise ValueError(f"earlier_share is a share below 1, not {self.earlier_share}")

    @property
    def groups(self) -> dict[str, int]:
        """Every group that replay is drawn from, with its target."""
        if not self.earlier_share:
            return dict(self.group_targets)
        return {**self.group_targets, EARLIER_STAGE: 0}


@dataclass(frozen=True)
class Mix:
    """What a run learns from and is judged by."""

    train: tuple[Example, ...]
    valid: tuple[Example, ...]
    test: tuple[Example, ...]
    replay_test: tuple[Example, ...]
    manifest: Manifest
    judging: Judging = field(default=NOBODY_JUDGES, compare=False)

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
    groups = plan.groups
    usable, reasons = filters.usable(new, plan.bounds, plan.judging)
    fits = pool.fitting(
        replay, groups, plan.group_languages, plan.languages, plan.bounds, plan.judging
    )
    kept, waiting = choosing.chosen(usable, plan.limits, plan.seed)
    labels = splits.shared_labels([*kept, *fits.items])
    learned = _like_learned(kept, fits.items, labels)
    sides = splits.split(splits.clusters(kept, labels[: len(kept)], plan.seed), learned)
    drawable = pool.pool_of(fits, labels[len(kept) :], set(labels[: len(kept)]), groups, plan.seed)
    available = splits.count_by_group(_all(drawable.drawn_from), groups)
    train_side = _balanced(_all(sides.train), plan, waiting)
    valid_side = _balanced(_all(sides.valid), plan, waiting)
    amounts, quotas = _amounts(_replies(train_side), _replies(valid_side), available, plan)

    valid_quotas = largest_remainder(amounts.valid_replay, quotas, quotas)
    valid_replay, left = pool.draw(drawable.drawn_from, valid_quotas)
    train_replay, _ = pool.draw(left, {name: quotas[name] - valid_quotas[name] for name in quotas})
    valid_new = _fill(valid_side, amounts.valid_new, plan, waiting)
    train_new = _fill(train_side, amounts.train_new, plan, waiting)
    drawn = Drawn(
        found=tuple(new),
        left_out=reasons,
        usable=tuple(usable),
        waiting=waiting,
        train_new=train_new,
        valid_new=valid_new,
        train_replay=train_replay,
        valid_replay=valid_replay,
        test=_all(sides.test),
        replay_test=drawable.held_out,
        size=sides.size,
        groups_found=drawable.found,
        groups_left_out=drawable.left_out,
        available=available,
        quotas=quotas,
    )
    return Mix(
        _ordered([*train_new, *_prompted(train_replay, plan)], plan.seed),
        _ordered([*valid_new, *_prompted(valid_replay, plan)], plan.seed),
        _ordered(drawn.test, plan.seed),
        _ordered([item.under(plan.system_prompt) for item in drawable.held_out], plan.seed),
        explain(drawn, plan),
        plan.judging,
    )


def _like_learned(
    new: Sequence[Example], replay: Sequence[Example], labels: Sequence[int]
) -> set[str]:
    """What is new and shares a question with anything that an adapter in use was taught."""
    taught = {label for each, label in zip([*new, *replay], labels, strict=True) if each.learned}
    return {each.id for each, label in zip(new, labels, strict=False) if label in taught}


def _balanced(side: Sequence[Example], plan: MixPlan, waiting: Counter[str]) -> tuple[Example, ...]:
    """A side with the persona's own words at most half of it."""
    kept, over = choosing.own_capped(side, plan.seed)
    if over:
        waiting[choosing.OVER_OWN] += over
    return tuple(kept)


def _check_ids(examples: Iterable[Example]) -> None:
    seen: set[str] = set()
    for example in examples:
        if example.id in seen:
            raise ValueError(f"two examples are called {example.id}")
        seen.add(example.id)


def _amounts(
    train: int, valid: int, available: Mapping[str, int], plan: MixPlan
) -> tuple[_Amounts, dict[str, int]]:
    """How many replies of each kind, and how much of each replay group."""
    if not plan.replay:
        return _Amounts(train, valid, 0, 0), dict.fromkeys(plan.groups, 0)
    replay_a_new = (1 - _exact(plan.ratio_new)) / _exact(plan.ratio_new)
    wanted = {"train": round(train * replay_a_new), "valid": round(valid * replay_a_new)}
    quotas = _quotas(sum(wanted.values()), train + valid, available, plan)
    got = sum(quotas.values())
    shared = largest_remainder(got, wanted, wanted)
    if got < sum(wanted.values()) and plan.short == "shrink":
        train = min(train, int(shared["train"] / replay_a_new))
        valid = min(valid, int(shared["valid"] / replay_a_new))
    return _Amounts(train, valid, shared["train"], shared["valid"]), quotas


def _quotas(wanted: int, new: int, available: Mapping[str, int], plan: MixPlan) -> dict[str, int]:
    """Replay by its groups' targets, once the earlier stage has its share of the whole mix."""
    earlier = min(
        round((wanted + new) * plan.earlier_share), wanted, available.get(EARLIER_STAGE, 0)
    )
    quotas = largest_remainder(wanted - earlier, plan.group_targets, available)
    return {**quotas, EARLIER_STAGE: earlier} if plan.earlier_share else quotas


def _fill(
    examples: Sequence[Example], replies: int, plan: MixPlan, waiting: Counter[str]
) -> tuple[Example, ...]:
    """As many as there is replay for, with the persona's own words still at most half of it."""
    taken: list[Example] = []
    for example in examples:
        if example.replies <= replies:
            replies -= example.replies
            taken.append(example)
        else:
            waiting[filters.OVER_REPLAY] += example.replies
    return _balanced(taken, plan, waiting)


def _prompted(items: Sequence[Example], plan: MixPlan) -> list[Example]:
    """Every other item of a group under the persona's prompt, so that both manners last.

    What the persona itself once said is always under its prompt: without, it would spread.
    """
    seen: Counter[str] = Counter()
    made = []
    for item in items:
        seen[item.group] += 1
        own = item.learned or item.group in UNDER_PROMPT or seen[item.group] % 2 == 1
        made.append(item.under(plan.system_prompt if own else ""))
    return made


def _ordered(examples: Iterable[Example], seed: int) -> tuple[Example, ...]:
    return tuple(sorted(examples, key=lambda each: splits.rank(seed, each.id)))


def _replies(examples: Iterable[Example]) -> int:
    return sum(example.replies for example in examples)


def _all(ordered: Iterable[Cluster]) -> tuple[Example, ...]:
    return tuple(example for cluster in ordered for example in cluster)


def _exact(share: float) -> Fraction:
    return Fraction(str(share))
