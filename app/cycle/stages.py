"""The stages of a month, in their order, and what is written of a run that was stopped."""

from __future__ import annotations

from typing import Literal, get_args

Stage = Literal[
    "mixed", "trained", "converted", "staged", "examined",
    "gated", "accepted", "deployed", "verified", "live",
]  # fmt: skip

STAGES: tuple[Stage, ...] = get_args(Stage)

SAVED = "Stopped by you; the training goes on from its checkpoint when you start it again."
DISCARDED = "Stopped and discarded by you; what it would have learned from stays new."

# What the gate says of a candidate that goes live only by the user's own word and for a reason.
NOT_PASSED = ("refused", "undecided")
LONGEST_REASON = 200

WORDS: dict[Stage, str] = {
    "mixed": "Drawing the mix",
    "trained": "Training",
    "converted": "Converting the adapter",
    "staged": "Loading the candidate",
    "examined": "Examining base and candidate",
    "gated": "Judging",
    "accepted": "Waiting for your word",
    "deployed": "Putting the adapter live",
    "verified": "Verifying what is served",
    "live": "Live",
}


def stages_after(completed: str) -> tuple[Stage, ...]:
    """What is left to do after the last completed stage; an empty name means all."""
    if not completed:
        return STAGES
    return STAGES[STAGES.index(_stage(completed)) + 1 :]


def is_after(completed: str, stage: Stage) -> bool:
    """Whether a run has this stage behind it."""
    return stage not in stages_after(completed)


def _stage(name: str) -> Stage:
    for stage in STAGES:
        if stage == name:
            return stage
    raise ValueError(f"not a stage: {name!r}")
