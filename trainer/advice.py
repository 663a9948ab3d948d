"""What each warning sign says, and what it advises."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trainer.contract.events import Warned

SHOWN_CHARACTERS = 80

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "overfitting": "It begins to learn its examples by heart: the loss on held-out"
        " conversations rose from {best} at step {best_step} to {now}, while the training loss"
        " went on falling. Next time: fewer epochs, more dropout, or more conversations.",
        "underfitting": "It has hardly learned: after {done} % of the training the loss on"
        " held-out conversations is {now}, and without the adapter it is {base}. Next time: a"
        " higher learning rate, a higher rank, or more epochs.",
        "forgetting": "It forgets what the base could do ({group}): loss {before} without the"
        " adapter, {now} with it. Next time: a lower learning rate, more replay (30 to 40 %"
        " coding where code has to keep), or rank 16.",
        "language_mixing": "It answers in another language than it should: “{prompt}” was"
        " answered with “{reply}”. Next time: more examples in the right language, and the"
        " language named in the system prompt.",
        "exploding_gradients": "The training is losing its hold: at step {step} the loss went up"
        " from {before} to {now}, with gradients of {norm}. Next time: a lower learning rate, a"
        " smaller clip, and a look at the data for something broken.",
        "incoherent": "Its replies fall apart: “{prompt}” was answered with “{reply}”. Next time:"
        " a lower learning rate (1e-5 for bases of 8B and more) and at most 3 epochs.",
        "slow": "At this pace the training takes {hours} more hours. It is faster on a graphics"
        " card, with a smaller base, with shorter conversations, or with a larger batch.",
        "idle_card": "The graphics card computes {use} % of the time, and above {expected} % is"
        " expected. A larger batch fills it; a busy processor or a slow disk keeps it waiting.",
    }
)


def sign(warning: str, **values: int | float | str) -> Warned:
    """The warning, with what its words are made of."""
    return Warned(warning=warning, advice=ADVICE[warning].format(**values), values=values)


def short(number: float) -> float:
    """A number with as many digits as one reads."""
    return float(f"{number:.3g}")


def piece(text: str) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"
