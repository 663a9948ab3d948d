"""What a training gives up, one thing after another, when memory runs out: decided by facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

from trainer.contract.needs import Settings, settings_of
from trainer.contract.recipe import Optimiser, Recipe

# A pack this small costs nearly nothing beside the base: halving it further frees no memory.
SMALLEST_PACK = 128

Rung = Literal["batch", "packs", "length", "checkpointing", "optimiser"]

# How an allocator says no, where it has no type of its own for it (processor, cuBLAS, MPS, oneDNN).
_SAYINGS = (
    "can't allocate memory",
    "out of memory",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "could not create a memory object",
    "bad_alloc",
    "cannot allocate memory",
)


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error is a memory that ran out, by whatever name."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError | OSError) and any(each in said for each in _SAYINGS)


@dataclass(frozen=True)
class Footing(Settings):
    """What memory decides about a training and about its looks at what is held out."""

    look_tokens: int
    look_length: int

    @property
    def settings(self) -> Settings:
        """What it has of a training alone."""
        return Settings(**{each.name: getattr(self, each.name) for each in fields(Settings)})


def footing_on(settings: Settings, recipe: Recipe) -> Footing:
    """Looks take packs no larger than the recipe's, and conversations as the training does."""
    packed_tokens = min(recipe.packed_tokens, settings.packed_tokens)
    return Footing(**vars(settings), look_tokens=packed_tokens, look_length=settings.max_length)


def footing_of(recipe: Recipe, optimiser: Optimiser) -> Footing:
    """How the recipe would have it."""
    return footing_on(settings_of(recipe, optimiser), recipe)


@dataclass(frozen=True)
class Load:
    """What was in memory when it ran out: the pack, or none when the step itself was taken."""

    tokens: int
    examples: int
    longest: int


@dataclass(frozen=True)
class Means:
    """What this device and this recipe leave to be given up."""

    length_fallbacks: tuple[int, ...]
    eight_bit: Optimiser | None
    checkpointing: bool = True


@dataclass(frozen=True)
class StepDown:
    """The next footing, and what was changed, in words."""

    rung: Rung
    footing: Footing
    change: str


def step_down(footing: Footing, load: Load, means: Means) -> StepDown | None:
    """The cheapest thing left to give up that helps with this load; None when nothing is.

    Several examples in memory: fewer at once cost no learning, only time. One example alone: only
    a shorter one, a second computation or a smaller optimiser needs less. The optimiser's own
    step: no pack is in memory then, so only a smaller optimiser helps.
    """
    if load.examples > 1:
        smaller = _smaller_packs(footing, load)
        if smaller is not None:
            return smaller
    if load.examples == 1:
        shorter = next_length(load.tokens, means.length_fallbacks)
        if shorter is not None:
            down = replace(footing, max_length=shorter)
            return StepDown("length", down, f"Conversations of at most {shorter} tokens")
    if load.examples and means.checkpointing and not footing.gradient_checkpointing:
        down = replace(footing, gradient_checkpointing=True)
        words = "Gradient checkpointing: less is held in memory and some is computed twice"
        return StepDown("checkpointing", down, words)
    if means.eight_bit is not None and footing.optimiser == "adamw":
        down = replace(footing, optimiser=means.eight_bit)
        return StepDown("optimiser", down, "The optimiser's memory in 8 bits")
    return None


def _smaller_packs(footing: Footing, load: Load) -> StepDown | None:
    """A batch of one is a pack as long as the longest conversation: it is alone in it then, and
    shorter ones that share a pack of that length need no more."""
    if load.tokens <= SMALLEST_PACK:
        return None
    half = max(SMALLEST_PACK, min(footing.packed_tokens, load.tokens) // 2)
    packs = f"packs of {{}} tokens instead of {footing.packed_tokens}"
    if footing.batch_size == 1:
        down = replace(footing, packed_tokens=half)
        return StepDown("packs", down, packs.format(half).capitalize())
    alone = max(SMALLEST_PACK, load.longest)
    size = alone if alone < load.tokens else half
    together = footing.batch_size * footing.accumulation
    down = replace(footing, batch_size=1, accumulation=together, packed_tokens=size)
    words = (
        f"A batch of 1 × {together} instead of {footing.batch_size} × {footing.accumulation},"
        f" in {packs.format(size)}"
    )
    return StepDown("batch", down, words)


def step_down_looks(
    footing: Footing, longest: int, length_fallbacks: Sequence[int]
) -> StepDown | None:
    """What a look at the validation loss gives up; without gradients only its packs count."""
    if footing.look_tokens > max(SMALLEST_PACK, longest):
        half = max(SMALLEST_PACK, longest, footing.look_tokens // 2)
        words = f"Looks in packs of {half} tokens instead of {footing.look_tokens}"
        return StepDown("packs", replace(footing, look_tokens=half), words)
    if longest > SMALLEST_PACK and footing.look_tokens > SMALLEST_PACK:
        half = max(SMALLEST_PACK, footing.look_tokens // 2)
        words = f"Looks in packs of {half} tokens instead of {footing.look_tokens}"
        return StepDown("packs", replace(footing, look_tokens=half), words)
    shorter = next_length(longest, length_fallbacks)
    if shorter is None:
        return None
    down = replace(footing, look_length=shorter)
    return StepDown("length", down, f"Held-out conversations of at most {shorter} tokens")


def next_length(longest: int, fallbacks: Sequence[int]) -> int | None:
    """The longest of the fallbacks that is shorter than what did not fit."""
    return max((length for length in fallbacks if length < longest), default=None)
