"""How many steps a run takes, when it looks, and how large each step is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from trainer.contract.recipe import Recipe


@dataclass(frozen=True)
class Schedule:
    """The plan of a run in optimiser steps."""

    steps: int
    steps_per_epoch: int
    warmup: int
    evaluate_every: int

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
    steps = steps_per_epoch * recipe.epochs
    return Schedule(
        steps=steps,
        steps_per_epoch=steps_per_epoch,
        warmup=math.ceil(steps * recipe.warmup_share),
        evaluate_every=max(1, steps // recipe.evaluations),
    )
