"""Which of the new replies a month takes: caps by conversation, day and topic, and own words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from replay.example import Example
from replay.meaning import own_allowed
from replay.quotas import within_shares
from replay.splits import rank

OVER_CONVERSATION = "more replies of one conversation than {limit}"
OVER_DAY = "more replies of one day than {limit}"
OVER_TOPIC = "more of one topic than its share"
OVER_ROUND = "more than this round takes"
OVER_OWN = "the persona's own unedited words, beyond half of what is new"

TASKS: Mapping[str, str] = MappingProxyType({"coding": "code", "translation": "translation"})
CHAT = "chat"


@dataclass(frozen=True)
class Limits:
    """What one month takes at most; 0 and no shares mean no limit."""

    conversation: int = 0
    day: int = 0
    replies: int = 0
    topic_shares: Mapping[str, float] = field(default_factory=dict)
    task_weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, share in self.topic_shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"the share of {name} is between 0 and 1, not {share}")
        for name, weight in self.task_weights.items():
            if name not in (CHAT, *TASKS.values()) or not 0 < weight <= 10:
                raise ValueError(f"{name} is no task, or {weight} no weight above 0 up to 10")


def chosen(
    examples: Sequence[Example], limits: Limits, seed: int
) -> tuple[list[Example], Counter[str]]:
    """What the limits let through, weighted by task, and how many replies wait for what reason."""
    waiting: Counter[str] = Counter()
    kept = _capped_by_conversation(examples, limits.conversation, seed, waiting)
    kept = _capped_by_day(kept, limits.day, seed, waiting)
    kept = _capped_by_topic(kept, limits.topic_shares, seed, waiting)
    if limits.replies:
        kept = _first({"": kept}, {"": limits.replies}, seed, OVER_ROUND, waiting)
    weights = limits.task_weights
    return [each.weighted(weights.get(task_of(each), 1.0)) for each in kept], waiting


def task_of(example: Example) -> str:
    """The task whose weight an example bears: chat unless its topic is one."""
    return TASKS.get(example.topic, CHAT)


def own_capped(examples: Sequence[Example], seed: int) -> tuple[list[Example], int]:
    """At most half in the persona's own unedited words; how many replies that leaves for later."""
    own = [message_id for each in examples for message_id in each.own_ids]
    allowed = own_allowed(sum(each.replies for each in examples) - len(own))
    if len(own) <= allowed:
        return list(examples), 0
    over = _beyond(own, allowed, seed)
    left = [each.without(over) if over.intersection(each.own_ids) else each for each in examples]
    return [each for each in left if each is not None], len(over)


def _capped_by_conversation(
    examples: Sequence[Example], limit: int, seed: int, waiting: Counter[str]
) -> list[Example]:
    if not limit:
        return list(examples)
    kept: list[Example] = []
    for example in examples:
        left: Example | None = example
        if example.replies > limit:
            over = _beyond(example.message_ids, limit, seed)
            waiting[OVER_CONVERSATION.format(limit=limit)] += len(over)
            left = example.without(over)
        if left is not None:
            kept.append(left)
    return kept


def _capped_by_day(
    examples: Sequence[Example], limit: int, seed: int, waiting: Counter[str]
) -> list[Example]:
    if not limit:
        return list(examples)
    days: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        days[example.day].append(example)
    return _first(days, dict.fromkeys(days, limit), seed, OVER_DAY.format(limit=limit), waiting)


def _capped_by_topic(
    examples: Sequence[Example], shares: Mapping[str, float], seed: int, waiting: Counter[str]
) -> list[Example]:
    if not shares:
        return list(examples)
    topics: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        topics[example.topic].append(example)
    found = {topic: sum(each.replies for each in group) for topic, group in topics.items()}
    return _first(topics, within_shares(found, shares), seed, OVER_TOPIC, waiting)


def _first(
    groups: Mapping[str, Sequence[Example]],
    limits: Mapping[str, int],
    seed: int,
    reason: str,
    waiting: Counter[str],
) -> list[Example]:
    """Of each group as many replies as its limit, whole conversations, by the seed's order.

    One that is larger than the limit would never come in whole: it fills what is left.
    """
    kept: list[Example] = []
    for name, group in groups.items():
        left = limits[name]
        for example in sorted(group, key=lambda each: rank(seed, each.id)):
            part: Example | None = example
            if example.replies > left:
                too_large = example.replies > limits[name] and left > 0
                over = _beyond(example.message_ids, left, seed) if too_large else None
                part = None if over is None else example.without(over)
                waiting[reason] += example.replies - (part.replies if part is not None else 0)
            if part is not None:
                left -= part.replies
                kept.append(part)
    return kept


def _beyond(message_ids: Iterable[int], limit: int, seed: int) -> set[int]:
    """The replies that a limit leaves out, by the seed's order."""
    ordered = sorted(message_ids, key=lambda each: rank(seed, f"m{each}"))
    return set(ordered[limit:])
