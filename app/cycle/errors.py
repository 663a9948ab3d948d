"""Known errors of the cycle.

PerennialError
└── CycleError         persona_unknown, run_unknown, run_over, no_base, base_not_served,
    │                  disk_full, not_writable, overrule_reason, overrule_late
    ├── PersonaBusy    another process takes this persona through its month
    ├── NotEnough      too few usable replies for an adapter, or no_replay to go with them
    ├── RecipeWrong    a recipe that is not there, or holds wrong values
    ├── TrainingFailed what the trainer told, or that it kept dying
    └── ParityFailed   what is served is not what was trained; the deployment was undone
"""

from __future__ import annotations

from app.errors import PerennialError, refusal

KEPT = "Everything that was rated and trained so far is kept."


class CycleError(PerennialError):
    """The month cannot go on."""

    kind = "cycle"


class PersonaBusy(CycleError):
    """Another process works on the same persona."""

    kind = "persona_busy"


class NotEnough(CycleError):
    """There is too little to learn from."""

    kind = "not_enough"


class RecipeWrong(CycleError):
    """The recipe cannot be used."""

    kind = "recipe"


class TrainingFailed(CycleError):
    """The trainer ended without an adapter."""

    kind = "training"


class ParityFailed(CycleError):
    """The adapter does not speak as served as it did when it was trained."""

    kind = "parity"


def from_system(error: OSError) -> CycleError:
    """What the system refused, in words."""
    if refusal(error) == "disk_full":
        return disk_full()
    name = error.filename or "a file"
    return CycleError(
        f"{name} cannot be used: {error.strerror or error}.",
        "See to the file, then start the training again.",
        kind="not_writable",
        kept=KEPT,
    )


def disk_full() -> CycleError:
    """There is no room for what the month has to write."""
    return CycleError(
        "The disk is full.", "Free some space, then start the training again.",
        kind="disk_full", kept=KEPT,
    )  # fmt: skip
