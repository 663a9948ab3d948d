"""The recipe that nobody chose: from the size of the base and the number of examples, with reasons.

The ranges are those of guides for QLoRA on personas; within a range few examples take the smaller
adapter, fewer epochs and the larger rate, since they make few steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from trainer.contract.recipe import Recipe

# Up to here a base is trained like the starter: small bases bear, and need, large steps.
SMALL_B = 0.6


@dataclass(frozen=True)
class Range:
    """What bases of about this size are trained with."""

    up_to_b: float
    ranks: tuple[int, int]
    rates: tuple[float, float]
    epochs: tuple[int, int]
    examples: tuple[int, int]


RANGES = (
    Range(4.5, (16, 16), (5e-5, 2e-4), (2, 4), (500, 5_000)),
    Range(10.0, (8, 16), (5e-6, 1e-5), (1, 3), (1_000, 5_000)),
    Range(22.0, (16, 32), (1e-5, 3e-5), (3, 7), (5_000, 15_000)),
    Range(float("inf"), (32, 64), (2e-5, 5e-5), (5, 10), (10_000, 30_000)),
)


@dataclass(frozen=True)
class Chosen:
    """A recipe, and why it is as it is."""

    recipe: Recipe
    reasons: tuple[str, ...]


def choose_recipe(starter: Recipe, base_billions: float, examples: int) -> Chosen:
    """The values for a base of this size; a small one takes the starter's."""
    if base_billions <= SMALL_B:
        return Chosen(starter, (f"A base of {base_billions:.2g} billion parameters takes the"
                                " starter's recipe.",))  # fmt: skip
    within = next(each for each in RANGES if base_billions <= each.up_to_b)
    least, most = within.examples
    share = min(1.0, max(0.0, (examples - least) / (most - least)))
    rank = within.ranks[0] if share < 0.5 else within.ranks[1]
    epochs = round(within.epochs[0] + share * (within.epochs[1] - within.epochs[0]))
    rate = within.rates[1] - share * (within.rates[1] - within.rates[0])
    values = {
        "name": "auto",
        "about": "Chosen from the size of the base and the number of examples.",
        "rank": rank,
        "alpha": 2 * rank,
        "learning_rate": float(f"{rate:.2g}"),
        "epochs": epochs,
        "batch_size": 4,
        "accumulation": 8 if examples >= 1_000 else 2,
        "optimiser": "paged_adamw_8bit",
        "checkpoint_every_s": 300,
        "keep_checkpoints": 3,
        "max_length": 4096,
        "length_fallbacks": (2048,),
        "packed_tokens": 4096,
    }
    recipe = Recipe.model_validate(values)
    size = f"{base_billions:.2g} billion parameters"
    return Chosen(
        recipe,
        (
            f"Rank {rank}: {within.ranks[0]} to {within.ranks[1]} for {size}, by {examples}"
            " examples.",
            f"{epochs} epochs and a rate of {recipe.learning_rate:g}: few examples make few steps,"
            " which may be larger, and are soon known by heart.",
            f"A step sees {recipe.batch_size * recipe.accumulation} examples.",
            "An optimiser in 8 bits with pages, where the device has one: it leaves memory.",
        ),
    )
