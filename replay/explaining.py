"""Puts the numbers of a mix into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from replay.choosing import OVER_OWN
from replay.example import Example
from replay.filters import OVER_REPLAY, fits_language
from replay.manifest import Count, GroupCount, Manifest, OwnCount, Part, TopicCount, count
from replay.meaning import APPROVED_OWN, meanings
from replay.measures.topics import TOPIC_GUIDE
from replay.splits import Size, count_by_group

if TYPE_CHECKING:
    from replay.mix import MixPlan


@dataclass(frozen=True)
class Drawn:
    """Everything that a drawing came by, before its prompts."""

    found: tuple[Example, ...]
    left_out: Counter[str]
    usable: tuple[Example, ...]
    waiting: Counter[str]
    train_new: tuple[Example, ...]
    valid_new: tuple[Example, ...]
    train_replay: tuple[Example, ...]
    valid_replay: tuple[Example, ...]
    test: tuple[Example, ...]
    replay_test: tuple[Example, ...]
    size: Size
    groups_found: Mapping[str, int]
    groups_left_out: Mapping[str, Counter[str]]
    available: Mapping[str, int]
    quotas: Mapping[str, int]


def explain(drawn: Drawn, plan: MixPlan) -> Manifest:
    """The manifest of a drawing."""
    size = drawn.size
    held = (
        f"those of a tenth of all questions, the same each month; {size.least_examples} to"
        f" {size.most_examples} whole conversations, none of what was learned before"
    )
    later = _later(drawn)
    ratio = _ratio(plan)
    return Manifest(
        seed=plan.seed,
        languages=plan.languages,
        replay=plan.replay,
        short=plan.short,
        ratio_new_asked=plan.ratio_new,
        limits=asdict(plan.limits),
        meanings=meanings(),
        found=count(drawn.found, "conversations with an approved reply that this round draws from"),
        left_out=dict(sorted(drawn.left_out.items())),
        usable=count(drawn.usable, "what the filters let through"),
        train=Part(
            count(drawn.train_new, f"what test and valid left{_shrunk(later)}"),
            count(drawn.train_replay, ratio),
        ),
        valid=Part(
            count(drawn.valid_new, f"watches the training: {held}"),
            count(drawn.valid_replay, ratio),
        ),
        test=count(drawn.test, f"judged once, by the gate alone: {held}"),
        replay_test=count(
            drawn.replay_test,
            "shows what was forgotten, the same items in every run, all under the persona's"
            " prompt: those made for it, else a third of a group of 30 or more",
        ),
        kept_for_later=later,
        waiting=dict(sorted(drawn.waiting.items())),
        own=_own(drawn.train_new),
        topics=_topics(drawn.train_new),
        groups=_groups(drawn, plan),
        prompts="Replay stands half under the persona's prompt and half under none,"
        " the persona's own always under it.",
        shortfalls=_shortfalls(drawn, plan),
    )


def _later(drawn: Drawn) -> Count:
    """What was usable and is on no side, counted by replies since some wait alone."""
    sides = (drawn.train_new, drawn.valid_new, drawn.test)
    taken = {example.id for part in sides for example in part}
    replies = sum(each.replies for each in drawn.usable) - sum(
        each.replies for part in sides for each in part
    )
    return Count(
        replies,
        sum(example.id not in taken for example in drawn.usable),
        "wait, and are new again next time; each under its reason in `waiting`",
    )


def _own(train: Sequence[Example]) -> OwnCount:
    replies = sum(len(each.own_ids) for each in train)
    both = sum(each.replies for each in train)
    return OwnCount(replies, round(replies / both, 4) if both else None, APPROVED_OWN.why)


def _topics(train: Sequence[Example]) -> dict[str, TopicCount]:
    """What is new by topic, against the guide."""
    counts: Counter[str] = Counter()
    for example in train:
        counts[example.topic] += example.replies
    whole = counts.total()
    names = [*TOPIC_GUIDE, *sorted(counts.keys() - TOPIC_GUIDE.keys())]
    return {
        name or "none": TopicCount(
            counts[name], round(counts[name] / whole, 4) if whole else None, TOPIC_GUIDE.get(name)
        )
        for name in names
    }


def _ratio(plan: MixPlan) -> str:
    if not plan.replay:
        return "no replay was asked for"
    return f"{(1 - plan.ratio_new) * 100:.4g}% of the side, by largest remainder over the groups"


def _shrunk(later: Count) -> str:
    return ", less what waits" if later.replies else ""


def _groups(drawn: Drawn, plan: MixPlan) -> dict[str, GroupCount]:
    names = [*plan.groups, *sorted(drawn.groups_found.keys() - plan.groups.keys())]
    held = count_by_group(drawn.replay_test, names)
    train = count_by_group(drawn.train_replay, names)
    valid = count_by_group(drawn.valid_replay, names)
    return {
        name: GroupCount(
            target=plan.group_targets.get(name, 0),
            found=drawn.groups_found.get(name, 0),
            left_out=dict(sorted(drawn.groups_left_out.get(name, Counter()).items())),
            held_out=held[name],
            available=drawn.available.get(name, 0),
            quota=drawn.quotas.get(name, 0),
            train=train[name],
            valid=valid[name],
            why=_group_why(name, drawn, plan, train[name] + valid[name]),
        )
        for name in names
    }


def _group_why(name: str, drawn: Drawn, plan: MixPlan, taken: int) -> str:
    if not plan.replay:
        return "no replay was asked for"
    if not drawn.available.get(name):
        return "nothing in it that this persona can draw from"
    if taken == drawn.available[name]:
        return "all that it has"
    if taken < drawn.quotas[name]:
        return "its part by its target, less what no whole item fits in"
    return "its part by its target, among the groups that can be drawn from"


def _shortfalls(drawn: Drawn, plan: MixPlan) -> tuple[str, ...]:
    said = []
    beyond = drawn.waiting[OVER_REPLAY]
    if not plan.replay:
        said.append("No replay was asked for: nothing keeps old abilities alive in this run.")
    elif beyond:
        said.append(
            f"Replay is short: {beyond} approved replies wait for a later month, so that the"
            " ratio is kept. Fill the replay groups, or take everything."
        )
    elif _replay_is_short(drawn, plan):
        said.append(
            "Replay is short: everything new was taken as asked, so that its share is larger"
            " than the ratio says."
        )
    own = drawn.waiting[OVER_OWN]
    if own:
        said.append(
            f"{own} replies in the persona's own words wait: they are at most half of what is"
            " new. Correct some, and more of them count."
        )
    groups = {example.group for example in drawn.replay_test}
    missing = [
        name
        for name in plan.group_targets
        if name not in groups and fits_language(plan.group_languages.get(name, ""), plan.languages)
    ]
    if missing:
        said.append(f"Nothing shows whether these are forgotten: {', '.join(missing)}.")
    return tuple(said)


def _replay_is_short(drawn: Drawn, plan: MixPlan) -> bool:
    new = sum(example.replies for example in drawn.train_new + drawn.valid_new)
    wanted = new * (1 - plan.ratio_new) / plan.ratio_new
    return sum(drawn.quotas.values()) < wanted - 1
