"""How many steps a run takes, when it looks, and how large each step is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trainer.contract.recipe import Recipe


@dataclass(frozen=True)
class Schedule:
    """The plan of a run in optimiser steps; `differences` says where it is not as the recipe has
    it, since a recipe is written for large rounds."""

    steps: int
    steps_per_epoch: int
    warmup: int
    evaluate_every: int
    differences: tuple[str, ...] = ()

    def rate(self, step: int, peak: float) -> float:
        """Warm up in a line, then fall along a cosine to a tenth of the peak."""
        if step < self.warmup:
            return peak * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return peak * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))

    def looks_at(self, step: int) -> bool:
        """Whether the validation loss is looked at after this many steps."""
        return step % self.evaluate_every == 0 or step == self.steps


def plan(examples: int, recipe: Recipe) -> Schedule:
    """Steps from examples: a step sees `batch_size` times `accumulation` of them."""
    per_step = recipe.batch_size * recipe.accumulation
    steps_per_epoch = max(1, math.ceil(examples / per_step))
    epochs = recipe.epochs_for(examples)
    steps = steps_per_epoch * epochs
    allowed = math.ceil(steps * recipe.warmup_share)
    warmup = allowed if recipe.warmup_steps is None else min(recipe.warmup_steps, allowed)
    enough = max(1, steps // recipe.evaluations)
    every = enough if recipe.evaluate_every is None else min(recipe.evaluate_every, enough)
    return Schedule(
        steps, steps_per_epoch, warmup, every, _differences(recipe, steps, epochs, warmup, every)
    )


def _differences(
    recipe: Recipe, steps: int, epochs: int, warmup: int, every: int
) -> tuple[str, ...]:
    told: list[str] = []
    if epochs != recipe.epochs:
        told.append(f"{epochs} epochs instead of {recipe.epochs}: a round of this size.")
    if recipe.warmup_steps is not None and warmup < recipe.warmup_steps:
        told.append(
            f"Warm-up takes {warmup} steps instead of {recipe.warmup_steps}: at most"
            f" {recipe.warmup_share:.0%} of {steps}."
        )
    if recipe.evaluate_every is not None and every < recipe.evaluate_every:
        told.append(
            f"A look each {every} steps instead of each {recipe.evaluate_every}: at least"
            f" {recipe.evaluations} in {steps}."
        )
    if recipe.checkpoint_every is not None and recipe.checkpoint_every >= steps:
        told.append(
            f"Checkpoints by time and at each look: {steps} steps are too few for one each"
            f" {recipe.checkpoint_every}."
        )
    return tuple(told)
