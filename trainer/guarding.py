"""When a training goes wrong, and when it goes back: thresholds and decisions in one place.

- A loss or norm that is no number: at once, since no step may be taken with it.
- A loss above twice the median of the last steps and 1.5 more: batches of a few examples differ
  by a factor of two, and 1.5 (in nats) keeps a nearly learned set of 0.1 from alarming at 0.4. A
  run that diverges goes to the logarithm of its vocabulary, 9 to 12.
- A gradient norm above 50 times the median and 10 times the clip: norms grow tenfold while an
  adapter leaves zero, and clipping bounds what one step can do.
- The last two only three steps in a row: one outlier among the data is no reason to go back.
- Three setbacks halve the rate to an eighth; what still fails then is not the rate's fault.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

WINDOW = 20
ENOUGH = 8
LASTING = 3
SPIKE_TIMES, SPIKE_ABOVE = 2.0, 1.5
NORM_TIMES, NORM_CLIPS = 50.0, 10.0
MOST_SETBACKS = 3
LOWERED = 0.5

Trouble = Literal["not_a_number", "loss_spike", "gradient_explosion"]


@dataclass(frozen=True)
class Watch:
    """The last healthy steps, and how many suspect ones came after them."""

    losses: tuple[float, ...] = ()
    norms: tuple[float, ...] = ()
    suspects: int = 0


def judge(watch: Watch, loss: float, norm: float, clip: float) -> tuple[Watch, Trouble | None]:
    """The watch after one more step, and what is wrong, if it is certain."""
    if not (math.isfinite(loss) and math.isfinite(norm)):
        return watch, "not_a_number"
    trouble = _suspicion(watch, loss, norm, clip)
    if trouble is None:
        losses = (*watch.losses, loss)[-WINDOW:]
        return Watch(losses, (*watch.norms, norm)[-WINDOW:]), None
    watch = replace(watch, suspects=watch.suspects + 1)
    return watch, trouble if watch.suspects >= LASTING else None


def _suspicion(watch: Watch, loss: float, norm: float, clip: float) -> Trouble | None:
    if len(watch.losses) < ENOUGH:
        return None
    if loss > SPIKE_TIMES * median(watch.losses) + SPIKE_ABOVE:
        return "loss_spike"
    if norm > max(NORM_TIMES * median(watch.norms), NORM_CLIPS * clip):
        return "gradient_explosion"
    return None


def step_to_go_back_to(kept: Sequence[int], step: int, suspects: int) -> int | None:
    """The newest kept step that trouble after `step` steps says nothing against.

    The loss of a step shows what the steps before it did, so the state that it was taken from is
    under suspicion, and so is each state of the suspect steps before it. Where all are, the oldest
    is the best there is.
    """
    healthy = [each for each in kept if each <= step - max(1, suspects)]
    return max(healthy, default=min(kept, default=None))


_WORDS: dict[Trouble, str] = {
    "not_a_number": "The loss was no longer a number",
    "loss_spike": "The loss rose far above what it had been",
    "gradient_explosion": "The gradient grew out of all proportion",
}


def setback_words(trouble: Trouble, at: int, back_to: int, rate_factor: float) -> str:
    """What happened and what was done about it."""
    return (
        f"{_WORDS[trouble]} at step {at}; the training went back to step {back_to} and goes on"
        f" with {rate_factor:.3g} of the learning rate. If it happens again: a lower learning"
        " rate, a smaller clip, and a look at the data."
    )


def give_up_words(trouble: Trouble, at: int) -> str:
    """What a person reads when lower rates did not help."""
    return f"{_WORDS[trouble]} at step {at}, also after {MOST_SETBACKS} returns with a lower rate."
