"""The warning signs that the curves of a training give.

Each threshold stands here with its reason; a sign that comes without cause teaches people to look
past it, so where chance explains a curve as well, nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, variance

from trainer.advice import short, sign
from trainer.contract.events import Eval, Step, Warned

# One batch is easier than the next by a fifth; a mean of ten of them moves by some 6 %.
WINDOW = 10
# Windows farther back say little of what is usual now.
HISTORY = 200

# The held-out rows are the same at each look, so a rise of 4 % that lasts for two looks is one;
# a single look has to show more, since the next may take it back.
OVERFIT_RISE, OVERFIT_RISE_AT_ONCE = 0.04, 0.10
# What tells learning by heart from a training that goes astray: the training loss still falls.
OVERFIT_TRAIN_FALL = 0.05

# With a rate that falls along a cosine, four fifths of the way is gone after 60 % of the steps.
UNDERFIT_FROM = 0.6
UNDERFIT_STEPS = 20
# A run that learns gains 5 % and more over the base by then; below 2 % nothing has happened.
UNDERFIT_GAIN, UNDERFIT_TRAIN_FALL = 0.02, 0.10
# At a perplexity of 2 there was not much left to learn.
LEARNED_LOSS = math.log(2)

# As much as the gate refuses, and each word some 5 % less likely, since of a loss near zero a rise
# by half is nothing. Two looks in a row, since a training that goes too far at first often comes
# back; a single look has to show four times as much.
FORGOTTEN, FORGOTTEN_NATS, FORGOTTEN_AT_ONCE = 0.05, 0.05, 4.0
FORGOTTEN_REPLIES = 4

# Gradients of single batches differ three- or fourfold; one that is far out is clipped and does
# no harm. So there must be several, above the clip, and the loss must have gone up with them, to
# more than half of where it began (deep down, a small loss doubles easily).
BURST, BURSTS = 8.0, 3
BURST_LOSS_RISE, BURST_LOSS_LEVEL = 1.5, 0.5
# Without bursts: a window this far above the first one, and by seven times of what chance does
# (batches of one conversation differ by half).
ASTRAY_RISE, ASTRAY_ERRORS = 1.4, 7.0
# A rate that is far too high breaks a model in its first steps, and what comes after looks calm:
# then held-out and training loss both stay above where the base was.
ASTRAY_FROM_BASE = 1.1

# Longer than a night; told after a few steps, when the pace is measured and not guessed.
# Of a card that is well fed, over so many steps, in percent.
CARD_EXPECTED, CARD_STEPS = 80.0, 20
SLOW_S, SLOW_AFTER_STEPS = 12 * 3600.0, 10


@dataclass(frozen=True)
class Course:
    """What a run is, as far as its signs depend on it."""

    steps: int
    clip: float
    kept_groups: frozenset[str] = frozenset()
    valid_replies: Mapping[str, int] = field(default_factory=dict)


def overfitting(steps: Sequence[Step], looks: Sequence[Eval], course: Course) -> Warned | None:
    losses = [_taught_loss(look.loss, look.groups, course) for look in looks]
    at = losses.index(min(losses))
    best, later = losses[at], losses[at + 1 :]
    lasting = len(later) > 1 and min(later[-2:]) > best * (1 + OVERFIT_RISE)
    coming_back = len(later) > 1 and later[-1] < later[-2]
    at_once = bool(later) and later[-1] > best * (1 + OVERFIT_RISE_AT_ONCE)
    if not (at_once or (lasting and not coming_back)):
        return None
    since = [each.loss for each in steps if each.step > looks[at].step]
    before = [each.loss for each in steps if each.step <= looks[at].step][-len(since) :]
    if not since or not before or fmean(since) > fmean(before) * (1 - OVERFIT_TRAIN_FALL):
        return None
    return sign("overfitting", best=short(best), best_step=looks[at].step, now=short(losses[-1]))


def underfitting(steps: Sequence[Step], look: Eval, course: Course) -> Warned | None:
    done = look.step / course.steps
    if done < UNDERFIT_FROM or len(steps) < UNDERFIT_STEPS or look.base_loss is None:
        return None
    now = _taught_loss(look.loss, look.groups, course)
    base = _taught_loss(look.base_loss, look.base_groups, course)
    part = max(WINDOW, len(steps) // 5)
    first, last = (fmean(s.loss for s in each) for each in (steps[:part], steps[-part:]))
    stuck = abs(base - now) < UNDERFIT_GAIN * base
    stuck = stuck and abs(first - last) < UNDERFIT_TRAIN_FALL * first
    if not stuck or now < LEARNED_LOSS:
        return None
    return sign("underfitting", done=round(100 * done), now=short(now), base=short(base))


def forgetting(looks: Sequence[Eval], course: Course) -> Warned | None:
    now = _forgotten(looks[-1], course)
    before = _forgotten(looks[-2], course) if len(looks) > 1 else {}
    seen = {
        group: much
        for group, much in now.items()
        if much > FORGOTTEN_AT_ONCE or min(much, before.get(group, 0.0)) > 1
    }
    if not seen:
        return None
    group = max(seen, key=lambda name: seen[name])
    return sign(
        "forgetting",
        group=group,
        before=short(looks[-1].base_groups[group]),
        now=short(looks[-1].groups[group]),
    )


def _forgotten(look: Eval, course: Course) -> dict[str, float]:
    """How much each kept group is worse than the base, in multiples of what counts."""
    found = {}
    for group, base in look.base_groups.items():
        known = group in course.kept_groups & look.groups.keys() and base > 0
        if known and course.valid_replies.get(group, 0) >= FORGOTTEN_REPLIES:
            rise = look.groups[group] - base
            found[group] = min(rise / base / FORGOTTEN, rise / FORGOTTEN_NATS)
    return found


def astray(steps: Sequence[Step], looks: Sequence[Eval], course: Course) -> Warned | None:
    """Worse than the base on what is held out, and no better on what is taught."""
    if len(looks) < 2 or len(steps) < WINDOW:
        return None
    valid, base = (
        [_taught_loss(loss, groups, course) for loss, groups in each]
        for each in (
            [(look.loss, look.groups) for look in looks],
            [(look.base_loss or 0.0, look.base_groups) for look in looks[-1:]],
        )
    )
    train = fmean(each.loss for each in steps[-WINDOW:])
    worse = min(valid) > base[0] and min(valid[-2:]) > ASTRAY_FROM_BASE * base[0] > 0
    if not worse or train < base[0]:
        return None
    norm = max(each.grad_norm for each in steps[-HISTORY:])
    return sign(
        "exploding_gradients",
        step=looks[-1].step,
        before=short(base[0]),
        now=short(valid[-1]),
        norm=short(norm),
    )


def explosion(steps: Sequence[Step], course: Course) -> Warned | None:
    recent, before = steps[-WINDOW:], steps[-HISTORY:-WINDOW]
    if len(before) < WINDOW:
        return None
    blocks = [before[i : i + WINDOW] for i in range(0, len(before) - WINDOW + 1, WINDOW)]
    calm_norm = min(median(each.grad_norm for each in block) for block in blocks)
    calm_loss = min(fmean(each.loss for each in block) for block in blocks)
    first = fmean(each.loss for each in steps[:WINDOW])
    bursts = [s for s in recent if s.grad_norm > max(course.clip, BURST * calm_norm)]
    now = fmean(each.loss for each in recent[-WINDOW // 2 :])
    burst = (
        len(bursts) >= BURSTS
        and now > BURST_LOSS_RISE * calm_loss
        and now > BURST_LOSS_LEVEL * first
    )
    astray = _surely_above(steps[:WINDOW], recent)
    if not (burst or astray):
        return None
    norm = max(each.grad_norm for each in recent)
    return sign(
        "exploding_gradients",
        step=steps[-1].step,
        before=short(calm_loss if burst else first),
        now=short(now),
        norm=short(norm),
    )


def _surely_above(before: Sequence[Step], now: Sequence[Step]) -> bool:
    """Whether the loss has risen by more than batches differ, on the scale of ratios."""
    old, new = ([math.log(max(each.loss, 1e-9)) for each in part] for part in (before, now))
    rise = fmean(new) - fmean(old)
    error = math.sqrt(variance(old) / len(old) + variance(new) / len(new))
    return rise > max(math.log(ASTRAY_RISE), ASTRAY_ERRORS * error)


def slow(step: Step) -> Warned | None:
    if step.step < SLOW_AFTER_STEPS or step.eta_s < SLOW_S:
        return None
    return sign("slow", hours=round(step.eta_s / 3600))


def idle_card(steps: Sequence[Step]) -> Warned | None:
    """A card that waits most of the time is not what makes a training slow."""
    uses = [each.card_use for each in steps[-CARD_STEPS:] if each.card_use is not None]
    if len(uses) < CARD_STEPS or fmean(uses) >= CARD_EXPECTED:
        return None
    return sign("idle_card", use=round(fmean(uses)), expected=round(CARD_EXPECTED))


def _taught_loss(loss: float, groups: Mapping[str, float], course: Course) -> float:
    """The loss on what is to be learned: kept groups rise and fall for reasons of their own."""
    taught = {group: each for group, each in groups.items() if group not in course.kept_groups}
    if not taught or len(taught) == len(groups):
        return loss
    replies = {group: course.valid_replies.get(group, 0) or 1 for group in taught}
    return sum(taught[group] * replies[group] for group in taught) / sum(replies.values())
