"""Looks at an adapter while it learns preferences: what it gained, and what that harmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from trainer.batches import Example
from trainer.checkpoint import adapter_parameters
from trainer.contract.events import Eval
from trainer.preference_data import Pair, Thumb
from trainer.preference_measure import Gain, Measure, examples_of, gain
from trainer.telling import Tells

CHANCE = 0.5


@dataclass(frozen=True)
class Look:
    """The adapter after a step; without held-out preferences of both kinds, its loss alone."""

    step: int
    accuracy: float | None
    likelier: float | None
    persona_loss: float


def _looked(step: int, gained: Gain | None, loss: float) -> Look:
    if gained is None:
        return Look(step, None, None, loss)
    return Look(step, gained.accuracy, gained.likelier, loss)


class Looks:
    """Keeps the newest adapter that prefers better than chance and harms little."""

    def __init__(
        self,
        measure: Measure,
        measured: Sequence[Pair | Thumb],
        valid: Sequence[Example],
        most_harm: float,
        telling: Tells,
    ) -> None:
        self._measure, self._measured, self._valid = measure, measured, valid
        self._telling = telling
        self._before = measure.likelihoods(examples_of(measured))
        loss = measure.persona_loss(valid)
        self.first = _looked(0, gain(measured, self._before, self._before), loss)
        self.last = self.first
        self.good: Look | None = None
        self._bound = loss * (1 + most_harm)
        self._weights: dict[str, torch.Tensor] = {}

    @property
    def harmed(self) -> bool:
        """Whether the persona's own replies became less likely than they may."""
        return not self.last.persona_loss <= self._bound

    def look(self, step: int) -> bool:
        """Whether the training may go on."""
        now = self._measure.likelihoods(examples_of(self._measured))
        gained = gain(self._measured, self._before, now)
        loss = self._measure.persona_loss(self._valid)
        self.last = _looked(step, gained, loss)
        good = not self.harmed and (gained is None or gained.accuracy > CHANCE)
        if good:
            self.good = self.last
            learned = adapter_parameters(self._measure.model).items()
            self._weights = {name: p.detach().to("cpu", copy=True) for name, p in learned}
        accuracy = self.last.accuracy
        self._telling.tell(
            Eval(step=step, loss=loss, base_loss=None, best=good, preference_accuracy=accuracy)
        )
        return not self.harmed

    def wear_good(self) -> None:
        """Put the kept adapter back on the model."""
        with torch.no_grad():
            for name, parameter in adapter_parameters(self._measure.model).items():
                parameter.copy_(self._weights[name])

    def rise_percent(self) -> float:
        """By how much the loss of the persona's own replies rose until the last look."""
        return round(100 * (self.last.persona_loss / self.first.persona_loss - 1), 1)
