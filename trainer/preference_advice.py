"""What learning from preferences warns of, and what comes of it for the adapter."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from trainer.contract.events import Warned

PREFERENCE_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "preferences_unusable": "{unusable} of {all} preferences cannot be learned from: {too_long}"
        " are longer than the recipe's length, {empty} have a reply without words, {same} have two"
        " equal replies, {no_question} have no question, and {damaged} cannot be read. Of {cut}"
        " others the end of a reply is cut off.",
        "preferences_few": "The recipe asks for preferences, and there are too few: {pairs} pairs,"
        " {up} thumbs up and {down} thumbs down. They teach nothing this time.",
        "preferences_one_question": "All preferences answer the same message, so nothing could"
        " show what was learned. They teach nothing this time.",
        "preferences_no_library": "TRL, which learns from preferences, is missing ({trouble}): run"
        " `python3 start.py update`. They teach nothing this time.",
        "preferences_no_gain": "The held-out preferences were not met more often than by chance"
        " ({accuracy} %). The adapter stays as it was before the preferences.",
        "preferences_harm": "Learning from preferences made the persona's held-out replies less"
        " likely (their loss rose by {rise} %). The adapter stays as it was before.",
        "preferences_stopped": "Learning from preferences began to make the persona's held-out"
        " replies less likely (their loss rose by {rise} %), so it ended there; the state of step"
        " {step} is kept.",
        "preferences_diverged": "The loss of the preferences was no longer a number. The adapter"
        " stays as it was before them. Next time: a lower learning rate for the preferences.",
        "preferences_memory": "Memory ran out with as few preferences at once as can be. The"
        " adapter stays as it was before them.",
        "preferences_failed": "Learning from preferences failed ({trouble}). The adapter stays as"
        " it was before them.",
    }
)


def preference_warning(warning: str, **values: int | float | str) -> Warned:
    """The warning, with what its words are made of."""
    return Warned(
        warning=warning, advice=PREFERENCE_ADVICE[warning].format(**values), values=values
    )
