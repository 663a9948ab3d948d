"""The training loop: packed conversations in, the best adapter out."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch

from trainer.batches import Example, Pack, epoch_order, packs
from trainer.checkpoint import Checkpoints, adapter_parameters
from trainer.contract.events import Checkpoint, Eval, OomBackoff, Step, Warned
from trainer.contract.recipe import Recipe
from trainer.control import ControlFile, Outcome
from trainer.device import memory_mb
from trainer.errors import Diverged
from trainer.losses import lesson_losses, losses_of, mean_loss
from trainer.schedule import Schedule, plan
from trainer.telling import Telling

SMALLEST_PACK = 128


@dataclass
class Pace:
    """Measures speed over the steps of this process."""

    began: float = field(default_factory=time.monotonic)
    tokens: int = 0
    steps: int = 0

    @property
    def seconds(self) -> float:
        return max(1e-6, time.monotonic() - self.began)


class Training:
    """One run of supervised fine-tuning; everything that changes is in `progress`."""

    def __init__(
        self,
        model: Any,
        recipe: Recipe,
        data: tuple[Sequence[Example], Sequence[Example]],
        device: str,
        seed: int,
        checkpoints: Checkpoints,
        telling: Telling,
        control: ControlFile,
    ) -> None:
        self.model, self.recipe, self.device, self.seed = model, recipe, device, seed
        self.train, self.valid = data
        self.checkpoints, self.telling, self.control = checkpoints, telling, control
        self.schedule: Schedule = plan(len(self.train), recipe)
        self.packed_tokens = recipe.packed_tokens
        self.optimiser = torch.optim.AdamW(
            list(adapter_parameters(model).values()),
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
        )
        self.progress = checkpoints.restore(model, self.optimiser)
        self._pace = Pace()
        self._saved_at = time.monotonic()

    def run(self) -> Outcome:
        """Train to the end, or until the control file or the validation loss says stop."""
        self.model.train()
        if self.progress.base_valid_loss is None:
            self.progress.base_valid_loss = self._valid_loss_of_base()
        while not self.progress.finished:
            outcome = self._step()
            if outcome == "discarded":
                return outcome
            if self.schedule.looks_at(self.progress.step) and outcome == "go_on":
                self._look()
            self._maybe_save(force=outcome == "saved" or self.progress.finished)
            if outcome == "saved":
                return outcome
        return "go_on"

    def release(self) -> None:
        """Give the memory back before the base is loaded again to be measured."""
        del self.model, self.optimiser
        gc.collect()
        if self.device == "cuda":
            torch.cuda.empty_cache()

    def autocast(self) -> AbstractContextManager[Any]:
        """Elementwise and matrix work in bf16; the adapter's weights stay in 32 bits."""
        from peft.helpers import disable_input_dtype_casting

        stack = ExitStack()
        if self.model.get_base_model().dtype != torch.float32:
            stack.enter_context(disable_input_dtype_casting(self.model))
            stack.enter_context(torch.autocast(self.device, torch.bfloat16))
        return stack

    def _batch(self, step: int) -> list[Example]:
        per_step = self.recipe.batch_size * self.recipe.accumulation
        epoch, place = divmod(step, self.schedule.steps_per_epoch)
        order = epoch_order(len(self.train), epoch, self.seed)
        return [self.train[i] for i in order[place * per_step : (place + 1) * per_step]]

    def _step(self) -> Outcome:
        began = time.monotonic()
        batch = self._batch(self.progress.step)
        rate = self.schedule.rate(self.progress.step, self.recipe.learning_rate)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        random_state = torch.get_rng_state()
        while True:
            try:
                loss, outcome = self._gradients(batch)
                break
            except (torch.OutOfMemoryError, MemoryError):
                torch.set_rng_state(random_state)
                self._back_off()
        if outcome != "go_on":
            self.optimiser.zero_grad(set_to_none=True)
            return outcome
        norm = float(
            torch.nn.utils.clip_grad_norm_(
                adapter_parameters(self.model).values(), self.recipe.clip
            )
        )
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise Diverged(
                f"The loss was no longer a number at step {self.progress.step + 1}.",
                "Train again with half the learning rate; the last checkpoint is kept.",
            )
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.progress.step += 1
        self._tell_step(batch, loss, rate, norm, began)
        self.progress.finished = self.progress.step >= self.schedule.steps
        return "go_on"

    def _gradients(self, batch: Sequence[Example]) -> tuple[float, Outcome]:
        """Add up the gradients of a batch; the control file is looked at between packs."""
        made: list[Pack] = list(packs(batch, self.packed_tokens, self.device))
        weight = sum(w for e in batch for w in e.weights[1:])
        total = counted = 0.0
        for pack in made:
            outcome = self.control.obey()
            if outcome != "go_on":
                return total, outcome
            with self.autocast():
                losses, weights = lesson_losses(
                    self.model, pack, self.recipe.held_groups, self.recipe.hold
                )
            loss = (losses * weights).sum()
            (loss / weight).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
            counted += float(weights.sum())
        return total / counted, "go_on"

    def _back_off(self) -> None:
        self.optimiser.zero_grad(set_to_none=True)
        if self.device == "cuda":
            torch.cuda.empty_cache()
        if self.packed_tokens <= SMALLEST_PACK:
            raise MemoryError
        self.packed_tokens //= 2
        self.telling.tell(OomBackoff(packed_tokens=self.packed_tokens))

    def _valid_loss_of_base(self) -> float:
        with self.model.disable_adapter(), self.autocast():
            rows = losses_of(self.model, self.valid, self.packed_tokens, self.device)
        return mean_loss(rows)

    def _look(self) -> None:
        """Look at the validation loss; the best adapter is kept, a run without progress ends."""
        with self.autocast():
            loss = mean_loss(losses_of(self.model, self.valid, self.packed_tokens, self.device))
        progress = self.progress
        best = progress.best_loss is None or loss < progress.best_loss
        if best:
            progress.best_loss, progress.best_step = loss, progress.step
            progress.looks_without_progress = 0
            self.checkpoints.save_best(self.model)
        else:
            progress.looks_without_progress += 1
        self.telling.tell(
            Eval(step=progress.step, loss=loss, base_loss=progress.base_valid_loss, best=best)
        )
        if progress.looks_without_progress >= self.recipe.patience and not progress.finished:
            progress.finished = True
            self.telling.tell(
                Warned(
                    warning="overfitting",
                    advice="The held-out conversations stopped getting better, so the training"
                    f" ended early; the adapter of step {progress.best_step} is kept.",
                )
            )
        self._maybe_save(force=True)

    def _maybe_save(self, *, force: bool) -> None:
        due = time.monotonic() - self._saved_at >= self.recipe.checkpoint_every_s
        if force or due:
            self.checkpoints.save(self.model, self.optimiser, self.progress)
            self._saved_at = time.monotonic()
            self.telling.tell(Checkpoint(step=self.progress.step))

    def _tell_step(
        self, batch: Sequence[Example], loss: float, rate: float, norm: float, began: float
    ) -> None:
        tokens = sum(len(example.tokens) for example in batch)
        self._pace.tokens += tokens
        self._pace.steps += 1
        left = self.schedule.steps - self.progress.step
        self.telling.tell(
            Step(
                step=self.progress.step,
                steps=self.schedule.steps,
                epoch=round(self.progress.step / self.schedule.steps_per_epoch, 3),
                loss=loss,
                lr=rate,
                grad_norm=norm,
                tokens_per_s=round(tokens / max(1e-6, time.monotonic() - began), 1),
                memory_mb=round(memory_mb(self.device), 1),
                eta_s=round(self._pace.seconds / self._pace.steps * left, 1),
            )
        )
