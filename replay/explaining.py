"""Puts the numbers of a mix into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from replay.example import Example
from replay.manifest import GroupCount, Manifest, Part, count
from replay.splits import Size, count_by_group

if TYPE_CHECKING:
    from replay.mix import MixPlan


@dataclass(frozen=True)
class Drawn:
    """Everything that a drawing came by, before its prompts."""

    found: tuple[Example, ...]
    left_out: Counter[str]
    usable: tuple[Example, ...]
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
    taken = {
        example.id for part in (drawn.train_new, drawn.valid_new, drawn.test) for example in part
    }
    later = [example for example in drawn.usable if example.id not in taken]
    size = drawn.size
    held = (
        f"a tenth of the usable replies is {size.replies}, in {size.least_examples} to"
        f" {size.most_examples} whole conversations"
    )
    ratio = _ratio(plan)
    return Manifest(
        seed=plan.seed,
        languages=plan.languages,
        replay=plan.replay,
        short=plan.short,
        ratio_new_asked=plan.ratio_new,
        found=count(drawn.found, "conversations with a reply approved since the last live adapter"),
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
            "shows what was forgotten: a third of each group, the same items in every run,"
            " all under the persona's prompt",
        ),
        kept_for_later=count(later, "left out to keep the ratio, new again next time"),
        groups=_groups(drawn, plan),
        prompts="Replay stands half under the persona's prompt and half under none,"
        " the persona's own always under it.",
        shortfalls=_shortfalls(drawn, plan, later),
    )


def _ratio(plan: MixPlan) -> str:
    if not plan.replay:
        return "no replay was asked for"
    return f"{1 - plan.ratio_new:.0%} of the side, by largest remainder over the groups"


def _shrunk(later: list[Example]) -> str:
    return ", less what replay does not reach for" if later else ""


def _groups(drawn: Drawn, plan: MixPlan) -> dict[str, GroupCount]:
    names = [*plan.group_targets, *sorted(drawn.groups_found.keys() - plan.group_targets.keys())]
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
            why=_group_why(name, drawn, plan),
        )
        for name in names
    }


def _group_why(name: str, drawn: Drawn, plan: MixPlan) -> str:
    if not plan.replay:
        return "no replay was asked for"
    if not drawn.available.get(name):
        return "nothing in it that this persona can draw from"
    if drawn.quotas[name] == drawn.available[name]:
        return "all that it has"
    return "its part by its target, among the groups that can be drawn from"


def _shortfalls(drawn: Drawn, plan: MixPlan, later: list[Example]) -> tuple[str, ...]:
    said = []
    if not plan.replay:
        said.append("No replay was asked for: nothing keeps old abilities alive in this run.")
    elif later:
        replies = sum(example.replies for example in later)
        said.append(
            f"Replay is short: {replies} approved replies wait for a later month, so that the"
            " ratio is kept. Fill the replay groups, or take everything."
        )
    elif _replay_is_short(drawn, plan):
        said.append(
            "Replay is short: everything new was taken as asked, so that its share is larger"
            " than the ratio says."
        )
    groups = {example.group for example in drawn.replay_test}
    missing = [name for name in plan.group_targets if name not in groups]
    if missing:
        said.append(f"Nothing shows whether these are forgotten: {', '.join(missing)}.")
    return tuple(said)


def _replay_is_short(drawn: Drawn, plan: MixPlan) -> bool:
    new = sum(example.replies for example in drawn.train_new + drawn.valid_new)
    wanted = new * (1 - plan.ratio_new) / plan.ratio_new
    return sum(drawn.quotas.values()) < wanted - 1
