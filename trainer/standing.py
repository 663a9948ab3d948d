"""What a training stands on: its optimiser and its data, as far as memory bears them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import torch

from trainer import optimisers
from trainer.backing_off import (
    SMALLEST_PACK,
    Footing,
    Load,
    Means,
    StepDown,
    footing_of,
    ran_out_of_memory,
    step_down,
    step_down_looks,
)
from trainer.batches import Example, lengths_of
from trainer.checkpoint import Saved, adapter_parameters
from trainer.contract.events import OomBackoff
from trainer.contract.recipe import Recipe
from trainer.device import give_back
from trainer.shortening import shorten
from trainer.telling import Tells

Made = TypeVar("Made")


class Standing:
    """Gives up one thing after another when memory runs out, and tells of each."""

    def __init__(
        self,
        model: Any,
        recipe: Recipe,
        data: tuple[Sequence[Example], Sequence[Example]],
        device: str,
        telling: Tells,
    ) -> None:
        self._model, self._recipe, self._device, self._telling = model, recipe, device, telling
        self._whole = data
        self.train: Sequence[Example | None] = data[0]
        self.valid: Sequence[Example] = data[1]
        self.load = Load(0, 0, 0)

    def begin(self, saved: Saved | None, footing: Footing | None) -> None:
        """Where a checkpoint left off, else as was planned, else as the recipe says."""
        known = saved.progress.footing if saved else None
        self.footing = known or footing or self._as_the_recipe_says()
        self._bear(None)
        self._check_any_left()
        self.go_back_to(saved)

    def go_back_to(self, saved: Saved | None) -> None:
        """Take adapter, optimiser and dice from a checkpoint, also of an earlier footing."""
        known = saved.progress.footing if saved else None
        kind = (known or self.footing).optimiser
        self.optimiser = self._make(kind)
        if saved is not None:
            saved.apply(self._model, self.optimiser)
        if kind != self.footing.optimiser:
            self._change_optimiser()

    def survive(self, work: Callable[[], Made], give_up: Callable[[], None]) -> Made:
        """Do some work; each time that memory runs out, give something up and try again."""
        while True:
            try:
                return work()
            except (RuntimeError, MemoryError, OSError) as error:
                if not ran_out_of_memory(error):
                    raise
            # Only here is the error gone, and with it every tensor that its frames held.
            self.free()
            give_up()

    def free(self) -> None:
        """Give back what the failed work held."""
        self.optimiser.zero_grad(set_to_none=True)
        self._model.train()
        give_back(self._device)

    def back_off(self) -> None:
        """Give up the next thing that helps with what was in memory."""
        down = step_down(self.footing, self.load, self._means(eight_bit=False))
        self._accept(down or step_down(self.footing, self.load, self._means(eight_bit=True)))

    def back_off_looks(self) -> None:
        """Look with less: smaller packs of held-out conversations, then shorter ones."""
        longest = max(lengths_of(self.valid), default=0)
        self._accept(step_down_looks(self.footing, longest, self._recipe.length_fallbacks))

    def back_off_after_kill(self, *, finished: bool) -> None:
        """Give up the next thing, though nobody could say what was in memory then.

        A training that is finished has its measures and its preferences left to be taken with less.
        """
        if finished:
            self.back_off_looks()
            least = min(self.footing.packed_tokens, self.footing.look_tokens)
            self.footing = replace(self.footing, packed_tokens=least)
            return
        longest = max(lengths_of(self.valid), default=0)
        looks = step_down_looks(self.footing, longest, ())
        if looks is not None:
            self.footing = looks.footing
        longest = min(max(lengths_of(self._whole[0])), self.footing.max_length)
        together = self.footing.packed_tokens > max(longest, SMALLEST_PACK)
        tokens = self.footing.packed_tokens if together else longest
        self.load = Load(tokens, 2 if together else 1, longest)
        self.back_off()

    def _accept(self, down: StepDown | None) -> None:
        if down is None:
            raise MemoryError("Memory ran out, and nothing is left to be given up.")
        before, self.footing = self.footing, down.footing
        words = [down.change, *self._bear(before)]
        self._check_any_left()
        if before.optimiser != self.footing.optimiser:
            carried = self._change_optimiser()
            words.append("its state carried over" if carried else "its state begun anew")
        self._telling.tell(
            OomBackoff(packed_tokens=self.footing.packed_tokens, change=", ".join(words) + ".")
        )

    def _check_any_left(self) -> None:
        """A training that left everything out would end well, and have learned nothing."""
        if not any(self.train) or not self.valid:
            raise MemoryError("No conversation is short enough for this memory.")

    def _bear(self, before: Footing | None) -> list[str]:
        """Cut the data and hold activations as the footing says; what is new about it, in words."""
        words = []
        train, valid = self._whole
        footing = self.footing
        if footing.max_length < self._recipe.max_length:
            shorter = shorten(train, footing.max_length)
            self.train = shorter.examples
            if before and before.max_length != footing.max_length:
                words.append(shorter.words)
        if footing.look_length < self._recipe.max_length:
            held_out = shorten(valid, footing.look_length)
            self.valid = held_out.left
            if before and before.look_length != footing.look_length:
                words.append(held_out.words)
        if footing.gradient_checkpointing:
            inner = self._model.get_base_model()
            # Newer releases of transformers have the first name and warn of the second.
            enable = getattr(inner, "activation_checkpointing_enable", None)
            (enable or inner.gradient_checkpointing_enable)({"use_reentrant": False})
        return words

    def _means(self, *, eight_bit: bool) -> Means:
        """Whether 8 bits work is only tried when all else is given up: it takes memory too."""
        works = eight_bit and optimisers.eight_bit_works(self._device)
        return Means(
            self._recipe.length_fallbacks,
            optimisers.smaller(self._device, works),
            self._recipe.gradient_checkpointing != "off"
            and bool(self._model.get_base_model().supports_gradient_checkpointing),
        )

    def _as_the_recipe_says(self) -> Footing:
        asked = self._recipe.optimiser
        works = asked != "adamw" and optimisers.eight_bit_works(self._device)
        return footing_of(self._recipe, optimisers.usable(asked, self._device, works))

    def _make(self, kind: Any) -> torch.optim.Optimizer:
        learning = adapter_parameters(self._model).values()
        recipe = self._recipe
        return optimisers.make(kind, learning, rate=recipe.learning_rate, decay=recipe.weight_decay)

    def _change_optimiser(self) -> bool:
        """Whether what was learned could be carried over."""
        old, self.optimiser = self.optimiser, self._make(self.footing.optimiser)
        try:
            return optimisers.take_over(old, self.optimiser)
        except (RuntimeError, MemoryError) as error:
            if not ran_out_of_memory(error):
                raise
        self.optimiser = self._make(self.footing.optimiser)
        return False
